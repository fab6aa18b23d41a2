"""Where a file goes: under its name once it is whole, or straight into what is no regular file."""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Self

from django.utils.translation import gettext as _


class OutputRefused(Exception):
    """Nothing can be written there; nothing was exported yet."""


class OutputFailed(Exception):
    """Writing failed. `reader_gone` where it was a pipe that nobody reads any more."""

    def __init__(self, name: str, error: OSError) -> None:
        self.reader_gone = isinstance(error, BrokenPipeError)
        super().__init__(f"{name}: {error.strerror or error}")


class Output:
    """An open file descriptor. As a context manager it leaves nothing behind that was not finished."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        # Unbuffered: an error belongs to the chunk that met it, and closing has nothing left to write.
        self._file = open(descriptor, "wb", buffering=0)  # noqa: SIM115 - closed by __exit__

    def write(self, chunk: bytes) -> None:
        """Writes all of it. Raises OutputFailed."""
        rest = memoryview(chunk)
        with self._failures():
            while rest:
                written = self._file.write(rest)
                if written is None:  # a pipe that somebody has set not to block
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                rest = rest[written:]

    def finish(self, filename: str) -> str:
        """All is written: where it is now, for people. `filename` is the download's. Raises OutputFailed."""
        with self._failures():
            self._file.close()
        return self.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(OSError):
            self._file.close()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputFailed(self.name, error) from error


class NewFile(Output):
    """Written beside `target` under a temporary name, for its owner alone, and renamed when whole.

    With `target` None it takes the download's name in the current directory, or the next free one.
    """

    def __init__(self, target: str | None) -> None:
        self._target = target
        self._directory = os.path.dirname(target) if target else os.curdir
        descriptor, self._temporary = tempfile.mkstemp(prefix=".export-", suffix=".part", dir=self._directory)
        super().__init__(descriptor, target or self._directory)

    def finish(self, filename: str) -> str:
        with self._failures():
            os.fsync(self._file.fileno())
            if self._target is None:
                return self._under_a_free_name(filename)
            self._take_rights_of(self._target)
            os.replace(self._temporary, self._target)
            return self.name

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        with suppress(FileNotFoundError):  # it has its name
            os.unlink(self._temporary)

    def _take_rights_of(self, path: str) -> None:
        """Owner and mode of the file that is replaced. Where its owner cannot be kept, 0600 stays."""
        with suppress(FileNotFoundError, PermissionError):
            former = os.stat(path)
            os.fchown(self._file.fileno(), former.st_uid, former.st_gid)
            os.fchmod(self._file.fileno(), stat.S_IMODE(former.st_mode) & 0o777)

    def _under_a_free_name(self, filename: str) -> str:
        stem = re.sub(r"(\.[a-z]+)+$", "", filename)  # it may have two endings: `.csv.gz`
        names = (f"{stem}_{number}{filename[len(stem) :]}" for number in count(2))
        name = filename
        while not self._link(os.path.join(self._directory, name)):
            name = next(names)
        return name

    def _link(self, path: str) -> bool:
        """Whether the file is at `path` now; False where another is, which a rename would replace."""
        try:
            os.link(self._temporary, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                return False
            os.replace(self._temporary, path)
        return True


def open_output(path: str | None, stdout: int | None) -> Output:
    """The output at `path`: None the download's own name, `-` standard output. Raises OutputRefused.

    `stdout` is the descriptor of standard output, where there is one.
    """
    try:
        if path is None:
            return NewFile(None)
        if path == "-":
            return _standard_output(stdout)
        return _at(path, stdout)
    except OSError as error:
        raise OutputRefused(f"{path or os.getcwd()}: {error.strerror or error}") from error


def _standard_output(stdout: int | None) -> Output:
    if stdout is None:
        raise OutputRefused(_("There is no standard output to write to."))
    return Output(os.dup(stdout), _("standard output"))


def _at(path: str, stdout: int | None) -> Output:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return NewFile(_named(path))
    if stdout is not None and os.path.samestat(found, os.fstat(stdout)):
        return _standard_output(stdout)  # /dev/stdout, also where that is a regular file
    if stat.S_ISREG(found.st_mode):
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return NewFile(os.path.realpath(path))
    return Output(os.open(path, os.O_WRONLY | os.O_NOCTTY), path)


def _named(path: str) -> str:
    """The absolute path of a file to be made; a symbolic link's is what it points to."""
    if not path or path.endswith(os.sep):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return os.path.realpath(path)
