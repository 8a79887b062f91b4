"""What was expected of each sensor and what came: the report of a run about gaps (pure)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from .base import Reading

#: A silence shorter than this is none, however often a sensor speaks.
SHORTEST = timedelta(hours=1)
#: A silence longer than this is one, where nobody knows how often a sensor speaks.
LONGEST = timedelta(days=2)
MOST_GAPS = 50
#: A rhythm is known from so many steps on, and told from the newest ones.
_STEPS, _MOST_STEPS = 3, 100


@dataclass
class _Sensor:
    """What is known of a sensor: its newest moment, its newest steps, and silences that wait for its rhythm."""

    last: datetime
    steps: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_STEPS))
    waiting: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def cadence(self) -> timedelta | None:
        return timedelta(seconds=max(median(self.steps), 1.0)) if len(self.steps) >= _STEPS else None


class Gaps:
    """Fed with the readings of a run, sensor by sensor in order of time as far as they come so. ``rhythms``: of each
    sensor its station and the seconds between its readings, as `rhythms` told them in the run before."""

    def __init__(self, rhythms: Mapping[str, tuple[str, float]] | None = None) -> None:
        self.got = 0
        self.expected = 0
        self.found: list[dict[str, Any]] = []
        self.count = 0
        self._former = rhythms or {}
        self._sensors: dict[tuple[str, str], _Sensor] = {}

    @property
    def rhythms(self) -> dict[str, tuple[str, float]]:
        known = {
            key[1]: (key[0], cadence.total_seconds()) for key, one in self._sensors.items() if (cadence := one.cadence)
        }
        return {**self._former, **known}

    def add(self, readings: Iterable[Reading]) -> None:
        moments: dict[tuple[str, str], set[datetime]] = {}
        for reading in readings:
            moments.setdefault((reading.station, reading.sensor), set()).add(reading.time)
        for key, times in moments.items():
            self._sensor(key, sorted(times))

    def _sensor(self, key: tuple[str, str], times: list[datetime]) -> None:
        self.got += len(times)
        one = self._sensors.setdefault(key, _Sensor(times[0]))
        known = [one.last, *times] if one.last < times[0] else times
        one.last = max(times[-1], one.last)
        steps = list(zip(known, known[1:], strict=False))
        one.steps.extend((after - before).total_seconds() for before, after in steps)
        one.waiting += [(before, after) for before, after in steps if after - before > SHORTEST]
        cadence = self._cadence(key, one)
        self.expected += len(times)
        if cadence:
            self.expected += max(0, round((times[-1] - times[0]) / cadence) + 1 - len(times))
            self._judge(key, one, max(SHORTEST, 5 * cadence))

    def _cadence(self, key: tuple[str, str], one: _Sensor) -> timedelta | None:
        former = self._former.get(key[1])
        return one.cadence or (timedelta(seconds=former[1]) if former else None)

    def _judge(self, key: tuple[str, str], one: _Sensor, shortest: timedelta) -> None:
        for before, after in one.waiting:
            if after - before > shortest:
                self._note(key, before, after)
        one.waiting.clear()

    def _note(self, key: tuple[str, str], before: datetime, after: datetime) -> None:
        self.count += 1
        if len(self.found) < MOST_GAPS:
            station, sensor = key
            self.found.append(
                {"station": station, "sensor": sensor, "from": before.isoformat(), "to": after.isoformat()}
            )

    def end(self) -> None:
        """No more readings come: judge the silences of sensors whose rhythm stays unknown."""
        for key, one in self._sensors.items():
            self._judge(key, one, LONGEST)

    def silent(self, until: datetime, newest: Mapping[str, datetime]) -> list[dict[str, str]]:
        """Sensors that have sent nothing up to ``until`` for longer than their rhythm lets expect, those this run
        has heard nothing of included (``newest``: what is stored of each), longest silence first."""
        found = []
        for station, sensor, last, cadence in self._heard(newest):
            if until - last > (max(SHORTEST, 5 * cadence) if cadence else LONGEST):
                found.append({"station": station, "sensor": sensor, "from": last.isoformat()})
        return sorted(found, key=lambda one: (one["from"], one["sensor"]))

    def _heard(self, newest: Mapping[str, datetime]) -> Iterator[tuple[str, str, datetime, timedelta | None]]:
        """Station, sensor, newest moment and rhythm of all sensors."""
        last: dict[str, tuple[str, datetime, timedelta | None]] = {}
        for sensor, moment in newest.items():
            station, seconds = self._former.get(sensor, ("", 0))
            last[sensor] = station, moment, timedelta(seconds=seconds) if seconds else None
        for (station, sensor), one in self._sensors.items():
            if sensor not in last or last[sensor][1] <= one.last:
                last[sensor] = station, one.last, self._cadence((station, sensor), one)
        for sensor, (station, moment, cadence) in last.items():
            yield station, sensor, moment, cadence

    def counts(self) -> dict[str, int]:
        """Moments expected from each sensor's own rhythm, moments that came, gaps."""
        return {"moments_expected": self.expected, "moments": self.got, "gaps": self.count}
