"""The CSV of a classroom CO2 logger, with the faults such files have. Pure; public through the package.

Used by the tour of the portal and by tests: semicolons, decimal commas, a byte order mark, local times, a French
header, a gap of several hours and one impossible value.
"""

from __future__ import annotations

import csv
import io
import random
from datetime import date

from .series import classroom_air

HEADER = ("Horodatage", "CO2 (ppm)", "Température (°C)", "Humidité (%)", "Nombre de personnes", "Fenêtres")
IMPOSSIBLE = 65535
_WINDOWS = {"open": "ouvertes", "closed": "fermées"}


def logger_file(seed: int = 1, start: date = date(2026, 3, 9), days: int = 5) -> bytes:
    """Return the file of a school week: the same bytes for the same arguments."""
    rows = classroom_air(
        random.Random(f"steamcity logger {seed}"),
        "Europe/Paris",
        start,
        days,
        people=26,
        gap=[400, 50],
        impossible=[700],
    )
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow(
            (
                row["time"].strftime("%d/%m/%Y %H:%M:%S"),
                row["co2"],
                str(row["temperature"]).replace(".", ","),
                str(row["humidity"]).replace(".", ","),
                row["people"],
                _WINDOWS[row["windows"]],
            )
        )
    return buffer.getvalue().encode("utf-8-sig")
