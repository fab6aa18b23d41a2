"""Tools and packages that some tests need beside those that are always installed."""

import os
import shutil
from importlib.util import find_spec
from typing import NoReturn

import pytest

# Where Debian keeps servers; not on everybody's PATH.
SYSTEM = "/usr/sbin:/sbin"


def need(*names: str) -> str:
    """The path of the first of these programs that is installed.

    Without any, the test is skipped on a developer's machine and fails where CI=true: no skip hides there.
    """
    found = (shutil.which(name) or shutil.which(name, path=SYSTEM) for name in names)
    return next(filter(None, found), None) or _lack(
        f"none of these programs is installed: {', '.join(names)}"
    )


def need_module(name: str) -> None:
    """The same for a module of an optional dependency group."""
    if find_spec(name) is None:
        _lack(f"the module {name} is not installed")


def _lack(missing: str) -> NoReturn:
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(missing)
    pytest.skip(missing)
