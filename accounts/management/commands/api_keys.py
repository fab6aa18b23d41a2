"""API keys from the command line: make, list, revoke."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.forms import APIKeyForm
from accounts.models import APIKey, User


class Command(BaseCommand):
    help = "Makes, lists and revokes API keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="make|list|revoke")
        make = actions.add_parser("make", help="make a key; its text goes to stdout, this once")
        make.add_argument("--user", required=True, metavar="ID", help="whose key it is")
        make.add_argument("--name", required=True, help="what it is for")
        make.add_argument(
            "--expires", metavar="TIME", help="when it ends, in ISO 8601; UTC without an offset"
        )
        make.add_argument(
            "--dataset",
            action="append",
            default=[],
            metavar="NAME",
            help="one that it may export; default: all",
        )
        make.add_argument(
            "--network", action="append", default=[], help="where it may be used from; default: anywhere"
        )
        make.add_argument(
            "--rate", help="how often it may export each dataset, such as 5/h; default: as its user"
        )
        listed = actions.add_parser("list", help="list keys, newest first")
        listed.add_argument("--user", metavar="ID", help="of this user alone")
        revoke = actions.add_parser("revoke", help="revoke a key")
        revoke.add_argument("prefix", help="the first eight characters of the key")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(**options)

    def _make(self, **options: Any) -> None:
        user = self._user(options["user"])
        if not user.is_active:
            raise CommandError(f"--user: The user {user.pk!r} is not active.")
        form = APIKeyForm(
            {
                "name": options["name"],
                "expires_at": _moment(options["expires"]),
                "rate": options["rate"],
                "datasets": options["dataset"],
                "networks": "\n".join(options["network"]),
            }
        )
        if not form.is_valid():
            flags = {"expires_at": "expires", "datasets": "dataset", "networks": "network"}
            lines = [
                f"--{flags.get(name, name)}: {text}" for name, texts in form.errors.items() for text in texts
            ]
            raise CommandError("\n".join(lines))
        key, text = APIKey.objects.issue(user=user, **form.cleaned_data)
        told = f"The API key {key.name!r} ({key.prefix}) of {user.pk} is made."
        self.stderr.write(f"{told} This is the only time it is shown:")
        self.stdout.write(text)

    def _list(self, **options: Any) -> None:
        keys = APIKey.objects.select_related("user")
        if options["user"] is not None:
            keys = keys.filter(user=self._user(options["user"]))
        for key in keys:
            parts = [key.prefix, key.state, key.user_id, repr(key.name)]
            parts += [f"{name}={','.join(values)}" for name, values in _limits(key).items() if values]
            parts += [f"last used {key.last_used_at:%Y-%m-%dT%H:%MZ}" if key.last_used_at else "never used"]
            self.stdout.write("  ".join(parts))

    def _revoke(self, **options: Any) -> None:
        key = APIKey.objects.filter(prefix=options["prefix"].partition(".")[0]).first()
        if key is None:
            raise CommandError("There is no API key that begins so.")
        key.revoke()
        # Its user has chosen the name: as it stands, it could steer the terminal.
        self.stderr.write(f"The API key {key.name!r} ({key.prefix}) of {key.user_id} is revoked.")

    def _user(self, user_id: str) -> User:
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise CommandError(f"--user: There is no user {user_id!r}.")
        return user


def _limits(key: APIKey) -> dict[str, list[str]]:
    ends = [f"{key.expires_at:%Y-%m-%dT%H:%MZ}"] if key.expires_at else []
    rates = [key.rate] if key.rate else []
    return {"datasets": key.datasets, "networks": key.networks, "rate": rates, "expires": ends}


def _moment(text: str | None) -> datetime | None:
    """A moment in ISO 8601; a date is its beginning. Raises CommandError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CommandError(f"--expires: {text!r} is no date or time in ISO 8601.") from error
