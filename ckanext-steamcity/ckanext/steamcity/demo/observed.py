"""Synthetic observations of plants and of parked or passing vehicles. Pure; for this package."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .shapes import Row, by, counted, mean, share


def plants(
    rng: random.Random,
    zone: str,
    start: date,
    surfaces: dict[str, tuple[float, float, float]],
    species: dict[str, tuple[str, ...]],
    spots: int = 12,
    visits: int = 3,
    warm: float = 23.0,
) -> list[Row]:
    """Plants at fixed spots. ``surfaces``: expected plants, cover in percent, degrees by which the ground is warmer."""
    rows: list[Row] = []
    for visit in range(visits):
        begin = datetime.combine(start + timedelta(14 * visit), time(13, 30), ZoneInfo(zone))
        air = rng.gauss(warm + 1.5 * visit, 1.0)
        number = 0
        for surface, (expected, cover, difference) in surfaces.items():
            for index in range(spots):
                number += 1
                form = list(species)[index % len(species)]
                count = counted(rng, expected * (1 + 0.15 * visit))
                rows.append(
                    {
                        "time": begin + timedelta(minutes=number),
                        "spot": number,
                        "surface": surface,
                        "form": form if count else "no_plant",
                        "species": species[form][(index // len(species) + number) % len(species[form])]
                        if count
                        else None,
                        "plants": count,
                        "cover": round(min(100, max(0, rng.gauss(cover, 10)))) if count else 0,
                        "temperature": round(air, 1),
                        "ground_temperature": round(air + rng.gauss(difference, 1.2), 1),
                    }
                )
    return rows


def plant_facts(rows: list[Row]) -> dict[str, float]:
    """Plants, bare spots, species and ground temperature by surface."""
    facts: dict[str, float] = {
        "plants": sum(row["plants"] for row in rows),
        "species": len({row["species"] for row in rows if row["species"]}),
        "spots": len({row["spot"] for row in rows}),
    }
    for surface, inside in by(rows, "surface").items():
        facts[f"plants_{surface}"] = mean(row["plants"] for row in inside)
        facts[f"ground_{surface}"] = mean(row["ground_temperature"] for row in inside)
        facts[f"warmer_{surface}"] = mean(row["ground_temperature"] - row["temperature"] for row in inside)
        facts[f"species_{surface}"] = len({row["species"] for row in inside if row["species"]})
    return facts


_DRIVES = {
    "small_car": (2, 2, 6, 3),
    "family_car": (2, 3, 5, 6),
    "suv": (2, 4, 3, 6),
    "van": (1, 0, 1, 9),
    "truck": (0, 0, 0, 9),
    "bus": (2, 2, 0, 5),
    "motorcycle": (1, 0, 9, 0),
}


def _reference(vehicle: str, drive: str, age: str) -> str:
    if drive == "electric":
        return "low"
    points = (drive == "diesel") * 2 + (drive == "petrol") + (age == "old") * 2 + (age == "middle")
    points += vehicle in ("truck", "bus", "van", "suv")
    return "low" if points <= 1 else "medium" if points <= 3 else "high"


def _tree(vehicle: str, drive: str, age: str, rule: str) -> str:
    """Decide as a small tree does: by what is easy to see (``shape``) or by what the sticker says (``sticker``)."""
    if rule == "shape":
        if vehicle in ("truck", "bus", "van"):
            return "high"
        return "medium" if age != "new" or vehicle == "suv" else "low"
    if drive == "electric":
        return "low"
    if drive == "diesel":
        return "high" if age == "old" or vehicle in ("truck", "bus", "van") else "medium"
    return "medium" if age == "old" or vehicle == "suv" else "low"


def vehicles(
    rng: random.Random, start: date, kinds: dict[str, float], rule: str = "shape", number: int = 240, days: int = 4
) -> list[Row]:
    """Vehicles seen from the school gate, with the class of the reference list and of the tree. No plates."""
    rows: list[Row] = []
    for index in range(number):
        vehicle = rng.choices(list(kinds), list(kinds.values()))[0]
        drive = rng.choices(("electric", "hybrid", "petrol", "diesel"), _DRIVES[vehicle])[0]
        age = rng.choices(("new", "middle", "old"), (4, 4, 1) if drive == "electric" else (3, 4, 3))[0]
        expected = _reference(vehicle, drive, age)
        rows.append(
            {
                "date": start + timedelta(index * days // number),
                "vehicle": vehicle,
                "drive": drive,
                "age": age,
                "smoke": expected == "high" and rng.random() < 0.12,
                "expected": expected,
                "predicted": _tree(vehicle, drive, age, rule),
            }
        )
    return rows


def vehicle_facts(rows: list[Row]) -> dict[str, float]:
    """How often tree and list agree, by class and by drive; parts of electric and diesel."""

    def right(chosen: list[Row]) -> float:
        return share(sum(row["expected"] == row["predicted"] for row in chosen), len(chosen))

    facts: dict[str, float] = {"vehicles": len(rows), "right": right(rows)}
    for column in ("expected", "drive", "vehicle"):
        for key, inside in by(rows, column).items():
            facts[f"right_{key}"] = right(inside)
            facts[f"share_{key}"] = share(len(inside), len(rows))
    return facts
