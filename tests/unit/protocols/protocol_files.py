"""Files as loggers and classes write them, made for the tests: clean ones, and ones with faults put in on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ckanext.steamcity.protocols import Protocol

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEADER = ["time", "co2", "temperature", "humidity"]
Change = Callable[[list[list[str]]], None]


def co2_rows(count: int = 100, start: datetime = START, form: str = "%Y-%m-%dT%H:%M:%SZ") -> list[list[str]]:
    """Plausible CO2 rows every 5 minutes: nothing in them is worth a finding."""
    return [
        [
            f"{start + timedelta(minutes=5 * i):{form}}",
            str(620 + (i * 37) % 240),
            f"{20 + (i % 17) / 10:.1f}",
            f"{41 + (i % 13) / 2:.1f}",
        ]
        for i in range(count)
    ]


def csv_text(rows: list[list[str]], header: list[str] | None = None, separator: str = ",", newline: str = "\n") -> str:
    return newline.join(separator.join(row) for row in [header or HEADER, *rows]) + newline


def co2_file(*changes: Change, count: int = 100) -> bytes:
    """A clean file in which each change puts one fault. Row index 0 is line 2 of the file."""
    rows = co2_rows(count)
    for change in changes:
        change(rows)
    return csv_text(rows).encode()


def cell(row: int, column: int, value: str) -> Change:
    def change(rows: list[list[str]]) -> None:
        rows[row][column] = value

    return change


def remove(first: int, last: int) -> Change:
    def change(rows: list[list[str]]) -> None:
        del rows[first:last]

    return change


def school_logger(count: int = 300) -> bytes:
    """The file of the main story: BOM, semicolons, decimal commas, French header, local times day first, a gap, one
    impossible value."""
    rows = co2_rows(count, datetime(2026, 3, 22, 8, 0, tzinfo=UTC), "%d/%m/%Y %H:%M")
    rows[50][1] = "99999"
    del rows[100:110]
    rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    return (
        b"\xef\xbb\xbf"
        + csv_text(rows, ["Horodatage", "CO2 (ppm)", "Température (°C)", "Humidité (%)"], ";", "\r\n").encode()
    )


def enough(data: bytes, protocol: Protocol) -> bytes:
    """A template with its examples, as often as it takes that answers of people make a group."""
    header, *rows = data.splitlines(keepends=True)
    return header + b"".join(rows * (8 if protocol.aggregate else 1))
