"""Write rows the way school tools write them: one dialect per language, the logger's own, and a clean one.

Pure; for this package. Values stay as measured; only their writing differs (separator, decimal sign, dates, words).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from .shapes import Row


@dataclass(frozen=True)
class Dialect:
    """How a program writes a table."""

    delimiter: str = ","
    decimal: str = "."
    moment: str = "%Y-%m-%dT%H:%M:%SZ"  # ends in Z: written in UTC; else local
    day: str = "%Y-%m-%d"
    encoding: str = "utf-8"
    newline: str = "\n"
    titles: bool = False  # headers and choices in the language of the result instead of column names
    preamble: tuple[str, ...] = ()
    missing: str = ""
    truth: tuple[str, str] = ("true", "false")


DIALECTS = {
    "clean": Dialect(),
    "fr": Dialect(";", ",", "%d/%m/%Y %H:%M", "%d/%m/%Y", "utf-8-sig", "\r\n", True, truth=("oui", "non")),
    "it": Dialect(";", ",", "%d/%m/%Y %H:%M", "%d/%m/%Y", "cp1252", "\r\n", True, truth=("sì", "no")),
    "es": Dialect(";", ",", "%d/%m/%Y %H:%M", "%d/%m/%Y", "utf-8-sig", "\r\n", True, missing="NA", truth=("sí", "no")),
    "bg": Dialect(";", ",", "%d.%m.%Y %H:%M", "%d.%m.%Y", "cp1251", "\r\n", True, truth=("да", "не")),
    "tab": Dialect("\t", ".", "%Y-%m-%d %H:%M:%S", titles=True, newline="\r\n"),
    "logger": Dialect(
        ";", ",", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "utf-8-sig", "\r\n", True,
        preamble=("Enregistreur;CO2-NDIR-2", "Intervalle;5 min"), missing="nan", truth=("oui", "non"),
    ),
}  # fmt: skip


def _writer(dialect: Dialect, choices: Mapping[str, Mapping[str, str]]) -> Callable[[str, Any], str]:
    def text(column: str, value: Any) -> str:
        if value is None:
            return dialect.missing
        if isinstance(value, bool):
            return dialect.truth[0] if value else dialect.truth[1]
        if isinstance(value, datetime):
            moment = value.astimezone(UTC) if dialect.moment.endswith("Z") else value
            return moment.strftime(dialect.moment)
        if isinstance(value, date):
            return value.strftime(dialect.day)
        if isinstance(value, float):
            return str(value).replace(".", dialect.decimal)
        return choices.get(column, {}).get(value, str(value)) if isinstance(value, str) else str(value)

    return text


def write(
    rows: Sequence[Row],
    dialect: Dialect,
    titles: Mapping[str, str] | None = None,
    choices: Mapping[str, Mapping[str, str]] | None = None,
) -> bytes:
    """Write rows as a file. ``titles`` and ``choices`` give the words of the language where the dialect uses them."""
    columns = list(rows[0])
    heads = [(titles or {}).get(column, column) if dialect.titles else column for column in columns]
    text = _writer(dialect, choices or {} if dialect.titles else {})
    buffer = io.StringIO()
    for line in dialect.preamble:
        buffer.write(line + dialect.newline)
    writer = csv.writer(buffer, delimiter=dialect.delimiter, lineterminator=dialect.newline)
    writer.writerow(heads)
    writer.writerows([text(column, row.get(column)) for column in columns] for row in rows)
    return buffer.getvalue().encode(dialect.encoding, errors="strict")
