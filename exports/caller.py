"""Who asks for an export, and through which door."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from .clients import Client
from .models import ExportLog


@runtime_checkable
class Credential(Protocol):
    """What a request proves itself with, where that allows less than its user may.

    At the REST door it is `request.auth`, if that has this method: a key for one dataset, say.
    """

    def allows_dataset(self, name: str) -> bool:
        """Whether this dataset may be exported with it."""


@runtime_checkable
class RatedCredential(Credential, Protocol):
    """A credential with a rate of its own, which counts beside its user's: `10/h`, or empty."""

    pk: Any
    rate: str


@dataclass(frozen=True, kw_only=True)
class Caller:
    """`user` is the project's user object; `ip` and `client` are None where no network is involved.

    `credential` is None where nothing limits what the user may.
    """

    user: Any
    door: ExportLog.Door
    ip: str | None = None
    user_agent: str = ""
    client: Client | None = None
    credential: Credential | None = None

    def acting_for(self, user: Any) -> "Caller":
        """Somebody else, as the scheduler asks in their name; where this one is, is told all the same."""
        return Caller(user=user, door=ExportLog.Door.JOB, ip=self.ip, user_agent=self.user_agent)

    def credential_allows(self, dataset: str) -> bool:
        """Whether the credential allows this dataset. What the user may is another question."""
        return self.credential is None or self.credential.allows_dataset(dataset)
