"""Synthetic time series of fixed sensors: classroom air, outdoor air, walls, devices. Pure; for this package.

Every generator takes its own ``random.Random`` and gives rows keyed by the columns of its protocol, with local times.
What real loggers do to a series (a gap, a frozen stretch, an impossible value) is asked for by parameters.
"""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .shapes import Row, correlation, daily, hours, mean, moments, share, wander

LESSONS = ((8.25, 9.17), (9.17, 10.08), (10.33, 11.25), (11.25, 12.17), (13.67, 14.58), (14.58, 15.5))
THRESHOLD = 1500  # ppm, as in the protocol's reference line
WHO_PM25 = 15  # µg/m³ over 24 hours


def _lesson(moment: datetime) -> int | None:
    if moment.weekday() > 4:
        return None
    return next((index for index, (start, end) in enumerate(LESSONS) if start <= hours(moment) < end), None)


def defects(
    rows: list[Row], column: str, gap: list[int], frozen: list[int], impossible: list[int], value: float
) -> list[Row]:
    """Damage a series: ``gap`` and ``frozen`` are [first row, number of rows], ``impossible`` lists rows."""
    if frozen:
        first, number = frozen
        for row in rows[first : first + number]:
            row[column] = rows[first][column]
    for index in impossible:
        rows[index][column] = value
    if gap:
        del rows[gap[0] : gap[0] + gap[1]]
    return rows


def classroom_air(
    rng: random.Random,
    zone: str,
    start: date,
    days: int = 10,
    people: int = 24,
    renewal: float = 0.5,
    airing_from: int | None = None,
    gap: list[int] | None = None,
    frozen: list[int] | None = None,
    impossible: list[int] | None = None,
) -> list[Row]:
    """CO2, temperature and humidity of a classroom every five minutes.

    ``renewal``: how often an hour the closed room changes its air. ``airing_from``: the day from which windows are
    opened in every break and in the middle of every lesson; before it they open now and then in the long break.
    """
    rows: list[Row] = []
    co2, noise, warmth = 430.0, wander(rng, 6, 0.6), wander(rng, 0.8, 0.999)
    present: dict[tuple[date, int], int] = {}
    aired: dict[date, bool] = {}
    for moment in moments(start, days, 5, zone):
        day = (moment.date() - start).days
        lesson = _lesson(moment)
        inside = 0
        if lesson is not None:
            key = (moment.date(), lesson)
            if key not in present:
                present[key] = 0 if rng.random() < 0.2 else max(8, people - rng.randrange(5))
            inside = present[key]
        routine = airing_from is not None and day >= airing_from
        usual = aired.setdefault(moment.date(), rng.random() < 0.4)
        at = hours(moment)
        pause = moment.weekday() < 5 and (10.08 <= at < 10.33 or 12.17 <= at < 13.0)
        middle = lesson is not None and 0.4 <= at - LESSONS[lesson][0] < 0.58
        is_open = (routine and (pause or middle)) or (not routine and usual and 10.08 <= at < 10.33)
        flow = 6.0 if is_open else renewal
        co2 += (inside * 36 - flow * (co2 - 425)) / 12
        temperature = daily(moment, 18.6, 20.4, 14) + warmth() + inside * 0.05 - (1.2 if is_open else 0)
        rows.append(
            {
                "time": moment,
                "co2": max(400, round(co2 + noise())),
                "temperature": round(temperature, 1),
                "humidity": round(min(80.0, 38 + inside * 0.35 + noise() * 0.2 + (co2 - 425) * 0.004), 1),
                "people": inside,
                "windows": "open" if is_open else "closed",
            }
        )
    return defects(rows, "co2", gap or [], frozen or [], impossible or [], 65535)


def classroom_facts(rows: list[Row], split: str | None = None) -> dict[str, float]:
    """Lessons above the threshold, night level, peak; with ``split`` (a date) the same before and from then on."""
    good = [row for row in rows if row["co2"] <= 10000]
    lessons: dict[tuple[date, int], list[Row]] = {}
    for row in good:
        lesson = _lesson(row["time"])
        if lesson is not None and row["people"]:
            lessons.setdefault((row["time"].date(), lesson), []).append(row)
    high = {key for key, inside in lessons.items() if max(row["co2"] for row in inside) > THRESHOLD}
    night = [row["co2"] for row in good if row["time"].hour < 5]
    facts = {
        "lessons": len(lessons),
        "high": len(high),
        "high_share": share(len(high), len(lessons)),
        "peak": max(row["co2"] for row in good),
        "night": mean(night),
        "lesson_mean": mean(row["co2"] for inside in lessons.values() for row in inside),
        "warm_share": share(
            sum(r["temperature"] > 22 for r in good if r["people"]), sum(1 for r in good if r["people"])
        ),
        "heat_link": correlation(
            [r["temperature"] for r in good if r["people"]], [r["co2"] for r in good if r["people"]]
        ),
    }
    if split:
        day = date.fromisoformat(split)
        for name, chosen in (
            ("before", [k for k in lessons if k[0] < day]),
            ("after", [k for k in lessons if k[0] >= day]),
        ):
            facts[f"lessons_{name}"] = len(chosen)
            facts[f"high_{name}"] = sum(key in high for key in chosen)
            facts[f"mean_{name}"] = mean(row["co2"] for key in chosen for row in lessons[key])
    return facts


def outdoor_air(
    rng: random.Random,
    zone: str,
    start: date,
    days: int = 10,
    base: float = 9.0,
    evening: float = 1.0,
    rush: float = 0.3,
    low: float = 3.0,
    high: float = 11.0,
    rainy: list[int] | None = None,
    gap: list[int] | None = None,
    frozen: list[int] | None = None,
    impossible: list[int] | None = None,
) -> list[Row]:
    """Particles and weather every five minutes. ``evening``: what heating adds, ``rush``: what traffic adds."""
    rows: list[Row] = []
    weather, spread, wind, wet = (
        wander(rng, 0.35, 0.999),
        wander(rng, 0.15, 0.8),
        wander(rng, 1.2, 0.98),
        wander(rng, 6, 0.995),
    )
    pressure, warmth = wander(rng, 7, 0.9995), wander(rng, 1.5, 0.998)
    for moment in moments(start, days, 5, zone):
        at = hours(moment)
        raining = (moment.date() - start).days in (rainy or []) and 9 <= at < 19
        speed = max(0.1, 2.2 + wind() + (1 if 11 <= at < 17 else 0))
        smoke = evening * max(0.0, 1 - abs(at - 21) / 4) + evening * 0.5 * (at < 2)
        cars = rush * (moment.weekday() < 5) * (max(0.0, 1 - abs(at - 8.3) / 1.2) + max(0.0, 1 - abs(at - 18) / 1.5))
        factor = 2.718 ** (weather() + spread()) * (1 + smoke + cars) / (0.6 + speed / 4) * (0.45 if raining else 1)
        fine = base * factor
        rows.append(
            {
                "time": moment,
                "pm25": round(fine, 1),
                "pm10": round(fine * (1.45 + 0.1 * rng.random()) + 2.5 * rng.random(), 1),
                "temperature": round(daily(moment, low, high) + warmth(), 1),
                "humidity": round(min(99.0, max(25.0, 92 - daily(moment, 0, 26) + wet() + (12 if raining else 0))), 1),
                "pressure": round(1015 + pressure(), 1),
                "wind_speed": round(speed, 1),
                "rain": round(rng.random() * 0.4, 1) if raining else 0.0,
            }
        )
    return defects(rows, "pm25", gap or [], frozen or [], impossible or [], -999)


def outdoor_facts(rows: list[Row]) -> dict[str, float]:
    """Evenings against afternoons, days above the WHO value, rush hours, rain and wind."""
    good = [row for row in rows if row["pm25"] >= 0]
    days: dict[date, list[float]] = {}
    for row in good:
        days.setdefault(row["time"].date(), []).append(row["pm25"])

    def part(first: float, last: float, weekdays: bool | None = None) -> float:
        return mean(
            row["pm25"]
            for row in good
            if first <= hours(row["time"]) < last and (weekdays is None or (row["time"].weekday() < 5) == weekdays)
        )

    rain = [row["pm25"] for row in good if row["rain"] > 0]
    return {
        "days": len(days),
        "days_above": sum(mean(values) > WHO_PM25 for values in days.values()),
        "mean": mean(row["pm25"] for row in good),
        "evening": part(19, 23),
        "afternoon": part(13, 17),
        "ratio_evening": part(19, 23) / part(13, 17),
        "rush": part(7.5, 9.5, True),
        "rush_weekend": part(7.5, 9.5, False),
        "night": part(2, 5),
        "rain": mean(rain) if rain else 0.0,
        "dry": mean(row["pm25"] for row in good if row["rain"] == 0 and 9 <= hours(row["time"]) < 19),
        "wind_link": correlation([row["wind_speed"] for row in good], [row["pm25"] for row in good]),
        "humidity_link": correlation([row["humidity"] for row in good], [row["pm25"] for row in good]),
        "peak": max(row["pm25"] for row in good),
    }


def walls(
    rng: random.Random,
    zone: str,
    start: date,
    days: int = 21,
    wall: str = "uninsulated",
    loss: float = 0.28,
    low: float = 1.0,
    high: float = 8.0,
    gap: list[int] | None = None,
    impossible: list[int] | None = None,
) -> list[Row]:
    """Air and wall temperatures every hour. ``loss`` is the part of the difference found between air and inner wall."""
    rows: list[Row] = []
    outside, inside = wander(rng, 2.5, 0.99), wander(rng, 0.3, 0.9)
    for moment in moments(start, days, 60, zone):
        outdoor = daily(moment, low, high) + outside()
        heated = moment.weekday() < 5 and 6 <= moment.hour < 18
        indoor = (20.6 if heated else 17.4) + inside()
        rows.append(
            {
                "time": moment,
                "indoor_temperature": round(indoor, 1),
                "outdoor_temperature": round(outdoor, 1),
                "inner_wall_temperature": round(indoor - loss * (indoor - outdoor) + rng.gauss(0, 0.2), 1),
                "outer_wall_temperature": round(outdoor + loss * 0.4 * (indoor - outdoor) + rng.gauss(0, 0.2), 1),
                "wall": wall,
            }
        )
    return defects(rows, "inner_wall_temperature", gap or [], [], impossible or [], -127)


def wall_facts(rows: list[Row]) -> dict[str, float]:
    """How much colder than the air the inner wall is, in lessons and on the coldest tenth of hours."""
    good = [row for row in rows if row["inner_wall_temperature"] > -40]
    heated = [row for row in good if row["time"].weekday() < 5 and 8 <= row["time"].hour < 16]
    cold = sorted(good, key=lambda row: row["outdoor_temperature"])[: len(good) // 10]

    def drop(chosen: list[Row]) -> float:
        return mean(row["indoor_temperature"] - row["inner_wall_temperature"] for row in chosen)

    return {
        "drop": drop(heated),
        "drop_cold": drop(cold),
        "indoor": mean(row["indoor_temperature"] for row in heated),
        "weekend": mean(row["indoor_temperature"] for row in good if row["time"].weekday() > 4),
        "outdoor": mean(row["outdoor_temperature"] for row in good),
        "wall_min": min(row["inner_wall_temperature"] for row in good),
        "below_16": share(sum(row["inner_wall_temperature"] < 16 for row in heated), len(heated)),
        "link": correlation(
            [row["outdoor_temperature"] for row in good],
            [row["indoor_temperature"] - row["inner_wall_temperature"] for row in good],
        ),
    }


def devices(
    rng: random.Random,
    zone: str,
    start: date,
    plan: dict[str, float],
    minutes: int = 40,
    swing: dict[str, float] | None = None,
) -> list[Row]:
    """Power of one device after the other, a row a minute: ``plan`` gives watts, ``swing`` how unsteady they are."""
    rows: list[Row] = []
    clock = iter(moments(start, 1, 1, zone))
    while (moment := next(clock)).hour < 8:
        pass
    for device, watts in plan.items():
        energy, unsteady = 0.0, wander(rng, watts * (swing or {}).get(device, 0.03), 0.7)
        for _ in range(minutes):
            power = max(0.0, round(watts + unsteady(), 1))
            energy += power / 60
            rows.append({"time": moment, "device": device, "power": power, "energy": round(energy, 2)})
            moment = next(clock)
    return rows


def device_facts(rows: list[Row]) -> dict[str, float]:
    """Mean power of every device."""
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(row["device"], []).append(row["power"])
    return {device: mean(values) for device, values in groups.items()}


def generators(
    rng: random.Random, zone: str, start: date, minutes: int = 240, sun: float = 3.2, breeze: float = 0.9
) -> list[Row]:
    """Power of small generators, the demand of a model town and its battery, a row a minute from nine o’clock on."""
    rows: list[Row] = []
    clouds, gusts, need = wander(rng, 0.25, 0.9), wander(rng, 0.5, 0.8), wander(rng, 0.25, 0.9)
    charge, first = 55.0, datetime.combine(start, time(9), ZoneInfo(zone))
    for minute in range(minutes):
        solar = max(0.0, sun * (0.45 + 0.55 * minute / minutes + clouds()))
        wind, water = max(0.0, breeze * (1 + gusts())), 0.4
        demand = max(0.8, 2.6 + (1.5 if 150 <= minute < 200 else 0) + need())
        missing = demand - solar - wind - water
        charge = min(100.0, max(0.0, charge - missing * 0.8))
        backup = round(missing, 2) if missing > 0 and charge < 5 else 0.0
        made = [round(solar, 2), round(wind, 2), water, backup]
        rows.append(
            {
                "time": first + timedelta(minutes=minute),
                **dict(zip(("solar", "wind", "water", "backup"), made, strict=True)),
                "total": round(sum(made), 2),
                "demand": round(demand, 2),
                "battery": round(charge, 1),
                "covered": backup == 0.0,
            }
        )
    return rows


def generator_facts(rows: list[Row]) -> dict[str, float]:
    """Parts of the energy by source, minutes covered, and how full the battery was."""
    made = sum(row["total"] for row in rows)
    facts = {f"part_{name}": share(sum(row[name] for row in rows), made) for name in ("solar", "wind", "water")}
    return facts | {
        "minutes": len(rows),
        "covered": share(sum(row["covered"] for row in rows), len(rows)),
        "uncovered": sum(not row["covered"] for row in rows),
        "lowest": min(row["battery"] for row in rows),
        "below": share(sum(row["total"] < row["demand"] for row in rows), len(rows)),
        "mean": mean(row["total"] for row in rows),
        "demand": mean(row["demand"] for row in rows),
    }
