"""Tools that some tests need beside Python's packages."""

import os
import shutil

import pytest

# Where Debian keeps servers; not on everybody's PATH.
SYSTEM = "/usr/sbin:/sbin"


def need(*names: str) -> str:
    """The path of the first of these programs that is installed.

    Without any, the test is skipped on a developer's machine and fails where CI=true: no skip hides there.
    """
    for name in names:
        if path := shutil.which(name) or shutil.which(name, path=SYSTEM):
            return path
    missing = f"none of these programs is installed: {', '.join(names)}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(missing)
    pytest.skip(missing)
