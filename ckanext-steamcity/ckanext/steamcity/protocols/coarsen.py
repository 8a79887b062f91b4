"""Exact places and times of walks → cells and hours, as the privacy policy says, before a table leaves memory. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import h3
from ckanext.steamcity import privacy

from .cells import CELL, cell_column, located
from .clean import CleanTable

_HOUR_MS = 3_600_000


def coarsen(clean: CleanTable) -> CleanTable:
    """The table with a cell for each point and times cut to the policy's step, sorted so that no way can be
    followed."""
    names = located(clean.protocol)
    if names is None:
        return clean
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
        if column.type == "datetime" and policy.time_step != "as_measured":
            data[column.name] = [_hour(value) for value in data[column.name]]
    columns = [cell_column() if c.name == names[0] else c for c in clean.protocol.columns if c.name != names[1]]
    return _sorted(replace(clean, columns=columns, data={c.name: data[c.name] for c in columns}))


def _cell(lat: float | None, lon: float | None, policy: privacy.Policy) -> str | None:
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    return privacy.coarsen_point(lat, lon, policy)


def _hour(value: int | None) -> int | None:
    return None if value is None else value - value % _HOUR_MS


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
