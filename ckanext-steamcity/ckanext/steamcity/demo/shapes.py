"""Small helpers of the generators: times of a place, wandering values, means. Only for this package."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]


def moments(start: date, days: int, minutes: float, zone: str) -> Iterator[datetime]:
    """Step through local time the way a clock on the wall does: nothing is skipped or doubled in between."""
    place = ZoneInfo(zone)
    moment = datetime.combine(start, time(), place).astimezone(UTC)
    end = datetime.combine(start + timedelta(days=days), time(), place).astimezone(UTC)
    while moment < end:
        yield moment.astimezone(place)
        moment += timedelta(minutes=minutes)


def hours(moment: datetime) -> float:
    """Hours since midnight."""
    return moment.hour + moment.minute / 60


def wander(rng: random.Random, scale: float, keep: float = 0.97) -> Callable[[], float]:
    """Make a value that drifts around zero, with ``scale`` as its usual size."""
    step = scale * math.sqrt(1 - keep * keep)
    value = rng.gauss(0, scale)

    def following() -> float:
        nonlocal value
        value = keep * value + rng.gauss(0, step)
        return value

    return following


def daily(moment: datetime, low: float, high: float, warmest: float = 15.5) -> float:
    """Swing between ``low`` and ``high`` once a day, highest at ``warmest`` o'clock."""
    return (low + high) / 2 + (high - low) / 2 * math.cos((hours(moment) - warmest) / 24 * 2 * math.pi)


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean; nothing has no mean."""
    items = list(values)
    return sum(items) / len(items)


def share(part: float, whole: float) -> float:
    """Percentage."""
    return 100 * part / whole


def energy_mean(levels: Iterable[float]) -> float:
    """Mean of sound levels by energy, as an Leq."""
    return 10 * math.log10(mean(10 ** (level / 10) for level in levels))


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's r."""
    mean_one, mean_other = mean(one), mean(other)
    top = sum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True))
    bottom = math.sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))
    return top / bottom


def counted(rng: random.Random, expected: float) -> int:
    """Draw a count (Poisson)."""
    limit, product, number = math.exp(-min(expected, 500.0)), rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number


def by(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    """Group rows by the values of one column, or of several."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        key = row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)
        groups.setdefault(key, []).append(row)
    return groups
