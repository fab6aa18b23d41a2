"""Rows one by one, with a pause after each."""

import time
from collections.abc import Iterator

from django.apps import AppConfig

PAUSE_SECONDS = 0.001


class SlowConfig(AppConfig):
    name = "tests.commands"
    label = "slow"

    def ready(self) -> None:
        from exports.sources import copying
        from exports.sources.orm import OrmSource

        block, blocks = copying.Reader.block, OrmSource.blocks

        def slow_block(reader: copying.Reader, rows: list[memoryview]) -> object:
            time.sleep(PAUSE_SECONDS)
            return block(reader, rows)

        def slow_blocks(*arguments: object) -> Iterator[object]:
            for each in blocks(*arguments):
                time.sleep(PAUSE_SECONDS)
                yield each

        copying.BLOCK_BYTES = 1  # type: ignore[misc]
        copying.Reader.block = slow_block
        OrmSource.blocks = slow_blocks
