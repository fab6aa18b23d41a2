"""What the engine keeps: the audit records, and the background jobs."""

from .jobs import ExportJob
from .records import ExportLog

__all__ = ["ExportJob", "ExportLog"]
