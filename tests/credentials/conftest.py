"""A service with every credential turned on, by WSGI and by ASGI, over one database."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from exports_project.credentials import available
from tests.accounts.nextauth import COOKIES
from tests.databases import fresh_database
from tests.servers import Server, run_code, run_server


@dataclass(frozen=True)
class Keys:
    """The service's own key pair; `file` holds the private one."""

    file: Path
    private: str
    public: bytes


@dataclass(frozen=True)
class World:
    """What the service's database knows, and the secrets of it."""

    database_url: str
    env: dict[str, str]
    made: dict[str, dict[str, Any]]
    keys: Keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    file = tmp_path_factory.mktemp("keys") / "private.pem"
    file.write_bytes(private)
    return Keys(file, private.decode(), public)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, with_tables: str, keys: Keys) -> Iterator[World]:
    env = {
        "AUTHENTICATION_CLASSES": ",".join(available()),
        "JWT_PRIVATE_KEY_FILE": str(keys.file),
        "NEXTAUTH_SECRET": ",".join(COOKIES["secrets"].values()),
        # Out of the way: the table is one address that is wrong a thousand times.
        "LOCKOUT_FAILURES": "1000000",
        "LOG_LEVEL": "DEBUG",
    }
    with fresh_database(tmp_path_factory.mktemp("credentials"), like=with_tables) as url:
        made = run_code(url, "from tests.credentials import seed; seed.main()", env)
        yield World(url, env, json.loads(made), keys)


@pytest.fixture(scope="session")
def servers(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """The service by WSGI and by ASGI, over one copy of that database, which itself stays as it is."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(tmp_path_factory.mktemp("copy"), like=world.database_url))
        running = {}
        for kind in ("gunicorn", "uvicorn"):
            running[kind] = run_server(url, tmp_path_factory.mktemp("server"), kind=kind, env=world.env)
            stack.callback(running[kind].stop)
        yield running


@pytest.fixture(params=["gunicorn", "uvicorn"])
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    return servers[request.param]
