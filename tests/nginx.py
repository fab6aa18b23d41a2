"""nginx in front of a server, as Debian ships it: own configuration, own directory, no root needed."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.tools import need

START_SECONDS = 15
STOP_SECONDS = 15

# Debian's nginx.conf and a `location` with nothing but proxy_pass: HTTP/1.0 to the server behind, buffered.
# The second one speaks HTTP/1.1 and keeps nothing back.
CONFIGURATION = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
{user}
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    default_type application/octet-stream;
    access_log off;
    gzip on;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {by_default};
        location / {{ proxy_pass http://{upstream}; {location} }}
        {beside}
    }}
    server {{
        listen {streaming};
        {beside}
        location / {{
            proxy_pass http://{upstream};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            {location}
        }}
    }}
}}
"""


@dataclass
class Nginx:
    """A running nginx: `by_default` and `streaming` are the addresses of its two ways to the server."""

    process: subprocess.Popen[bytes]
    directory: Path
    by_default: str
    streaming: str

    def stop(self) -> None:
        """Stops it at once (SIGTERM). May be called twice."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"nginx stopped while starting:\n{self.log}"
            if all(_answers(url) for url in (self.by_default, self.streaming)):
                return
            time.sleep(0.02)
        raise AssertionError(f"nginx did not answer within {START_SECONDS} s:\n{self.log}")

    @property
    def log(self) -> str:
        files = [self.directory / name for name in ("output", "error.log")]
        return "".join(path.read_text() for path in files if path.is_file())


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:  # the service's own answer, or that there is no service
        return True
    except OSError:
        return False
    return True


def run_nginx(upstream: str, directory: Path, *, location: str = "", beside: str = "") -> Nginx:
    """Starts nginx before the server at that URL; returns once it answers. The caller stops it.

    `location` is what stands beside proxy_pass, and `beside` what stands beside that location, for both ways.
    """
    program = need("nginx")
    with ExitStack() as stack:
        # nginx takes no port 0. It takes sockets that listen already, from its own predecessor or from us.
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        first, second = (f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners)
        (directory / "nginx.conf").write_text(
            CONFIGURATION.format(
                # Its workers would be another user, to whom this directory is closed.
                user="user root;" if os.geteuid() == 0 else "",
                upstream=urlsplit(upstream).netloc,
                location=location,
                beside=beside,
                by_default=first,
                streaming=second,
            )
        )
        descriptors = [listener.fileno() for listener in listeners]
        with (directory / "output").open("wb") as output:
            process = subprocess.Popen(
                [program, "-p", directory, "-c", directory / "nginx.conf", "-e", directory / "error.log"],
                env=os.environ | {"NGINX": "".join(f"{number};" for number in descriptors)},
                pass_fds=descriptors,
                stdout=output,
                stderr=output,
            )
    server = Nginx(process, directory, f"http://{first}", f"http://{second}")
    try:
        server.wait_until_ready()
    except BaseException:
        server.stop()
        raise
    return server


@pytest.fixture
def start_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Nginx]]:
    """start_nginx(server.url, **options): an Nginx before that server, stopped at the test's end."""
    with ExitStack() as stack:

        def start(upstream: str, **options: str) -> Nginx:
            server = run_nginx(upstream, tmp_path_factory.mktemp("nginx"), **options)
            stack.callback(server.stop)
            return server

        yield start
