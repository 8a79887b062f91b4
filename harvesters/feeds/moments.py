"""Moments and windows of time as sources write them (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# OGC's own test data carry an offset and a Z; the new openSenseMap leaves the T out and shortens the offset.
_BOTH = re.compile(r"([+-]\d{2}):?(\d{2})Z$")
_SHORT = re.compile(r"([+-]\d{2})$")


def moment(text: object) -> datetime | None:
    """A moment in UTC, None for what is none. Without a zone it is UTC; of an interval the beginning counts."""
    if not isinstance(text, str) or len(text) > 80:
        return None
    plain = _BOTH.sub(r"\1:\2", text.split("/")[0].strip())
    if "T" in plain or " " in plain:
        plain = _SHORT.sub(r"\1:00", plain)
    try:
        found = datetime.fromisoformat(plain)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stamp(time: datetime) -> str:
    """A moment as sources understand it in an address."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def windows(since: datetime, until: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Windows in order of time. They overlap by a second on each side: sources disagree about whether an edge is
    inside, and what comes twice is noticed."""
    edge = timedelta(seconds=1)
    while since < until:
        end = min(since + step, until)
        yield since - edge, end + edge
        since = end
