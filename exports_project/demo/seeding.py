"""Store invented rows for one user, in blocks, with a memory that does not grow."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import batched
from typing import Final

from django.db import models, reset_queries, transaction

from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan
from exports.contrib.telephony.models import AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping

from . import events, netscan, telephony
from .draws import NASTY_EVERY, Batch
from .inserting import insert

# One transaction each: short enough that a server on the same SQLite file gets its turn to write.
BLOCK: Final = 5_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many rows of each kind; hosts bring networks, scans, ports and alerts."""

    agents: int = 0
    phone_numbers: int = 0
    calls: int = 0
    events: int = 0
    hosts: int = 0

    def asked(self) -> dict[str, int]:
        return {kind: number for kind, number in asdict(self).items() if number}


# Agents first: numbers and calls refer to them.
MODELS: Final[dict[str, type[models.Model]]] = {
    "agents": AgentConfig,
    "phone_numbers": PhoneNumberMapping,
    "calls": CallLog,
    "events": LiveKitEvent,
    "hosts": Host,
}


def _silent(kind: str, done: int, total: int) -> None:
    """Nobody watches."""


def seed(
    user_id: str,
    counts: Counts,
    *,
    seed: int = 1,
    nasty_every: int = NASTY_EVERY,
    progress: Progress = _silent,
) -> None:
    """Add rows to an existing user. The same calls on an empty database store the same values, ids included.

    Raises django.db.IntegrityError where rows of this seed were deleted in part and would be made twice.
    """
    asked = counts.asked()
    for kind, model in MODELS.items():
        if total := asked.get(kind):
            first = model._default_manager.filter(user_id=user_id).count()
            batch = Batch(
                seed=seed, user_id=user_id, kind=kind, first=first, count=total, nasty_every=nasty_every
            )
            for done in _store(batch):
                progress(kind, done, total)


def _store(batch: Batch) -> Iterator[int]:
    """Store the batch; yields how many rows are there after each transaction."""
    if batch.kind == "hosts":
        return _store_networks(batch)
    return _store_rows(MODELS[batch.kind], _rows(batch))


def _rows(batch: Batch) -> Iterator[models.Model]:
    match batch.kind:
        case "agents":
            return telephony.agents(batch)
        case "phone_numbers":
            return telephony.phone_numbers(batch, telephony.agent_keys(batch.user_id))
        case "calls":
            return telephony.calls(batch, telephony.agent_keys(batch.user_id))
        case _:
            return events.events(batch)


def _store_rows(model: type[models.Model], rows: Iterator[models.Model]) -> Iterator[int]:
    done = 0
    for block in batched(rows, BLOCK):
        with transaction.atomic():
            insert(model, block)
        done += len(block)
        yield done


def _store_networks(batch: Batch) -> Iterator[int]:
    names = set(Network.objects.filter(user_id=batch.user_id).values_list("name", flat=True))
    done = 0
    for finding in netscan.findings(batch, names):
        with transaction.atomic():
            finding.network.save(force_insert=True)
            Scan.objects.bulk_create(finding.scans)
            Host.objects.bulk_create(finding.hosts)
            insert(Port, finding.ports)
            insert(Alert, finding.alerts)
        reset_queries()
        done += len(finding.hosts)
        yield done
