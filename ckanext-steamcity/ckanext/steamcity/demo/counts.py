"""Synthetic counts and walks: pollinators, traffic, birds, sound and street light. Pure; for this package."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .shapes import Row, by, correlation, counted, energy_mean, mean, share

_SKY = ("sunny", "partly_cloudy", "cloudy", "rain")
_USUAL_TRAFFIC = {
    "pedestrians": 40.0,
    "bicycles": 9.0,
    "scooters": 3.0,
    "motorcycles": 6.0,
    "cars": 62.0,
    "vans_trucks": 9.0,
    "buses": 2.0,
}
_SKY_FACTOR = {"sunny": 1.3, "partly_cloudy": 1.0, "cloudy": 0.55, "rain": 0.05}


def at_hour(day: date, hour: float, zone: str) -> datetime:
    start = datetime.combine(day, time(), ZoneInfo(zone))
    return start + timedelta(minutes=round(hour * 60))


def pollinators(
    rng: random.Random,
    zone: str,
    start: date,
    habitats: dict[str, float],
    insects: dict[str, float],
    days: int = 8,
    warm: float = 19.0,
    per_day: tuple[float, ...] = (10.25, 11.5, 14.0),
) -> list[Row]:
    """Visits in ten minutes by habitat and insect: small numbers that follow warmth, sky and flowers."""
    rows: list[Row] = []
    school_days = [start + timedelta(n) for n in range(days * 2) if (start + timedelta(n)).weekday() < 5][:days]
    for day in school_days:
        sky, warmth = rng.choices(_SKY, (5, 4, 3, 1))[0], rng.gauss(warm, 2.5)
        wind = rng.choices(("calm", "light", "strong"), (4, 4, 1))[0]
        for hour in per_day:
            degrees = round(warmth + (hour - 11) * 0.8, 1)
            for habitat, wealth in habitats.items():
                flowers = counted(rng, 12 * wealth + 1)
                for insect, weight in insects.items():
                    factor = _SKY_FACTOR[sky] * (0.4 if wind == "strong" else 1) * max(0.05, (degrees - 9) / 10)
                    rows.append(
                        {
                            "time": at_hour(day, hour, zone),
                            "minutes": 10,
                            "habitat": habitat,
                            "insect": insect,
                            "visits": counted(rng, wealth * weight * factor),
                            "flowers": flowers,
                            "temperature": degrees,
                            "sky": sky,
                            "wind": wind,
                        }
                    )
    return rows


def pollinator_facts(rows: list[Row]) -> dict[str, float]:
    """Visits per ten minutes by habitat, insect and sky, and how they follow warmth."""
    counts = list(by(rows, "time", "habitat").values())

    def level(chosen: list[list[Row]]) -> float:
        return mean(sum(row["visits"] for row in count) for count in chosen) if chosen else 0.0

    facts: dict[str, float] = {"visits": sum(row["visits"] for row in rows), "counts": len(counts)}
    for habitat in {row["habitat"] for row in rows}:
        facts[habitat] = level([count for count in counts if count[0]["habitat"] == habitat])
    for sky in _SKY:
        facts[sky] = level([count for count in counts if count[0]["sky"] == sky])
    for insect in {row["insect"] for row in rows}:
        facts[f"share_{insect}"] = share(
            sum(row["visits"] for row in rows if row["insect"] == insect), max(1, int(facts["visits"]))
        )
    facts["warmth_link"] = correlation(
        [count[0]["temperature"] for count in counts], [sum(row["visits"] for row in count) for count in counts]
    )
    return facts


def traffic(
    rng: random.Random,
    zone: str,
    phases: dict[str, str],
    change: dict[str, float],
    days: int = 5,
    level: dict[str, float] | None = None,
    missing: list[int] | None = None,
) -> list[Row]:
    """Counts of a quarter of an hour before and after a rule. ``change`` multiplies what is counted after it."""
    usual = _USUAL_TRAFFIC | (level or {})
    rows: list[Row] = []
    for phase, first in phases.items():
        start = date.fromisoformat(first)
        for day in (start + timedelta(n) for n in range(days)):
            for hour in (8.0, 8.25, 8.5, 12.0, 12.25, 16.5, 16.75, 17.0):
                rush = 1.3 if hour < 9 or hour > 16 else 0.8
                counts = {
                    kind: counted(rng, rate * rush * (change.get(kind, 1) if phase == "after" else 1))
                    for kind, rate in usual.items()
                }
                motors = counts["cars"] + 3 * counts["vans_trucks"] + 2 * counts["motorcycles"] + 3 * counts["buses"]
                rows.append(
                    {
                        "time": at_hour(day, hour, zone),
                        "minutes": 15,
                        "phase": phase,
                        **counts,
                        "pm25": round(max(2, rng.gauss(9, 3) + motors * 0.01), 1),
                        "sound_level": round(52 + 8 * math.log10(max(1, motors)) * 0.7 + rng.gauss(0, 1), 1),
                    }
                )
    return [row for index, row in enumerate(rows) if index not in (missing or [])]


def traffic_facts(rows: list[Row]) -> dict[str, float]:
    """Means per quarter of an hour before and after, and the change in percent."""
    facts: dict[str, float] = {"counts": len(rows)}
    for kind in ("pedestrians", "bicycles", "cars", "vans_trucks", "pm25"):
        before, after = (mean(row[kind] for row in rows if row["phase"] == phase) for phase in ("before", "after"))
        facts |= {f"{kind}_before": before, f"{kind}_after": after, f"{kind}_change": 100 * (after - before) / before}
    for phase in ("before", "after"):
        facts[f"sound_{phase}"] = energy_mean(row["sound_level"] for row in rows if row["phase"] == phase)
    facts["sound_change"] = facts["sound_after"] - facts["sound_before"]
    return facts


def birds(rng: random.Random, habitats: dict[str, dict[str, float]], doubt: float = 0.15) -> list[Row]:
    """Detections of birds by a program, a row each: ``habitats`` gives the expected number of every species."""
    rows: list[Row] = []
    for habitat, species in habitats.items():
        for name, expected in species.items():
            for _ in range(counted(rng, expected)):
                sure = min(99.0, max(20.0, rng.gauss(78, 14)))
                rows.append(
                    {
                        "species": name,
                        "habitat": habitat,
                        "hour": rng.choices(("dawn", "morning", "midday", "evening"), (5, 4, 1, 2))[0],
                        "confidence": round(sure, 0),
                        "confirmed": rng.random() > doubt * (2 if sure < 65 else 0.5),
                    }
                )
    rng.shuffle(rows)
    return rows


def bird_facts(rows: list[Row]) -> dict[str, float]:
    """Detections and species by habitat, and how often listening confirmed the program."""
    facts: dict[str, float] = {
        "detections": len(rows),
        "confirmed": share(sum(row["confirmed"] for row in rows), len(rows)),
    }
    sure = [row for row in rows if row["confidence"] >= 80]
    unsure = [row for row in rows if row["confidence"] < 65]
    facts["confirmed_sure"] = share(sum(row["confirmed"] for row in sure), len(sure))
    facts["confirmed_unsure"] = share(sum(row["confirmed"] for row in unsure), len(unsure))
    for habitat, inside in by(rows, "habitat").items():
        facts[habitat] = len(inside)
        facts[f"species_{habitat}"] = sum(len(found) >= 5 for found in by(inside, "species").values())
    return facts


def path_point(rng: random.Random, centre: tuple[float, float], index: int, stops: int) -> tuple[float, float]:
    """Give a stop of a round walk of about a kilometre, a few metres beside the path each time."""
    angle = index / stops * 2 * math.pi
    north = 0.0032 * math.sin(angle) + rng.gauss(0, 0.00008)
    east = 0.0044 * math.cos(angle) + rng.gauss(0, 0.0001)
    return round(centre[0] + north, 5), round(centre[1] + east, 5)


def sound_walk(
    rng: random.Random,
    zone: str,
    start: date,
    centre: tuple[float, float],
    sources: dict[str, tuple[float, float, float]],
    stops: int = 24,
    rounds: int = 8,
) -> list[Row]:
    """Sound levels at the stops of a walk. ``sources``: weight, level in dB, how pleasant (1 to 5)."""
    rows: list[Row] = []
    names = list(sources)
    usual = [rng.choices(names, [sources[name][0] for name in names])[0] for _ in range(stops)]
    for number in range(rounds):
        begin = at_hour(start + timedelta(2 * number), 10 + number % 3 * 2, zone)
        for stop in range(stops):
            source = usual[stop] if rng.random() < 0.75 else rng.choice(names)
            _, level, liking = sources[source]
            loud = round(rng.gauss(level, 3), 1)
            latitude, longitude = path_point(rng, centre, stop, stops)
            rows.append(
                {
                    "time": begin + timedelta(minutes=2 * stop),
                    "latitude": latitude,
                    "longitude": longitude,
                    "sound_level": loud,
                    "sound_max": round(loud + abs(rng.gauss(6, 3)), 1),
                    "source": source,
                    "pleasant": min(5, max(1, round(rng.gauss(liking, 0.7)))),
                }
            )
    return rows


def sound_facts(rows: list[Row]) -> dict[str, float]:
    """Levels and liking by source, and whether loud means unpleasant."""
    facts: dict[str, float] = {
        "points": len(rows),
        "level": energy_mean(row["sound_level"] for row in rows),
        "above_55": share(sum(row["sound_level"] > 55 for row in rows), len(rows)),
        "link": correlation([row["sound_level"] for row in rows], [row["pleasant"] for row in rows]),
    }
    for source, inside in by(rows, "source").items():
        facts[f"level_{source}"] = energy_mean(row["sound_level"] for row in inside)
        facts[f"liking_{source}"] = mean(row["pleasant"] for row in inside)
        facts[f"share_{source}"] = share(len(inside), len(rows))
    return facts


def light_walk(
    rng: random.Random,
    zone: str,
    start: date,
    centre: tuple[float, float],
    lamps: dict[str, tuple[float, float, float]],
    stops: int = 30,
    rounds: int = 4,
    faith: float = 0.6,
) -> list[Row]:
    """Light on the ground along an evening walk. ``lamps``: weight, lux, kelvin; ``faith``: what lux adds to safety."""
    rows: list[Row] = []
    names = list(lamps)
    usual = [rng.choices(names, [lamps[name][0] for name in names])[0] for _ in range(stops)]
    for number in range(rounds):
        begin = at_hour(start + timedelta(3 * number), 19, zone)
        for stop, lamp in enumerate(usual):
            _, lux, kelvin = lamps[lamp]
            state = rng.choices(("on", "dimmed", "off"), (12, 2, 1))[0] if lamp != "no_lamp" else None
            light = max(0.1, rng.lognormvariate(math.log(lux), 0.45) * {"dimmed": 0.4, "off": 0.05}.get(state or "", 1))
            latitude, longitude = path_point(rng, centre, stop, stops)
            rows.append(
                {
                    "time": begin + timedelta(minutes=2 * stop),
                    "latitude": latitude,
                    "longitude": longitude,
                    "illuminance": round(light, 1),
                    "lamp": lamp,
                    "state": state,
                    "colour_temperature": round(rng.gauss(kelvin, 120), -1) if kelvin else None,
                    "safety": min(5, max(1, round(2.6 + faith * math.log10(light) + rng.gauss(0, 0.7)))),
                }
            )
    return rows


def light_facts(rows: list[Row]) -> dict[str, float]:
    """Light by kind of lamp, dark spots, and whether light goes with feeling safe."""
    facts: dict[str, float] = {
        "points": len(rows),
        "below_5": share(sum(row["illuminance"] < 5 for row in rows), len(rows)),
        "off": share(sum(row["state"] == "off" for row in rows), len(rows)),
        "link": correlation([math.log10(row["illuminance"]) for row in rows], [row["safety"] for row in rows]),
        "safety": mean(row["safety"] for row in rows),
    }
    for lamp, inside in by(rows, "lamp").items():
        facts[f"lux_{lamp}"] = mean(row["illuminance"] for row in inside)
        facts[f"share_{lamp}"] = share(len(inside), len(rows))
    return facts
