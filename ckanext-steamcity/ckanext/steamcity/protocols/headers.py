"""Which column of the file is which column of the template: names, aliases, units in headers. Pure."""

from __future__ import annotations

import re
import typing
import unicodedata
from collections.abc import Set
from dataclasses import dataclass

from ..messages import N_, Message
from . import units
from .cells import CELL, cell_column, located
from .findings import AS_TEMPLATE, LEAVE_OUT, ColumnMap, Hints, Log
from .loader import load, slugs
from .model import FLAG_COLUMN, Column, Protocol

DATE_WORDS = frozenset(["date", "day", "jour", "giorno", "dia", "fecha", "data", "дата", "ден"])
CLOCK_WORDS = frozenset(
    ["time", "clock", "heure", "heures", "hour", "ora", "ore", "orario", "hora", "час", "часа", "часове", "време"]
)
_BRACKETED = re.compile(r"\s*[(\[{]\s*([^()\[\]{}]{0,30}(?:\([^()]{0,10}\))?)\s*[)\]}]\s*$")
_SCALE = re.compile(r"(\d{1,3})\s*(?:[-–—…/]|\.{2,3}|to|à|a|до)\s*(\d{1,3})")
_PARTS = re.compile(r"[\s_,/]+")
_MAX_HEADER = 120
_WORD = re.compile(r"[a-z0-9]+")


class Named(typing.Protocol):
    """A logger whose headers are known."""

    def column_of(self, header: str, protocol: Protocol) -> tuple[Column, str | None] | None: ...


@dataclass
class Mapped:
    """A template column with its place in the file. ``extra``: the clock column of a date written apart."""

    column: Column
    index: int
    extra: int | None = None
    factor: float = 1.0
    offset: float = 0.0
    unit: str | None = None


def key(header: str) -> str:
    """A header without case, accents and punctuation: ``Température_salle`` → ``temperature salle``."""
    if header.isascii():
        return " ".join(_WORD.findall(header[:_MAX_HEADER].lower()))
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", header[:_MAX_HEADER]).casefold())
    # й is one letter in Bulgarian: taking its breve off would do no harm here, both sides lose it
    text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def split_unit(header: str) -> tuple[str, str | None]:
    """("Temp", "°C") of "Temp (°C)", "Temp [°C]", "Temp °C", "Temp_C"; the unit is returned as written."""
    header = header.strip()[:_MAX_HEADER]
    found = _BRACKETED.search(header)
    if found and found.start() > 0 and not _bracket_of_unit(header):
        return header[: found.start()], found[1].strip() or None
    places = [0, *(mark.end() for mark in _PARTS.finditer(header))]
    for place in places[-3:]:  # the longest first: km/h is no hour, dB (A) no ampere
        tail = header[place:].strip()
        if place and units.resolve(tail):
            return header[:place].rstrip(" _,/"), tail
    if "/" in header:  # PM10 µg/m3: the slash belongs to the unit
        bare, _space, tail = header.rpartition(" ")
        if bare and units.resolve(tail):
            return bare, tail
    return header, None


def _bracket_of_unit(header: str) -> bool:
    """Whether the bracket at the end belongs to the unit itself: Level dB(A), Level dB (A)."""
    parts = header.split()
    return any(len(parts) >= take and "(" in parts[-1] and units.resolve(" ".join(parts[-take:])) for take in (1, 2))


def vocabulary(protocol: Protocol) -> dict[str, str]:
    """Normalised header → column name, for one template."""
    table: dict[str, str] = {}
    for column in protocol.columns:
        for written in (column.name, *column.titles.values(), *column.aliases):
            table.setdefault(key(written), column.name)
    return table


class Matcher:
    """Knows a template's headers."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.words = vocabulary(protocol)
        self.columns = dict(protocol.by_name)
        if located(protocol):  # a published table is read back with its cells
            self.columns[CELL] = cell_column()
            self.words.setdefault(CELL, CELL)
        self.combines = bool(protocol.time_column and protocol.time_column.type == "datetime")

    def known(self, header: str) -> bool:
        """Whether a header belongs to the template, also as half of a date and time."""
        name = key(header)
        return (
            self.find(header) is not None
            or name == key(FLAG_COLUMN)
            or (self.combines and name in DATE_WORDS | CLOCK_WORDS)
        )

    def find(self, header: str) -> tuple[str, str | None] | None:
        """(column name, unit as written) of a header."""
        bare, unit = split_unit(header)
        if unit and (name := self.words.get(key(bare))):
            return name, unit
        if name := self.words.get(key(header)):
            return name, None
        if name := self.words.get(key(bare)):
            return name, unit
        return None

    def titled(self, header: str) -> bool:
        """Whether a header is a name or a title of the template itself."""
        names = {key(header), key(split_unit(header)[0])}
        return any(
            key(written) in names
            for column in self.protocol.columns
            for written in (column.name, *column.titles.values())
        )

    def guess(self, header: str) -> str | None:
        """The one column whose name stands inside the header ("CO2 salle 12"); None when there are none or several."""
        inside = f" {key(split_unit(header)[0])} "
        found = {name for words, name in self.words.items() if len(words) > 2 and f" {words} " in inside}  # noqa: PLR2004
        return found.pop() if len(found) == 1 else None


def match(
    headers: list[str],
    protocol: Protocol,
    hints: Hints,
    log: Log,
    line: int,
    logger: Named | None = None,
    filled: Set[int] = frozenset(),
) -> tuple[list[Mapped], list[ColumnMap]]:
    """Map the file's columns; what is not clear becomes a finding. ``logger``: who wrote the file, if known.
    ``filled``: columns that hold something; of several for one measurement they are taken first."""
    matcher = Matcher(protocol)
    # the template's own names before those that loggers use: an “id” may be that of the row
    order = sorted(range(len(headers)), key=lambda index: (index not in filled, not matcher.titled(headers[index])))
    taken: dict[str, Mapped] = {}
    maps: dict[int, ColumnMap] = {}
    _by_hint(headers, protocol, hints, taken, maps)
    if logger:
        _by_logger(headers, order, protocol, logger, taken, maps)
    if matcher.combines:
        _date_and_clock(headers, protocol, taken, maps)
    for how in ("name", "guess"):
        for index in order:
            header = headers[index]
            if index in maps or not header:
                continue
            found = matcher.find(header) if how == "name" else (matcher.guess(header), split_unit(header)[1])
            if found and found[0] and found[0] not in taken:
                column = matcher.columns[found[0]]
                taken[column.name] = Mapped(column, index, unit=found[1])
                maps[index] = ColumnMap(header, index, column.name, how, found[1])
                if how == "guess":
                    log.add(
                        "guessed_column",
                        "note",
                        Message(
                            N_("The column “{header}” was taken for “{title}”."),
                            {"header": header, "title": column.titles},
                        ),
                        column=header,
                        suggestion=Message(N_("If this is wrong, choose another column for it.")),
                    )
    empty = set() if not filled else {i for i in order if i not in filled and (logger or matcher.find(headers[i]))}
    _ignore_the_rest(headers, matcher, maps, log, line, empty)
    for mapped in list(taken.values()):
        if not _settle_unit(mapped, headers, log, line):
            del taken[mapped.column.name]
            maps[mapped.index] = ColumnMap(headers[mapped.index], mapped.index, None, "ignored", mapped.unit)
    return [taken[name] for name in matcher.columns if name in taken], [maps[i] for i in sorted(maps)]


def _ignore_the_rest(
    headers: list[str], matcher: Matcher, maps: dict[int, ColumnMap], log: Log, line: int, empty: Set[int]
) -> None:
    for index, header in enumerate(headers):
        if index not in maps:
            flag = key(header) == key(FLAG_COLUMN)
            maps[index] = ColumnMap(header, index, None, "flag" if flag else "ignored")
            if not flag and index not in empty:
                _unknown(header, matcher, log, line)


def _by_hint(
    headers: list[str], protocol: Protocol, hints: Hints, taken: dict[str, Mapped], maps: dict[int, ColumnMap]
) -> None:
    for index, header in enumerate(headers):
        if header not in hints.mapping:
            continue
        name = hints.mapping[header]
        if name is None:
            maps[index] = ColumnMap(header, index, None, "ignored")
        elif name in protocol.by_name and name not in taken:
            unit = split_unit(header)[1]
            taken[name] = Mapped(protocol.by_name[name], index, unit=unit)
            maps[index] = ColumnMap(header, index, name, "hint", unit)


def _by_logger(
    headers: list[str],
    order: list[int],
    protocol: Protocol,
    logger: Named,
    taken: dict[str, Mapped],
    maps: dict[int, ColumnMap],
) -> None:
    for index in order:
        header = headers[index]
        found = logger.column_of(header, protocol) if index not in maps else None
        if found and found[0].name not in taken:
            column, unit = found
            unit = split_unit(header)[1] or unit
            taken[column.name] = Mapped(column, index, unit=unit)
            maps[index] = ColumnMap(header, index, column.name, "logger", unit)


def _date_and_clock(
    headers: list[str], protocol: Protocol, taken: dict[str, Mapped], maps: dict[int, ColumnMap]
) -> None:
    time = protocol.time_column
    if time is None or time.name in taken:
        return
    keys = [key(header) for header in headers]
    date = next((i for i, name in enumerate(keys) if name in DATE_WORDS and i not in maps), None)
    clock = next((i for i, name in enumerate(keys) if name in CLOCK_WORDS and i not in maps), None)
    if date is None:
        return
    if clock is not None:
        taken[time.name] = Mapped(time, date, extra=clock)
        maps[date] = ColumnMap(headers[date], date, time.name, "combined")
        maps[clock] = ColumnMap(headers[clock], clock, time.name, "combined")
    elif not any(Matcher(protocol).find(header) == (time.name, None) for header in headers):
        taken[time.name] = Mapped(time, date)
        maps[date] = ColumnMap(headers[date], date, time.name, "name")


def _unknown(header: str, matcher: Matcher, log: Log, line: int) -> None:
    if not header:
        return
    if matcher.find(header):
        text, code = N_("A second column for the same measurement, “{header}”, is not read."), "second_column"
    else:
        text, code = (
            N_("The column “{header}” does not belong to this protocol. It is not read and not published."),
            "unknown_column",
        )
    log.add(code, "note", Message(text, {"header": header[:_MAX_HEADER]}), row=line, column=header[:_MAX_HEADER])


def _settle_unit(mapped: Mapped, headers: list[str], log: Log, line: int) -> bool:
    """Fill in the conversion; False when the column is left out because of its unit."""
    column, written = mapped.column, mapped.unit
    if not written or not column.numeric or column.unit is None:
        return True
    code = units.resolve(written)
    if code == column.unit:
        return True
    rule = units.conversion(code, column.unit) if code else None
    if rule is None and _is_scale(written, column):
        return True
    header = headers[mapped.index]
    if rule is None and not _BRACKETED.search(header.strip()):
        return True  # the last word of the name ("Room A"), not a unit
    params = {"header": header, "unit": written, "expected": units.symbol(column.unit), "title": column.titles}
    if rule:
        mapped.factor, mapped.offset = rule  # told once it is known that the column holds something
        return True
    text = (
        N_("The unit {unit} of “{header}” cannot be turned into {expected}.")
        if code
        else N_("The unit {unit} of “{header}” is not known.")
    )
    advice = N_("Leave the column out, or confirm that its values are in {expected}.")
    if not params["expected"]:
        text = N_("“{unit}” behind “{header}” does not fit: the values of this column have no unit.")
        advice = N_("Leave the column out, or confirm that its values are as in the template.")
    choice = log.add(
        "wrong_unit" if code else "unknown_unit",
        "error",
        Message(text, params),
        row=line,
        column=header,
        value=written,
        choices=[LEAVE_OUT, AS_TEMPLATE],
        suggestion=Message(advice, params),
    )
    return choice != LEAVE_OUT


def _is_scale(written: str, column: Column) -> bool:
    """Whether the bracket names the column's own lowest and highest value: "How much it matters (1-5)"."""
    found = _SCALE.fullmatch(written)
    return bool(found) and (float(found[1]), float(found[2])) == (column.minimum, column.maximum)


def better_protocol(headers: list[str], protocol: Protocol) -> str | None:
    """The slug of the protocol whose measurements these headers show; None when no other knows any."""
    best, best_score = None, 0.0
    for slug in slugs():
        if slug == protocol.slug:
            continue
        other = load(slug)
        matcher = Matcher(other)
        found = {hit[0] for header in headers if header and (hit := matcher.find(header))}
        values = found & {column.name for column in other.value_columns}
        score = len(values) + len(found) / 100
        if values and score > best_score:
            best, best_score = slug, score
    return best
