"""The flag tests themselves (pure; imported through ``ckanext.steamcity.quality``).

The series is in time order. Missing values (None, nan) get code 9 and are stepped over by every other test. Each
test looks back at most ``flat_hours + gap_minutes`` and ahead one value, which bounds what a late value can change.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from h3 import great_circle_distance

from .codes import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT, Flag, Test
from .limits import Limits

#: Published places are rounded, or cells of some 900 m: what is nearer may be the same place.
MOVED_METRES = 2000.0
_FAILING = Test.GROSS_RANGE | Test.DATE
# A gap is said about the moment, not about the value that ends it: it never lowers the code.
_SUSPICIOUS = Test.TYPICAL_RANGE | Test.SPIKE | Test.RATE_OF_CHANGE | Test.FLAT_LINE | Test.SATURATION | Test.LOCATION


def flags(
    times: Sequence[datetime], values: Sequence[float | None], limits: Limits, moves: Sequence[datetime] = ()
) -> list[Flag]:
    """One flag for each value; ``times`` ascend (equal neighbours are allowed). ``moves``: when the station began to
    stand somewhere else (see ``moved``)."""
    if len(times) != len(values):
        raise ValueError("as many times as values are needed")
    present = [index for index, value in enumerate(values) if value is not None and not math.isnan(value)]
    result = [Flag(MISSING)] * len(values)
    series_times = [times[index] for index in present]
    series = [float(values[index]) for index in present]  # type: ignore[arg-type]  # present holds no None
    bits = [_range_bits(at, value, limits) for at, value in zip(series_times, series, strict=True)]
    _neighbour_bits(series_times, series, limits, bits)
    _flat_bits(series_times, series, limits, bits)
    _location_bits(series_times, moves, bits)
    for index, tests in zip(present, bits, strict=True):
        result[index] = Flag(_code(tests, limits), tests)
    return result


def _code(tests: int, limits: Limits) -> int:
    if limits.empty:
        return NOT_EVALUATED
    if tests & _FAILING:
        return FAIL
    return SUSPECT if tests & _SUSPICIOUS else GOOD


def _range_bits(at: datetime, value: float, limits: Limits) -> int:
    bits = 0
    if _outside(value, limits.gross_minimum, limits.gross_maximum):
        bits |= Test.GROSS_RANGE
    if _outside(value, limits.typical_minimum, limits.typical_maximum):
        bits |= Test.TYPICAL_RANGE
    if is_saturated(value, limits):
        bits |= Test.SATURATION
    if (limits.earliest and at < limits.earliest) or (limits.latest and at > limits.latest):
        bits |= Test.DATE
    return bits


def _outside(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is not None and value < minimum) or (maximum is not None and value > maximum)


def _neighbour_bits(times: list[datetime], values: list[float], limits: Limits, bits: list[int]) -> None:
    """Gap, rate of change and spike: what a value is beside the one before and the one after."""
    gap = None if limits.gap_minutes is None else timedelta(minutes=limits.gap_minutes)
    for index in range(1, len(values)):
        since = times[index] - times[index - 1]
        if gap is not None and since > gap:
            bits[index] |= Test.GAP
            continue
        step = values[index] - values[index - 1]
        if limits.rate_per_hour is not None and abs(step) * 3600 > limits.rate_per_hour * since.total_seconds():
            bits[index] |= Test.RATE_OF_CHANGE
        if limits.spike is None or index + 1 == len(values):
            continue
        if gap is not None and times[index + 1] - times[index] > gap:
            continue
        if is_spike(values[index - 1], values[index], values[index + 1], limits.spike):
            bits[index] |= Test.SPIKE


def is_spike(before: float, value: float, after: float, limit: float) -> bool:
    """Whether a value is further than the limit from both neighbours, on the same side of both.

    Not from the middle of the two: beside a very high spike that would call its innocent neighbour one too.
    """
    step, back = value - before, after - value
    return step * back < 0 and abs(step) > limit and abs(back) > limit


def _flat_bits(times: list[datetime], values: list[float], limits: Limits, bits: list[int]) -> None:
    """A value is flat once it has stayed the same for ``flat_hours``; a gap starts anew."""
    if limits.flat_hours is None:
        return
    enough = timedelta(hours=limits.flat_hours)
    for start, end in flat_runs(values, lambda index: bool(bits[index] & Test.GAP)):
        for index in range(start + 1, end):
            if times[index] - times[start] >= enough:
                bits[index] |= Test.FLAT_LINE


def _location_bits(times: list[datetime], moves: Sequence[datetime], bits: list[int]) -> None:
    """The first value after each move, if there is one before it."""
    for move in moves:
        first = bisect.bisect_left(times, move)
        if 0 < first < len(times):
            bits[first] |= Test.LOCATION


def moved(places: Sequence[tuple[datetime, float, float]]) -> list[datetime]:
    """When a station began to stand further than ``MOVED_METRES`` from where it stood before, of its places in order
    of time (since when, latitude, longitude in degrees). Coordinates that are only rounded otherwise are no move."""
    pairs = zip(places, places[1:], strict=False)
    return [
        after[0] for before, after in pairs if great_circle_distance(before[1:], after[1:], unit="m") > MOVED_METRES
    ]


def flat_runs(values: Sequence[Any], begins: Callable[[int], bool] = lambda _index: False) -> Iterator[tuple[int, int]]:
    """(first, behind the last) of each stretch of equal values; ``begins(i)`` says where one ends in any case."""
    start = 0
    for index in range(1, len(values)):
        if values[index] != values[start] or begins(index):
            yield start, index
            start = index
    if values:
        yield start, len(values)


def is_saturated(value: float | None, limits: Limits) -> bool:
    """Whether a value stands at the end of the instrument's scale."""
    return value is not None and limits.saturation is not None and value >= limits.saturation
