"""Exact places and times → cells, hours and days, as the privacy policy says, before a table leaves memory. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import h3
from ckanext.steamcity import privacy

from .cells import CELL, cell_column, located
from .clean import CleanTable
from .model import WORSE, Protocol

_STEPS_MS = {"hour": 3_600_000, "day": 86_400_000}
_DECIMALS = 4


def time_step(protocol: Protocol) -> str:
    """``as_measured``, ``hour`` or ``day``: how finely moments of this protocol may be published where it is carried
    out."""
    if protocol.aggregate:
        return "as_measured"  # no moment is published at all
    return privacy.policy(protocol.privacy, protocol.place_setting).time_step


def too_fine(protocol: Protocol, times: Iterable[str]) -> bool:
    """Whether one of these published times (ISO, UTC) says more than the policy allows."""
    rest = {"hour": "00:00Z", "day": "00:00:00Z"}.get(time_step(protocol))
    column = protocol.time_column
    if rest is None or column is None or column.type != "datetime":
        return False
    return any(time and not time.endswith(rest) for time in times)


def coarsen(clean: CleanTable) -> CleanTable:
    """The table as finely as the policy allows.

    Points become cells, their times are cut, and rows are sorted so that no way can be followed. A series becomes
    means of each hour or day (UTC): a time that is only cut would leave every single value of it.
    """
    names = located(clean.protocol)
    if names is None:
        return _means(clean)
    policy = privacy.policy(clean.protocol.privacy, clean.protocol.place_setting)
    cells = clean.data.get(CELL)
    if cells is None or not any(cells):
        cells = [_cell(lat, lon, policy) for lat, lon in zip(clean.data[names[0]], clean.data[names[1]], strict=True)]
        merged = privacy.merge_cells([cell for cell in cells if cell], policy)
        cells = [merged[cell] if cell else None for cell in cells]
    else:
        cells = [cell if cell and h3.is_valid_cell(cell) else None for cell in cells]
    data = {name: values for name, values in clean.data.items() if name not in (*names, CELL)}
    data[CELL] = cells
    for column in clean.protocol.columns:
        if column.type == "datetime" and (step := _STEPS_MS.get(policy.time_step)):
            data[column.name] = [_cut(value, step) for value in data[column.name]]
    columns = [cell_column() if c.name == names[0] else c for c in clean.protocol.columns if c.name != names[1]]
    return _sorted(replace(clean, columns=columns, data={c.name: data[c.name] for c in columns}))


def _cell(lat: float | None, lon: float | None, policy: privacy.Policy) -> str | None:
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    return privacy.coarsen_point(lat, lon, policy)


def _cut(value: int | None, step: int) -> int | None:
    return None if value is None else value - value % step


def _means(clean: CleanTable) -> CleanTable:
    """One row for each step of time and group: means of numbers; anything else only where all rows agree."""
    time, step = clean.protocol.time_column, _STEPS_MS.get(time_step(clean.protocol))
    if time is None or time.type != "datetime" or step is None:
        return clean
    keys = [[_cut(value, step) for value in clean.data[time.name]]]
    keys += [clean.data[column.name] for column in clean.columns if column.role == "group"]
    members: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i, key in enumerate(zip(*keys, strict=True)):
        members[key].append(i)
    order = sorted(members, key=lambda key: (key[0] or 0, *map(str, key[1:])))
    data: dict[str, list[Any]] = {}
    for column in clean.columns:
        values = clean.data[column.name]
        if column is time:
            data[column.name] = [key[0] for key in order]
        elif column.numeric:
            data[column.name] = [_mean([values[i] for i in members[key]], column.type) for key in order]
        else:
            data[column.name] = [_agreed([values[i] for i in members[key]]) for key in order]
    flags = [_middle([clean.flags[i] for i in members[key]]) for key in order]
    return replace(clean, data=data, flags=flags)


def _mean(values: list[Any], kind: str) -> float | int | None:
    known = [value for value in values if value is not None]
    if not known or len(known) == 1:
        return known[0] if known else None
    mean = sum(known) / len(known)
    return round(mean) if kind == "integer" else round(mean, _DECIMALS)


def _agreed(values: list[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else None


def _middle(flags: list[int]) -> int:
    """The flag of most rows: a whole day is not doubtful because of one minute."""
    return sorted(flags, key=WORSE.__getitem__)[(len(flags) - 1) // 2]


def _sorted(clean: CleanTable) -> CleanTable:
    time = clean.protocol.time_column
    keys: list[list[Any]] = [clean.data[CELL]]
    if time and time.type == "datetime":
        keys.insert(0, clean.data[time.name])
    rest = [clean.data[column.name] for column in clean.columns]
    order = sorted(range(len(clean.flags)), key=lambda i: tuple(str(values[i]) for values in (*keys, *rest)))
    clean.data = {name: [values[i] for i in order] for name, values in clean.data.items()}
    clean.flags = [clean.flags[i] for i in order]
    return clean
