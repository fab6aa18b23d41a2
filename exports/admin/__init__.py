"""The admin's door: the export action, staff's own rows, and the audit records to look at."""

from .actions import ExportActionMixin
from .own_rows import OwnRowsMixin
from .records import ExportLogAdmin

__all__ = ["ExportActionMixin", "ExportLogAdmin", "OwnRowsMixin"]
