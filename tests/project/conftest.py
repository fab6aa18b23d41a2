"""The settings, read anew in an environment of the test's own."""

import os
import runpy

import pytest

from tests.servers import ROOT


@pytest.fixture
def load(monkeypatch):
    """Executes the settings anew, in an environment that holds nothing else."""

    # In production Python's warnings go to the log: not those of the tests.
    monkeypatch.setattr("exports_project.operations.logs.captureWarnings", lambda capture: None)

    def settings(**env: str):
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in ({"ENV_FILE": "", "DEBUG": "true"} | env).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "exports_project" / "settings.py"))

    return settings
