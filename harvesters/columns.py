"""The columns of a file and the fields of an example, and what each may mean (only `harvesters/` imports this)."""

from __future__ import annotations

import re
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity.protocols import reader, units
from ckanext.steamcity.protocols.headers import CLOCK_WORDS, DATE_WORDS, key

from . import feeds
from .feeds import profiles, quantities, tables

_CLOCK = re.compile(r"\b(time|timestamp|date|datetime|heure|ora|hora|fecha|data|час|време|дата|zeit)\b", re.IGNORECASE)
_UNIT = re.compile(r"[\[(]([^\])]{1,20})[\])]")
_MOST_COLUMNS = 40


def of(data: bytes) -> list[dict[str, Any]]:
    """The columns: header, a value, what it probably means. Raises tk.ValidationError for what is no table."""
    try:
        source, *_others = reader.open_source(data)
        reader.place_header(source, lambda cell: bool(_guess(cell)))
        found = _named(source)
    except reader.Refused as error:
        raise tk.ValidationError({"upload": [tk.h.steamcity_message(error.message)]}) from error
    means = {name: _guess(name) for name in found}
    _day_and_hour(means)
    return [{"name": name, "example": found[name][:60], "means": means[name]} for name in found]


def _named(source: Any) -> dict[str, str]:
    """Names of columns, each with a value: also of those that only a later header names."""
    clocks = {name for name in source.headers if _guess(name) in tables.CLOCKS} or set(source.headers[:1])
    found: dict[str, str] = {}
    header: list[str] = []
    for line, cells in source.cells():
        names = [cell.strip() for cell in cells]
        if line == source.header_line or (clocks & set(names) and len(names) > 1):
            header = names
            found |= {name: "" for name in header if name and name not in found}
        elif header:
            for name, cell in zip(header, names, strict=False):
                if name and not found[name]:
                    found[name] = cell
        if len(found) > _MOST_COLUMNS:
            break
    return dict(list(found.items())[:_MOST_COLUMNS])


def _day_and_hour(means: dict[str, str]) -> None:
    """A day in one column, the time of day in another."""
    days = [name for name in means if key(name) in DATE_WORDS]
    hours = [name for name in means if key(name) in CLOCK_WORDS]
    if len(days) == len(hours) == 1:
        means[days[0]], means[hours[0]] = "date", "time"


def of_example(profile: str, text: str) -> list[dict[str, Any]]:
    """The fields of something a device sends, like the columns of a file. Raises tk.ValidationError for `example`."""
    found: dict[str, str] = {}
    try:
        for name, value in profiles.FIELDS[profile](text.encode()):
            found.setdefault(name[:100], "" if isinstance(value, dict | list) else str(value)[:40])
    except (feeds.FeedError, ValueError) as error:
        raise tk.ValidationError(
            {"example": [tk._("This is not what such a device sends: paste all of it.")]}
        ) from error
    if not found:
        raise tk.ValidationError({"example": [tk._("No field with a value was found in it.")]})
    names = list(found)[:_MOST_COLUMNS]
    return [{"name": name, "example": found[name], "means": _quantity(name)} for name in names]


def _quantity(name: str) -> str:
    means = _guess(name)
    return means if "|" in means else ""


def meanings() -> list[dict[str, str]]:
    """What a column may mean, as choices of a form."""
    return [
        {"value": "", "label": tk._("leave out")},
        {"value": "time", "label": tk._("the time of the measurement")},
        {"value": "date", "label": tk._("the day (the time of day is in another column)")},
        {"value": "seconds", "label": tk._("seconds since the start")},
        {"value": "minutes", "label": tk._("minutes since the start")},
        {"value": "hours", "label": tk._("hours since the start")},
        {"value": "days", "label": tk._("days since the start")},
        {"value": "milliseconds", "label": tk._("milliseconds since the start")},
        *measured(),
    ]


def measured(*, leave_out: bool = False) -> list[dict[str, str]]:
    """The quantities a field may hold, each with each of its units."""
    found = [{"value": "", "label": tk._("leave out")}] if leave_out else []
    own = quantities.known()
    for observed, unit in sorted(own.items(), key=lambda pair: tk.h.steamcity_property_title(pair[0])):
        for code in dict.fromkeys((unit, *units.others(unit))):
            label, symbol = tk.h.steamcity_property_title(observed), tk.h.steamcity_unit_symbol(code) or code
            if code != "1":
                label += f" ({symbol})"
            elif unit != "1":
                label += " (0–1)"  # a share; what only counts has no unit
            found.append({"value": f"{observed}|{code}", "label": label})
    return found


def mapping(names: list[str], meant: list[str]) -> dict[str, Any]:
    """What a feed's configuration says of its columns."""
    found: dict[str, Any] = {}
    for name, meaning in zip(names, meant, strict=False):
        if meaning in tables.CLOCKS:
            found[name] = meaning
        elif "|" in meaning:
            observed, _bar, unit = meaning.partition("|")
            found[name] = {"property": observed, "unit": unit}
    return found


def with_former(found: list[dict[str, Any]], means: dict[str, str]) -> list[dict[str, Any]]:
    """The columns of a new file with those the feed knows from before, which another logger may still write; two
    columns for the time cannot be."""
    names = {one["name"] for one in found}
    timed = any(one["means"] in tables.CLOCKS for one in found)
    former = [
        {"name": name, "example": "", "means": "" if timed and meaning in tables.CLOCKS else meaning, "former": True}
        for name, meaning in means.items()
        if name not in names
    ]
    return found + former


def meant(mapping: dict[str, Any]) -> dict[str, str]:
    """The other way round: what was chosen for each column to get this configuration."""
    found = {}
    for name, meaning in mapping.items():
        if isinstance(meaning, str):
            found[name] = meaning
        else:
            found[name] = f"{meaning['property']}|{quantities.unit_code(meaning['unit']) or meaning['unit']}"
    return found


def _guess(header: str) -> str:
    """What a header says by itself; empty when it says nothing certain."""
    if said := tables.step(header):
        return said
    match = _UNIT.search(header)
    title = _UNIT.sub("", header).strip(" _:-")
    observed = quantities.named(title)
    if observed:
        unit = quantities.known()[observed]
        code = (quantities.unit_code(match[1]) if match else "") or unit
        return f"{observed}|{code}" if quantities.quantity((observed,), (code,)) else f"{observed}|{unit}"
    return "time" if _CLOCK.search(header) else ""
