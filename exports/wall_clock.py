"""What a clock on a wall shows, and when: it skips times, or shows them twice, where it is put on or back."""

import datetime as dt

_SECOND = dt.timedelta(seconds=1)


def moment_of(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The first moment, in UTC, at which a clock of `zone` shows `wall` (naive) or something later.

    Of a time that is shown twice that is the first; of one that is skipped, the moment right after the gap.
    """
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if early <= late:  # once, or twice
        return early
    # A gap: `early` is counted by the offset before it, `late` by the one after it. It lies between.
    offset = late.astimezone(zone).utcoffset()
    while early - late > _SECOND:
        middle = late + (early - late) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return early.replace(microsecond=0)


def start_of_day(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The first moment, in UTC, of a day in `zone`: where its clock skips midnight, a later one."""
    return moment_of(dt.datetime.combine(day, dt.time.min), zone)
