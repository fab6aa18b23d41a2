"""An S3 server on this machine: moto's, in a process of its own."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.tools import need_module

START_SECONDS = 60
BUCKET = "exports-test"
KEY = "moto-takes-any"


class S3Server:
    """It keeps files in its memory: they are gone once it stops."""

    def __init__(self, directory: Path) -> None:
        need_module("moto")
        need_module("storages")
        self._log = directory / "moto.log"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The same after each start."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """The service's variables for it."""
        return {
            "EXPORTS_S3_BUCKET": BUCKET,
            "EXPORTS_S3_ENDPOINT": self.url,
            "EXPORTS_S3_REGION": "us-east-1",
            "EXPORTS_S3_ACCESS_KEY": KEY,
            "EXPORTS_S3_SECRET_KEY": KEY,
        }

    @property
    def storage(self) -> dict[str, Any]:
        """The entry of STORAGES."""
        options = {
            "bucket_name": BUCKET,
            "location": "exports",
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "access_key": KEY,
            "secret_key": KEY,
        }
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
        )

    def start(self) -> None:
        """Starts it, with an empty bucket; returns once it answers."""
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "moto.server",
            "-H",
            "127.0.0.1",
            "-p",
            str(self._port),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        self.client().create_bucket(Bucket=BUCKET)

    def empty(self) -> None:
        """Removes all files."""
        client = self.client()
        for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            client.delete_object(Bucket=BUCKET, Key=found["Key"])

    def stop(self) -> None:
        """May be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """A new one, which runs."""
    directory = Path(tempfile.mkdtemp(prefix="s3-"))
    server = S3Server(directory)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)
