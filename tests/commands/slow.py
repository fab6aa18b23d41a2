"""COPY row by row, with a pause after each."""

import time

from django.apps import AppConfig

PAUSE_SECONDS = 0.001


class SlowConfig(AppConfig):
    name = "tests.commands"
    label = "slow"

    def ready(self) -> None:
        from exports.sources import copying

        lines = copying._lines

        def slow_lines(rows: list[memoryview]) -> bytes:
            time.sleep(PAUSE_SECONDS)
            return lines(rows)

        copying.BLOCK_BYTES = 1  # type: ignore[misc]
        copying._lines = slow_lines
