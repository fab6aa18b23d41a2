"""The settings, read anew in an environment of the test's own."""

import os
import runpy
from unittest.mock import patch

import pytest

from tests.servers import ROOT


@pytest.fixture
def load(monkeypatch):
    """Executes the settings anew, in an environment that holds nothing else."""

    # In production Python's warnings go to the log: not those of the tests.
    monkeypatch.setattr("exports_project.operations.logs.captureWarnings", lambda capture: None)

    def settings(**env: str):
        os.environ.clear()
        os.environ.update({"ENV_FILE": "", "DEBUG": "true"} | env)
        return runpy.run_path(str(ROOT / "exports_project" / "settings.py"))

    with patch.dict(os.environ):  # what an env file adds goes too
        yield settings
