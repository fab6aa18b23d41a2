"""docs/credentials.md, done from top to bottom against a demo."""

import json
import re
import subprocess
import sys
import time

import pytest
from joserfc import jwe

from accounts.authentication.nextauth import VERSIONS
from tests.demo.processes import environment, running
from tests.servers import ROOT
from tests.tools import need

pytestmark = pytest.mark.sqlite  # the demo's own database

PAGE = (ROOT / "docs/credentials.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ALL = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(directory):
    with running(directory) as demo:
        yield demo


def cookie(env_file) -> str:
    """What the application of the demo's secret would set."""
    [secret] = re.findall(r"^NEXTAUTH_SECRET=(.+)$", env_file.read_text(), re.MULTILINE)
    version, name = VERSIONS[0], VERSIONS[0].cookie
    claims = json.dumps({"sub": "user-123", "exp": time.time() + 600})
    header = {"alg": "dir", "enc": version.encryption}
    registry = jwe.JWERegistry(algorithms=list(header.values()))
    return jwe.encrypt_compact(header, claims, version.key(secret, name), registry=registry)


def test_every_line_works(demo, directory):
    need("curl")
    need("jq")
    manage = f"{sys.executable} {ROOT / 'manage.py'}"
    script = "\n".join(ALL).replace("localhost:8000", f"127.0.0.1:{demo.port}")
    # An answer of 400 or more ends the script, and shows itself.
    script = script.replace("curl -s", "curl --disable --noproxy '*' --silent --fail-with-body")
    script = script.replace("python3 -m uv run manage.py", manage)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-x", "-c", script],
        env=environment(directory, COOKIE=cookie(directory / ".env")),
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Those that ask who they are: session, JWT, OAuth 2, Auth.js and the header.
    assert re.findall(r'"user_id": ?"([^"]+)","timestamp"', done.stdout) == ["user-123"] * 5
    assert done.stdout.count("id,agentId,") == 1  # the header row of the agents
    assert "active  user-123  'nightly'" in done.stdout


def test_each_credential_has_a_line():
    assert [heading for heading, _ in BLOCKS] == [
        *("Sessions", "JSON Web Tokens", "API keys", "OAuth 2", "NextAuth.js and Auth.js"),
        "The development header",
    ]
