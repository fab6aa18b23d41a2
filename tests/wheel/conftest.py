"""The wheel, built once, and the document's project on the Djangos that it says it supports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wheel.project import Project, build_wheel, make_project, serving


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session", params=["6.1.*", "5.2.*"])
def project(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """The project, with a running server."""
    with serving(make_project(tmp_path_factory.mktemp("installed"), wheel, request.param)) as served:
        yield served
