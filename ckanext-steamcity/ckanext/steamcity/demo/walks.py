"""Synthetic walks: devices that collect data, quiet and loud places. Pure; for this package."""

from __future__ import annotations

import random
from datetime import date, timedelta

from .counts import at_hour, path_point
from .shapes import Row, by, correlation, energy_mean, mean, share


def devices(
    rng: random.Random,
    zone: str,
    start: date,
    centre: tuple[float, float],
    kinds: dict[str, tuple[int, float, str, str]],
    walks: int = 4,
) -> list[Row]:
    """Devices seen on walks. ``kinds``: how many a walk, how often a notice hangs there, who runs it, personal data."""
    rows: list[Row] = []
    for number in range(walks):
        begin = at_hour(start + timedelta(number), 10 + number % 2 * 3, zone)
        seen = [kind for kind, (often, *_rest) in kinds.items() for _ in range(often)]
        rng.shuffle(seen)
        for stop, kind in enumerate(seen):
            _, noticed, operator, personal = kinds[kind]
            notice = rng.random() < noticed
            latitude, longitude = path_point(rng, centre, stop, len(seen))
            known = operator if notice or rng.random() < 0.55 else "not_visible"
            rows.append(
                {
                    "time": begin + timedelta(minutes=2 * stop),
                    "latitude": latitude,
                    "longitude": longitude,
                    "device": kind,
                    "operator": known,
                    "notice": notice,
                    "personal": personal if notice or rng.random() < 0.7 else "unclear",
                    "ai": rng.choices(("yes", "no", "unclear"), (1, 3, 4))[0],
                    "comfort": min(5, max(1, round(rng.gauss(2.4 if personal == "yes" else 4.0, 0.8) + 0.5 * notice))),
                }
            )
    return rows


def device_facts(rows: list[Row]) -> dict[str, float]:
    """Devices, notices and unknown operators; how people feel with and without a notice."""
    cameras = [row for row in rows if row["device"] == "camera"]
    return {
        "devices": len(rows),
        "kinds": len({row["device"] for row in rows}),
        "notice": share(sum(row["notice"] for row in rows), len(rows)),
        "hidden": share(sum(row["operator"] == "not_visible" for row in rows), len(rows)),
        "cameras": len(cameras),
        "camera_share": share(len(cameras), len(rows)),
        "camera_notice": share(sum(row["notice"] for row in cameras), len(cameras)),
        "comfort_notice": mean(row["comfort"] for row in rows if row["notice"]),
        "comfort_without": mean(row["comfort"] for row in rows if not row["notice"]),
        "ai_unclear": share(sum(row["ai"] == "unclear" for row in rows), len(rows)),
    }


def quiet_places(
    rng: random.Random,
    zone: str,
    start: date,
    centre: tuple[float, float],
    places: dict[str, tuple[int, float, float]],
    rounds: int = 5,
) -> list[Row]:
    """Sound and calm at the stops of a walk. ``places``: stops, level in dB, how calm (1 to 5)."""
    rows: list[Row] = []
    stops = [kind for kind, (number, _level, _calm) in places.items() for _ in range(number)]
    shelters = {
        stop: rng.choice(("plants", "wall", "building", "distance")) if places[kind][1] < 58 else "nothing"
        for stop, kind in enumerate(stops)
    }
    for number in range(rounds):
        begin = at_hour(start + timedelta(2 * number), 9.5 + number % 3 * 2, zone)
        for stop, kind in enumerate(stops):
            _, level, calm = places[kind]
            loud = rng.gauss(level - (2 if shelters[stop] in ("wall", "building") else 0), 2.5)
            latitude, longitude = path_point(rng, centre, stop, len(stops))
            rows.append(
                {
                    "time": begin + timedelta(minutes=3 * stop),
                    "latitude": latitude,
                    "longitude": longitude,
                    "sound_level": round(loud, 1),
                    "place": kind,
                    "shelter": shelters[stop],
                    "calm": min(5, max(1, round(rng.gauss(calm, 0.6)))),
                }
            )
    return rows


def quiet_facts(rows: list[Row]) -> dict[str, float]:
    """Level and calm by kind of place, and whether quiet means calm."""
    facts: dict[str, float] = {
        "points": len(rows),
        "level": energy_mean(row["sound_level"] for row in rows),
        "below_55": share(sum(row["sound_level"] < 55 for row in rows), len(rows)),
        "link": correlation([row["sound_level"] for row in rows], [row["calm"] for row in rows]),
    }
    for kind, inside in by(rows, "place").items():
        facts[f"level_{kind}"] = energy_mean(row["sound_level"] for row in inside)
        facts[f"calm_{kind}"] = mean(row["calm"] for row in inside)
    return facts
