"""Invented networks: hosts, the scans that found them, their ports, and the alerts these raised."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import count
from typing import Final

from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan

from . import nasty
from .draws import EPOCH, Batch, Draws

HOSTS_A_NETWORK: Final = 50
SCANS_A_NETWORK: Final = 3
SERVICES: Final = {
    22: "ssh OpenSSH 9.6",
    23: "telnet",
    53: "domain",
    80: "http nginx 1.26",
    443: "https",
    445: "microsoft-ds",
    3306: "mysql",
    5432: "postgresql",
    8080: "http-proxy",
}
NOT_ALLOWED: Final = {23}
BLOCKED: Final = {445}
SYSTEMS: Final = ("Linux 6.1", "Windows Server 2022", "FreeBSD 14", "Cisco IOS 15, or 16", "")


Block = IPv4Network | IPv6Network


@dataclass
class Finding:
    """One network and everything in it, not yet stored."""

    network: Network
    scans: list[Scan]
    hosts: list[Host] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


def findings(batch: Batch, names: set[str]) -> Iterator[Finding]:
    """Networks of up to 50 hosts, until all have one. `names` are those of the user's other networks."""
    draws = batch.draws()
    # As many networks as there must have been before: a second run goes on counting.
    numbers = count(-(-batch.first // HOSTS_A_NETWORK))
    hosts = batch.numbers()
    for start in range(0, batch.count, HOSTS_A_NETWORK):
        network, block = _network(batch, numbers, names)
        finding = Finding(network, _scans(network, draws))
        for place, number in enumerate(hosts[start : start + HOSTS_A_NETWORK], 10):
            _add_host(finding, batch, draws, number, str(block[place]))
        finding.alerts.sort(key=lambda alert: alert.created_at)
        yield finding


def _network(batch: Batch, numbers: Iterator[int], names: set[str]) -> tuple[Network, Block]:
    number = next(number for number in numbers if _name(number) not in names)
    high, low = divmod(number % 65_536, 256)
    # Every fourth is IPv6.
    cidr = f"fd00:0:0:{number % 65_536:x}::/64" if number % 4 == 3 else f"10.{high}.{low}.0/24"
    created = EPOCH + timedelta(days=number % 60)
    network = Network(user_id=batch.user_id, name=_name(number), cidr=cidr, created_at=created)
    return network, ip_network(cidr)


def _name(number: int) -> str:
    """A name for people, and for every fourth network a nasty one."""
    if number % 4 == 1:
        return f"{nasty.text(number // 4, 200)} {number + 1}"
    return f"{('Office', 'Data centre', 'Guests')[number % 3]} {number + 1}"


def _scans(network: Network, draws: Draws) -> list[Scan]:
    """Finished scans a week apart, then one that is still running and has found nothing yet."""
    scans = [_scan(network, week, draws.seconds(3_600)) for week in range(SCANS_A_NETWORK + 1)]
    for scan in scans[:-1]:
        scan.finished_at = scan.started_at + timedelta(minutes=3) + draws.seconds(600)
        scan.status = Scan.Status.COMPLETED
    return scans


def _scan(network: Network, week: int, late: timedelta) -> Scan:
    return Scan(
        user_id=network.user_id,
        network=network,
        started_at=network.created_at + timedelta(weeks=week) + late,
        status=Scan.Status.RUNNING,
        arguments=f"nmap -sV -O -oX - {network.cidr}",
    )


def _add_host(finding: Finding, batch: Batch, draws: Draws, number: int, ip: str) -> None:
    finished = finding.scans[:-1]
    turn = batch.nasty(number)
    host = Host(
        user_id=batch.user_id,
        network=finding.network,
        latest_scan=None if draws.random() < 0.1 else finished[-1],
        ip=ip,
        hostname=draws.missing(f"host-{number + 1}.example.net", null=0.2),
        is_pingable=draws.weighted((True, False, None), (75, 90, 100)),
        os_guess=draws.missing(draws.choice(SYSTEMS), null=0.2),
        first_seen=finished[0].started_at + draws.seconds(60),
        last_seen=finished[-1].started_at + draws.seconds(60),
    )
    if turn is not None:
        host.hostname = nasty.text(turn, 255)
        host.os_guess = nasty.text(turn + nasty.APART)
    finding.hosts.append(host)
    _add_ports(finding, draws, host, turn)


def _add_ports(finding: Finding, draws: Draws, host: Host, turn: int | None) -> None:
    if host.is_pingable is False:
        return
    numbers = sorted(draws.sample(sorted(SERVICES), draws.randrange(1, 6)))
    first_seen: dict[int, Port] = {}
    for scan in finding.scans[:-1]:
        for number in numbers:
            if draws.random() < 0.85:
                port = _port(scan, host, number, draws)
                port.first_seen = first_seen.setdefault(number, port).first_seen
                if turn is not None:
                    port.service = nasty.text(turn + number)
                finding.ports.append(port)
    finding.alerts.extend(_alert(port, draws) for port in first_seen.values())


def _port(scan: Scan, host: Host, number: int, draws: Draws) -> Port:
    seen = scan.started_at + draws.seconds(180)
    return Port(
        user_id=host.user_id,
        scan=scan,
        host=host,
        ip=host.ip,
        port=number,
        protocol="udp" if number == 53 else "tcp",
        service=draws.missing(SERVICES[number]),
        state=draws.weighted((Port.State.OPEN, Port.State.CLOSED, Port.State.FILTERED), (85, 95, 100)),
        first_seen=seen,
        last_seen=seen,
    )


def _alert(port: Port, draws: Draws) -> Alert:
    kind = Alert.Type.NEW_PORT
    if port.port in NOT_ALLOWED:
        kind = Alert.Type.NOT_ALLOWED
    elif port.port in BLOCKED:
        kind = Alert.Type.BLOCKED
    return Alert(
        user_id=port.user_id,
        network=port.scan.network,
        host=port.host,
        alert_type=kind,
        ip=port.ip,
        port=port.port,
        acknowledged=draws.random() < 0.4,
        created_at=port.first_seen,
    )
