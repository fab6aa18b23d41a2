"""Clients: the real curl, and one that can stop reading, or read slowly, with small buffers."""

import hashlib
import http.client
import json
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.cells import BROKEN, LEFT, WHOLE, WRONG
from tests.tools import need

USER = "user-faults"
# No client waits longer for a server that has forgotten it.
MAX_SECONDS = 100
PIECE = 64 * 1024
SLOW_PIECE = 1024


@dataclass(frozen=True)
class Seen:
    """What a client has seen: WHOLE, BROKEN, LEFT or WRONG, in which way, and the bytes."""

    what: str
    detail: str
    size: int = 0
    sha256: str = ""


class Curl:
    """`curl --http1.0` or `--http1.1` of one download. It runs from the beginning."""

    def __init__(self, url: str, http_version: str, directory: Path, name: str) -> None:
        self.file = directory / f"{name}.csv"
        # No ~/.curlrc and no proxy of the machine.
        command = [need("curl"), "--disable", "--noproxy", "*", f"--http{http_version}", "--silent"]
        command += ["--max-time", str(MAX_SECONDS), "--header", f"X-User-Id: {USER}"]
        command += ["--output", str(self.file), "--write-out", "%{json}", url]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._left = False

    def ended(self) -> bool:
        return self._process.poll() is not None

    def leave(self) -> None:
        """Goes away at once: the kernel closes its connection."""
        if not self.ended():
            self._left = True
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def seen(self, expected_sha256: str) -> Seen:
        """Waits for the end. A download that looks whole is held against `expected_sha256`."""
        output, _ = self._process.communicate(timeout=MAX_SECONDS + 20)
        body = self.file.read_bytes() if self.file.exists() else b""
        self.file.unlink(missing_ok=True)
        size, digest = len(body), hashlib.sha256(body).hexdigest()
        if self._left:
            return Seen(LEFT, "left", size)
        if code := self._process.returncode:
            return Seen(BROKEN, f"curl {code}", size)
        status = json.loads(output)["response_code"]
        if status >= 400:
            return Seen(BROKEN, f"HTTP {status}", size)
        right = status == 200 and digest == expected_sha256
        return Seen(
            WHOLE if right else WRONG, WHOLE if right else f"HTTP {status}, {size} bytes", size, digest
        )


class Reader:
    """A client that reads as it is told to: `pace` is "full", "slow" (1 KB/s) or "stopped".

    Its buffer is small, and so are its segments, as those of a network are: on the loopback a server's kernel
    would take megabytes.
    """

    def __init__(self, url: str, http_version: str) -> None:
        self.pace = "full"
        self._url = urlsplit(url)
        self._version = http_version
        self._digest = hashlib.sha256()
        self._size = 0
        self._status = 0
        self._error = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ended(self) -> bool:
        return not self._thread.is_alive()

    def seen(self, expected_sha256: str) -> Seen:
        """Waits for the end, as Curl does."""
        self._thread.join(MAX_SECONDS + 20)
        if self._error:
            return Seen(BROKEN, self._error, self._size)
        if self._status >= 400:
            return Seen(BROKEN, f"HTTP {self._status}", self._size)
        digest = self._digest.hexdigest()
        right = self._status == 200 and digest == expected_sha256 and self.ended()
        what = WHOLE if right else WRONG
        return Seen(what, WHOLE if right else f"HTTP {self._status}, {self._size} bytes", self._size, digest)

    def _run(self) -> None:
        try:
            with closing(self._connected()) as client:
                path = f"{self._url.path}?{self._url.query}"
                client.request("GET", path, headers={"X-User-Id": USER})
                self._wait()
                with closing(client.getresponse()) as response:
                    self._status = response.status
                    self._read(response)
        except http.client.IncompleteRead:
            self._error = "cut"
        except (OSError, http.client.HTTPException) as error:
            self._error = type(error).__name__

    def _read(self, response: http.client.HTTPResponse) -> None:
        while True:
            self._wait()
            piece = response.read(SLOW_PIECE if self.pace == "slow" else PIECE)
            if not piece:
                break
            self._digest.update(piece)
            self._size += len(piece)
            if self.pace == "slow":
                time.sleep(1)
        # With a Content-Length, read(n) ends early without a word.
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)

    def _wait(self) -> None:
        while self.pace == "stopped":
            time.sleep(0.02)

    def _connected(self) -> http.client.HTTPConnection:
        client = http.client.HTTPConnection(
            str(self._url.hostname), self._url.port, timeout=MAX_SECONDS, blocksize=PIECE
        )
        if self._version == "1.0":
            client._http_vsn, client._http_vsn_str = 10, "HTTP/1.0"
        connection = socket.socket()
        connection.settimeout(MAX_SECONDS)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        connection.connect((self._url.hostname, self._url.port))
        client.sock = connection
        return client
