"""A synthetic sensor archive for the demo, in the layout of Sensor.Community (pure: no CKAN, no clock).

``write_archive(folder)`` writes ten days of four invented stations; two runs write the same bytes. It holds what real
archives hold: a doubled row without values, a gap, saturated humidity, a sensor that froze, a value that cannot be.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

FIRST_DAY = date(2026, 3, 2)
DAYS = 10
_STEP = timedelta(seconds=148)  # the real archive's median interval

_PM_HEADER = "sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2"
_AIR_HEADER = (
    "sensor_id;sensor_type;location;lat;lon;timestamp;pressure;altitude;pressure_sealevel;temperature;humidity"
)


class DemoStation(NamedTuple):
    """An invented station: ``base`` sets the level of its particles, ``warmth`` that of its temperature."""

    city: str
    location: int
    latitude: float
    longitude: float
    base: float
    warmth: float

    @property
    def particles(self) -> int:
        return self.location * 10 + 1

    @property
    def climate(self) -> int:
        return self.location * 10 + 2


#: Location ids far above those in use, so that nobody takes an invented station for one of the network.
STATIONS = (
    DemoStation("aix-en-provence", 9000001, 43.528, 5.433, 9.0, 12.0),
    DemoStation("bruxelles", 9000002, 50.848, 4.352, 13.0, 7.5),
    DemoStation("napoli", 9000003, 40.852, 14.262, 19.0, 13.5),
    DemoStation("sofia", 9000004, 42.698, 23.322, 28.0, 5.0),
)


def write_archive(folder: Path, *, first_day: date = FIRST_DAY, days: int = DAYS) -> list[Path]:
    """Write the archive below ``folder`` and return its files, in order."""
    written = []
    for number in range(days):
        day = first_day + timedelta(days=number)
        place = folder / day.isoformat()
        place.mkdir(parents=True, exist_ok=True)
        for station in STATIONS:
            for kind, sensor, text in (
                ("sds011", station.particles, particles(station, day, number)),
                ("bme280", station.climate, climate(station, day, number)),
            ):
                file = place / f"{day.isoformat()}_{kind}_sensor_{sensor}.csv"
                file.write_text(text, encoding="ascii", newline="\n")
                written.append(file)
    return written


def particles(station: DemoStation, day: date, number: int) -> str:
    """A day of the particle sensor: more in the evening, doubled in bad weather."""
    rng = random.Random(f"particles {station.location} {day}")
    clock = random.Random(f"clock {station.location} {day}")
    weather = math.exp(rng.gauss(0, 0.35))
    lines = [_PM_HEADER]
    frozen = ""
    for at in _times(station, day, number, clock):
        hour = at.hour + at.minute / 60
        evening = 1 + 0.9 * math.exp(-(((hour - 20) / 2.5) ** 2)) + 0.4 * math.exp(-(((hour - 8) / 1.5) ** 2))
        fine = station.base * weather * evening * math.exp(rng.gauss(0, 0.08))
        values = f"{fine * 1.8 + rng.random():.2f};;;{fine:.2f};;"
        if station.city == "napoli" and number == 4 and 1 <= hour < 6:
            values = frozen = frozen or values
        if station.city == "bruxelles" and number == 2 and at.hour == 14 and at.minute < 3:
            values = "1999.90;;;999.90;;"
        lines.append(_row(station, station.particles, "SDS011", at, values))
        if number == 1 and len(lines) == 40:
            lines.append(_row(station, station.particles, "SDS011", at, ";;;;;"))
    return "\n".join(lines) + "\n"


def climate(station: DemoStation, day: date, number: int) -> str:
    """A day of the climate sensor; damp nights end at 100 % humidity, as outdoors they do."""
    rng = random.Random(f"climate {station.location} {day}")
    clock = random.Random(f"clock {station.location} {day}")
    mean = station.warmth + rng.gauss(0, 1.5)
    pressure = 101_300 + rng.gauss(0, 700)
    lines = [_AIR_HEADER]
    for sent in _times(station, day, number, clock):
        at = sent + timedelta(seconds=1)  # a device sends its sensors one after the other
        hour = at.hour + at.minute / 60
        degrees = mean - 4.5 * math.cos((hour - 3) / 24 * 2 * math.pi) + rng.gauss(0, 0.08)
        humidity = min(100.0, 78 - 4.2 * (degrees - mean) + rng.gauss(0, 0.6) + (8 if number % 4 == 3 else 0))
        pressure += rng.gauss(0, 3)
        text = "nan" if station.city == "sofia" and number == 5 and at.hour == 9 else f"{degrees:.2f}"
        lines.append(_row(station, station.climate, "BME280", at, f"{pressure:.2f};;;{text};{humidity:.2f}"))
    return "\n".join(lines) + "\n"


def _times(station: DemoStation, day: date, number: int, rng: random.Random) -> Iterator[datetime]:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=rng.randrange(148))
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, seconds=-1)
    while at < end:
        missing = station.city == "aix-en-provence" and number == 6 and 10 <= at.hour < 15
        if not missing:
            yield at
        at += _STEP + timedelta(seconds=rng.choice((-1, 0, 0, 0, 1)))


def _row(station: DemoStation, sensor: int, kind: str, at: datetime, values: str) -> str:
    place = f"{station.location};{station.latitude:.3f};{station.longitude:.3f}"
    return f"{sensor};{kind};{place};{at:%Y-%m-%dT%H:%M:%S};{values}"
