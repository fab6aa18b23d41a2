"""What the engine can do, for contenders that measure one of its options."""

from dataclasses import fields
from typing import Final

from exports.conf import ExportSettings
from exports.options import OPTION_NAMES

COMPRESSION: Final = "compression"
PARALLEL: Final = "parallel"

PRESENT: Final = {*OPTION_NAMES, *(field.name for field in fields(ExportSettings))}
