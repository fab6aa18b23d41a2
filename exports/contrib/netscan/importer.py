"""Puts an nmap run into the tables: all of it, or nothing.

- The network is the one named, or is named for the addresses on nmap's command line.
- A host is one address in one network. Its name and system stay as they were where a scan does not tell,
  and as a newer scan tells where an older one is imported late; a host that is down was not seen.
- A port is new, and raises an alert, when no scan of the tenant has found it open at this address, in
  whichever network. So the first scan of a network alerts for each open port.
- The same file is imported into a network once; after that it changes nothing.
"""

import hashlib
from dataclasses import dataclass
from typing import IO, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Min

from .found import FoundHost, FoundPort, NmapError
from .models import Alert, Host, Network, Port, Scan
from .nmap import NmapRun
from .targets import cidr, network_name

type PortKey = tuple[str, int]


@dataclass
class Imported:
    """What an import did: nothing (`is_new` is false) where this file was in the network before."""

    scan: Scan
    is_new: bool
    hosts: int = 0
    ports: int = 0
    alerts: int = 0


def import_nmap(file: IO[bytes], user: Any, network: str = "") -> Imported:
    """Imports nmap's XML from a seekable file. Raises NmapError, and then has changed nothing."""
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    with transaction.atomic():
        # One import at a time for each tenant: two would both find the same port new.
        get_user_model()._default_manager.select_for_update().get(pk=user.pk)
        run = NmapRun(file)
        scan, is_new = Scan.objects.get_or_create(
            network=_network(user, network or network_name(run.arguments)),
            sha256=sha256,
            defaults={"user": user, "started_at": run.started_at, "arguments": run.arguments},
        )
        imported = Imported(scan, is_new)
        if is_new:
            for found in run.hosts():
                _import_host(imported, found)
            scan.finished_at = run.finished_at
            scan.save(update_fields=["finished_at"])
    return imported


def _network(user: Any, name: str) -> Network:
    longest = Network._meta.get_field("name").max_length or 0
    if len(name) > longest:
        raise NmapError(f"the network's name has more than {longest} characters: give a shorter one")
    return Network.objects.get_or_create(user=user, name=name, defaults={"cidr": cidr(name)})[0]


def _import_host(imported: Imported, found: FoundHost) -> None:
    scan = imported.scan
    host = _save_host(scan, found)
    first_seen = _first_seen(scan, found)
    Port.objects.bulk_create(
        [_port(host, scan, found, port, first_seen) for port in found.ports],
        ignore_conflicts=True,  # nmap lists a host twice whose address was given twice
    )
    new = [port for port in found.ports if port.state == Port.State.OPEN and _key(port) not in first_seen]
    Alert.objects.bulk_create([_alert(host, found, port) for port in new])
    imported.hosts += 1
    imported.ports += len(found.ports)
    imported.alerts += len(new)


def _save_host(scan: Scan, found: FoundHost) -> Host:
    host, is_new = Host.objects.select_related("latest_scan").get_or_create(
        network_id=scan.network_id,
        ip=found.ip,
        defaults={"user_id": scan.user_id, "first_seen": found.seen_at, "last_seen": found.seen_at},
    )
    if not is_new and found.is_up is not False:
        host.first_seen = min(host.first_seen, found.seen_at)
        host.last_seen = max(host.last_seen, found.seen_at)
    is_newest = host.latest_scan is None or host.latest_scan.started_at <= scan.started_at
    if is_newest:
        host.latest_scan = scan
        host.is_pingable = found.is_up
    host.hostname = _told(host.hostname, found.hostname, is_newest)
    host.os_guess = _told(host.os_guess, found.os_guess, is_newest)
    host.save()
    return host


def _told(known: str | None, found: str | None, is_newest: bool) -> str | None:
    """What is known after a scan has told `found`."""
    first, second = (found, known) if is_newest else (known, found)
    return first or second


def _first_seen(scan: Scan, found: FoundHost) -> dict[PortKey, Any]:
    """The ports that a scan of the tenant has found open at this address, and when one first did."""
    seen = Port.objects.filter(user_id=scan.user_id, ip=found.ip, state=Port.State.OPEN)
    times = seen.values_list("protocol", "port").annotate(Min("first_seen"))
    return {(protocol, number): time for protocol, number, time in times.order_by()}


def _key(port: FoundPort) -> PortKey:
    return port.protocol, port.number


def _port(host: Host, scan: Scan, found: FoundHost, port: FoundPort, first_seen: dict[PortKey, Any]) -> Port:
    return Port(
        user_id=scan.user_id,
        scan=scan,
        host=host,
        ip=found.ip,
        port=port.number,
        protocol=port.protocol,
        service=port.service,
        state=port.state,
        first_seen=min(first_seen.get(_key(port), found.seen_at), found.seen_at),
        last_seen=found.seen_at,
    )


def _alert(host: Host, found: FoundHost, port: FoundPort) -> Alert:
    return Alert(
        user_id=host.user_id,
        network_id=host.network_id,
        host=host,
        alert_type=Alert.Type.NEW_PORT,
        ip=found.ip,
        port=port.number,
    )
