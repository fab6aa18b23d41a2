"""The files of jobs, in a storage of Django's: a local folder, S3, or what else the settings name.

A file is written aside, on the disk of its worker, and saved once it is whole. Each attempt has a name of its
own, so that none can overwrite another's; which one counts is for the job's row to say.
"""

import errno
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Final, Protocol
from uuid import UUID

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.core.files.storage.handler import InvalidStorageError

from ..conf import export_settings
from ..exceptions import FileTooLarge, JobsUnavailable, StorageFailed, StorageFull
from ..models import ExportJob

logger = logging.getLogger(__name__)

_NAME: Final = re.compile(r"(?P<job>[0-9a-f]{32})-(?P<token>[0-9]+)(\.part)?")
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


def file_storage() -> Storage:
    """The storage that EXPORTS["STORAGE"] names. Raises JobsUnavailable where it names none."""
    alias = export_settings().storage
    if alias is None:
        raise JobsUnavailable
    try:
        return storages[alias]
    except InvalidStorageError as error:
        raise JobsUnavailable from error


def is_configured() -> bool:
    """Whether there are background jobs here."""
    return export_settings().storage is not None


def name_of(job_id: UUID, token: int) -> str:
    """The name of what the attempt with that token stores."""
    return f"{job_id.hex}-{token}"


def attempt_of(name: str) -> tuple[UUID, int] | None:
    """The job and the token that a name stands for; None of a file that no job has stored."""
    found = _NAME.fullmatch(name)
    return (UUID(found["job"]), int(found["token"])) if found else None


class Part:
    """A file that is being written on this machine's disk; `name` is what it is stored as in the end."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self.name = name
        self._file = file
        self.size = 0
        self._limit = export_settings().max_file_bytes

    def write(self, chunk: bytes) -> None:
        """Raises StorageFull, StorageFailed or FileTooLarge."""
        self.size += len(chunk)
        if self._limit is not None and self.size > self._limit:
            raise FileTooLarge(self._limit)
        with _failures():
            self._file.write(chunk)

    def publish(self) -> str:
        """Stores the whole file at once, and returns its name. Raises StorageFull or StorageFailed."""
        with _failures():
            self._file.flush()
            os.fsync(self._file.fileno())  # the job's row will say that it is there, also after a power cut
            self._file.seek(0)
            storage = file_storage()
            name = storage.save(self.name, _Whole(self._file))
            _keep_entry(folder_of(storage))
            return name


class _Whole(File):  # type: ignore[type-arg]  # takes no argument at run time
    """What a storage saves. One of this machine's moves the file instead of copying it."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        if isinstance(file.name, str):  # one without a name is on no disk that could be the storage's
            self.temporary_file_path = lambda: file.name


@contextmanager
def new_part(job: ExportJob) -> Iterator[Part]:
    """A file for this attempt, gone at the end of the block unless it was published.

    Where the storage is a folder, it is written in there, and published by being renamed.
    """
    name = name_of(job.pk, job.token)
    with _failures():
        folder = folder_of(file_storage())
        file: Any
        if folder is None:
            file = tempfile.TemporaryFile(prefix="export-job-")  # noqa: SIM115 - closed below
        else:
            os.makedirs(folder, exist_ok=True)
            file = open(os.path.join(folder, f"{name}.part"), "xb+", opener=_private)  # noqa: SIM115
    try:
        yield Part(name, file)
    finally:
        with suppress(OSError):  # what could not be written before is not missed
            file.close()
        if folder is not None:
            with suppress(FileNotFoundError):
                os.unlink(file.name)


def _keep_entry(folder: str | None) -> None:
    """Lets the folder's own entries reach the disk, where they could be lost by a power cut (POSIX)."""
    if folder is not None and os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:  # some file systems of a network know no such thing
            if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
                raise
        finally:
            os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def folder_of(storage: Storage) -> str | None:
    """The folder of a storage on this machine; None of any other."""
    try:
        return storage.path("")
    except NotImplementedError:
        return None


class Readable(Protocol):
    """What a file is read from: some bytes at a time, none at its end."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


def opened(job: ExportJob, start: int = 0) -> Readable:
    """The job's file from byte `start` on. Raises FileNotFoundError or StorageFailed.

    Of S3 it is what the store is sending: its storage's own file would first of all be copied whole.
    """
    with _failures(missing_passes=True):
        file = file_storage().open(job.stored_as, "rb")
        stored: Any = getattr(file, "obj", None)
        if stored is not None:
            # An empty object has no first byte to begin at.
            body: Readable = stored.get(**({"Range": f"bytes={start}-"} if start else {}))["Body"]
            return body
        file.seek(start)
        return file


def remove(name: str) -> None:
    """Removes a file, if it is there. Raises StorageFailed."""
    if name:
        with _failures():
            file_storage().delete(name)


def remove_attempt(job: ExportJob, stored: str = "") -> None:
    """Removes what the attempt of the job's present token may have left. Never raises: a later sweep will.

    `stored` is the name that a storage has given to its file, if that is known.
    """
    name = name_of(job.pk, job.token)
    for left in {name, f"{name}.part", stored or name}:
        try:
            remove(left)
        except (StorageFailed, StorageFull, JobsUnavailable):
            logger.warning("The file %s could not be removed", left, exc_info=True)
            return  # a storage that is away may take its time to say so, each time


def stored_names() -> list[str]:
    """The names of all files of jobs in the storage, and of parts of such. Raises StorageFailed."""
    with _failures():
        try:
            _folders, names = file_storage().listdir("")
        except FileNotFoundError:  # the folder is made with the first file
            return []
    return [name for name in names if attempt_of(name)]


@contextmanager
def _failures(*, missing_passes: bool = False) -> Iterator[None]:
    """What a storage raises, in the engine's words: each has exceptions of its own."""
    try:
        yield
    except (JobsUnavailable, StorageFailed, StorageFull):
        raise
    except FileNotFoundError as error:
        if missing_passes:
            raise
        raise StorageFailed from error
    except OSError as error:
        raise (StorageFull() if error.errno in _NO_ROOM else StorageFailed()) from error
    except Exception as error:
        raise StorageFailed from error
