"""What all processes of a run have to agree on: how many rows are exported, and whose they are."""

from typing import Final

# The first byte at so many rows is what that of all rows is compared with; they warm every process up.
SMALL: Final = 1_000
# Memory is looked at here, and at all rows.
MEMORY: Final = (10_000, 100_000)


def sizes(rows: int, most: int | None = None) -> list[int]:
    """The numbers of rows that a contender exports, up to `rows`, or `most` where it bears no more."""
    limit = min(rows, most or rows)
    return sorted({size for size in (SMALL, *MEMORY) if size < limit} | {limit})


def tenant(size: int) -> str:
    """The user who owns exactly so many calls."""
    return f"bench-{size}"


# The constraint that `filling` adds to the calls' table: numbers in E.164, which no spreadsheet runs.
PHONE_NUMBER_CHECK: Final = "bench_phone_number"
