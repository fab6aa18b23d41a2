"""COPY row by row, with a pause after each."""

import time

from django.apps import AppConfig

PAUSE_SECONDS = 0.001


class SlowConfig(AppConfig):
    name = "tests.commands"
    label = "slow"

    def ready(self) -> None:
        from exports.sources import copying

        block = copying.Reader.block

        def slow_block(reader: copying.Reader, rows: list[memoryview]) -> object:
            time.sleep(PAUSE_SECONDS)
            return block(reader, rows)

        copying.BLOCK_BYTES = 1  # type: ignore[misc]
        copying.Reader.block = slow_block
