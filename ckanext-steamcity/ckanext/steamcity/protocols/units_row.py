"""A second line of the header with the units of the columns below their names. Pure."""

from __future__ import annotations

from . import units
from .headers import split_unit
from .source import Source, sample


def with_units(source: Source) -> bool:
    """Take the units in the line after the header into the names: CO2 over ppm → CO2 (ppm). Whether there was one."""
    lines = [(line, cells) for line, cells in sample(source) if line > source.header_line][:1]
    if not lines:
        return False
    line, cells = lines[0]
    written = [_bare(cell) for cell in cells[: len(source.headers)]]
    if not any(written) or any(cell and units.resolve(cell) is None for cell in written):
        return False
    if any(cell.strip() for cell in cells[len(source.headers) :]) or any(cell.isdecimal() for cell in written):
        return False
    source.header_rows = [source.headers, cells[: len(source.headers)]]
    source.headers = [
        f"{header} ({unit})" if header and unit and split_unit(header)[1] is None else header
        for header, unit in zip(source.headers, [*written, *[""] * len(source.headers)], strict=False)
    ]
    source.header_line = line
    return True


def _bare(cell: str) -> str:
    """A unit without the brackets round it; those of dB(A) are its own."""
    cell = cell.strip()
    return cell if units.resolve(cell) else cell.strip("()[]").strip()
