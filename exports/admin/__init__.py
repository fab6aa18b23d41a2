"""The admin's door: the export action, staff's own rows, and audit records and jobs to look at."""

from .actions import ExportActionMixin
from .jobs import ExportJobAdmin
from .own_rows import OwnRowsMixin
from .records import ExportLogAdmin

__all__ = ["ExportActionMixin", "ExportJobAdmin", "ExportLogAdmin", "OwnRowsMixin"]
