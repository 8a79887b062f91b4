"""What was expected of each sensor and what came: the report of a run about gaps (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from .base import Reading

#: A silence shorter than this is none, however often a sensor speaks.
SHORTEST = timedelta(hours=1)
_MOST_GAPS = 50


class Gaps:
    """Fed with the readings of a run, sensor by sensor in order of time as far as they come so."""

    def __init__(self) -> None:
        self.got = 0
        self.expected = 0
        self.found: list[dict[str, Any]] = []
        self.count = 0
        self._last: dict[tuple[str, str], datetime] = {}

    def add(self, readings: Iterable[Reading]) -> None:
        moments: dict[tuple[str, str], set[datetime]] = {}
        for reading in readings:
            moments.setdefault((reading.station, reading.sensor), set()).add(reading.time)
        for key, times in moments.items():
            self._sensor(key, sorted(times))

    def _sensor(self, key: tuple[str, str], times: list[datetime]) -> None:
        steps = [(after - before).total_seconds() for before, after in zip(times, times[1:], strict=False)]
        self.got += len(times)
        if len(steps) < 3:
            self.expected += len(times)
        else:
            cadence = timedelta(seconds=max(median(steps), 1.0))
            self.expected += max(len(times), round((times[-1] - times[0]) / cadence) + 1)
            shortest = max(SHORTEST, 5 * cadence)
            last = self._last.get(key)
            known = [last, *times] if last and last < times[0] else times
            for before, after in zip(known, known[1:], strict=False):
                if after - before > shortest:
                    self._note(key, before, after)
        self._last[key] = max(times[-1], self._last.get(key, times[-1]))

    def _note(self, key: tuple[str, str], before: datetime, after: datetime) -> None:
        self.count += 1
        if len(self.found) < _MOST_GAPS:
            station, sensor = key
            self.found.append(
                {"station": station, "sensor": sensor, "from": before.isoformat(), "to": after.isoformat()}
            )

    def counts(self) -> dict[str, int]:
        """Moments expected from each sensor's own rhythm, moments that came, gaps."""
        return {"moments_expected": self.expected, "moments": self.got, "gaps": self.count}
