"""Ids of observations: the datastream's, and the moment in microseconds (pure).

An observation has no number of its own; its key is `(datastream, phenomenonTime)`, so the id stays when tables are
dumped, loaded and partitioned anew.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHAPE = re.compile(r"(\d{1,10})-(-?\d{1,18})")


def observation_id(datastream: int, moment: datetime) -> str:
    return f"{datastream}-{(moment - _EPOCH) // _MICROSECOND}"


def read_observation(text: str) -> tuple[int, datetime] | None:
    """Datastream and moment; None for what no observation is called."""
    match = _SHAPE.fullmatch(text)
    if match is None or int(match[1]) > 2**31 - 1:
        return None
    try:
        return int(match[1]), _EPOCH + int(match[2]) * _MICROSECOND
    except OverflowError:
        return None
