"""The published column that stands for an exact place: an H3 cell. Pure."""

from __future__ import annotations

from .loader import terms
from .model import Column, Protocol

CELL = "cell"


def located(protocol: Protocol) -> tuple[str, str] | None:
    """Names of the latitude and longitude columns of a protocol whose rows have places of their own."""
    names = [column.name for column in protocol.columns if column.role == "place" and column.numeric]
    return (names[0], names[1]) if names[:2] == ["latitude", "longitude"] else None


def cell_column() -> Column:
    """The column that is published instead of latitude and longitude."""
    words = terms()["derived"]
    return Column(CELL, "text", words["cell"], words["cell_description"], role="place")
