"""The packages that some contenders need, and whether they are there."""

from importlib.util import find_spec
from typing import Final

# A job, and the module that it imports.
MODULES: Final = {
    "django-import-export": "import_export",
    "djangorestframework-csv": "rest_framework_csv",
    "openpyxl": "openpyxl",
    "parquet": "pyarrow",
    "xlsxwriter": "xlsxwriter",
}


def is_installed(job: str) -> bool:
    """Whether what this job imports is there."""
    return job not in MODULES or find_spec(MODULES[job]) is not None
