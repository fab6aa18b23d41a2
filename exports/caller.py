"""Who asks for an export, and through which door."""

from dataclasses import dataclass
from typing import Any

from .clients import Client
from .models import ExportLog


@dataclass(frozen=True, kw_only=True)
class Caller:
    """`user` is the project's user object; `ip` and `client` are None where no network is involved."""

    user: Any
    door: ExportLog.Door
    ip: str | None = None
    user_agent: str = ""
    client: Client | None = None
