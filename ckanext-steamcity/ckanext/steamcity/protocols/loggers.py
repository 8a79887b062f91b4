"""Files of known loggers: who wrote one, what its columns mean, one line per reading made one line per time. Pure.

The facts are in ``schemas/loggers.yaml``. What is taken from there is said in a note, never silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..messages import N_, Message
from .findings import Log
from .headers import key, split_unit
from .loader import read_yaml
from .model import Column, Protocol
from .source import MAX_COLUMNS, Refused, Source, sample, too_many_columns

_MOST_READINGS = 500_000  # lines that are turned into a table in memory


@dataclass(frozen=True)
class Logger:
    """One known layout."""

    id: str
    title: str | None  # None: nobody can tell whose it is
    signatures: tuple[frozenset[str], ...]  # names that must all stand in the header; any one set tells the file
    columns: dict[str, dict[str, str]]  # normalised header → property, unit
    timezone: str | None = None
    unfold: dict[str, str] | None = None

    def column_of(self, header: str, protocol: Protocol) -> tuple[Column, str | None] | None:
        """The protocol's column for a header of this logger, and the unit its values have."""
        about = self.columns.get(key(header)) or self.columns.get(key(split_unit(header)[0]))
        if about is None:
            return None
        if about["property"] == "time":
            time = protocol.time_column
            return (time, about.get("unit")) if time else None
        found = [column for column in protocol.value_columns if column.property == about["property"]]
        return (found[0], about.get("unit")) if len(found) == 1 else None


@dataclass
class Unfolded(Source):
    """One line per time, out of a file with one line per reading."""

    numbered: list[tuple[int, list[str]]] = field(default_factory=list, repr=False)

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        return iter(self.numbered)


@cache
def loggers() -> list[Logger]:
    found: dict[str, dict[str, Any]] = read_yaml("loggers.yaml")
    return [
        Logger(
            name,
            about.get("title"),
            tuple(map(frozenset, about.get("signatures") or [about["signature"]])),
            {key(header): column for header, column in about["columns"].items()},
            about.get("timezone"),
            about.get("unfold"),
        )
        for name, about in found.items()
    ]


def recognise(source: Source) -> tuple[Logger, int, list[str]] | None:
    """The logger that wrote the file, with the line and the cells of its header."""
    for line, cells in sample(source)[:20]:
        names = {key(cell) for cell in cells}
        for logger in loggers():
            if any(signature <= names for signature in logger.signatures):
                return logger, line, cells
    return None


def tell(logger: Logger, log: Log) -> None:
    """Say whose file it is, and which clock that means."""
    if logger.title is None:
        return
    if logger.timezone:
        text = N_("This is a file of {logger}: its columns are known, and its times are {zone}.")
    else:
        text = N_("This is a file of {logger}: its columns are known.")
    log.add("logger", "note", Message(text, {"logger": logger.title, "zone": logger.timezone or ""}))


def unfold(source: Source, logger: Logger, header_line: int, header: list[str]) -> Source:
    """The file with a column for each thing measured; a second reading of one time begins a line of its own."""
    parts = logger.unfold
    if not parts:
        return source
    places = {key(cell): place for place, cell in enumerate(header)}
    time, name, value = (places.get(parts[part]) for part in ("time", "name", "value"))
    unit = places.get(parts["unit"])
    if time is None or name is None or value is None:
        return source
    names: dict[str, int] = {}
    lines: list[tuple[int, str, dict[int, str]]] = []
    at_time: dict[str, int] = {}
    source.header_line = header_line
    for read, (line, cells) in enumerate(source.rows()):
        if read >= _MOST_READINGS:
            text = N_("The file has more than {maximum} rows.")
            raise Refused("too_many_rows", text, N_("Split it by month, or measure less often."), maximum=read)
        if len(cells) <= max(time, name, value):
            continue
        written = cells[unit].strip() if unit is not None and unit < len(cells) else ""
        title = f"{cells[name].strip()} ({written})" if written else cells[name].strip()
        place = names.setdefault(title, len(names))
        if place >= MAX_COLUMNS:
            raise too_many_columns(place + 1, line)
        moment = cells[time].strip()
        index = at_time.get(moment)
        if index is None or place in lines[index][2]:
            index = at_time[moment] = len(lines)
            lines.append((line, moment, {}))
        lines[index][2][place] = cells[value].strip()
    width = range(len(names))
    made = Unfolded(source.kind, source.encoding, source.separator, header_line)
    made.numbered = [
        (header_line, [header[time], *names]),
        *((line, [moment, *(found.get(place, "") for place in width)]) for line, moment, found in lines),
    ]
    return made
