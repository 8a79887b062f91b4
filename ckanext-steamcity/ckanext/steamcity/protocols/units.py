"""Units: what people write in a header → UCUM code, and how values become another unit."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from .loader import read_yaml
from .model import Text


@dataclass(frozen=True)
class Unit:
    code: str
    symbol: str
    label: Text
    aliases: tuple[str, ...]
    to: dict[str, dict[str, float]]


def _key(written: str) -> str:
    plain = unicodedata.normalize("NFKC", written).replace("μ", "u").replace("µ", "u").casefold()
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return "".join(plain.split())


@cache
def units() -> dict[str, Unit]:
    found: dict[str, Any] = read_yaml("units.yaml")
    return {
        code: Unit(code, entry["symbol"], entry["label"], tuple(entry["aliases"]), entry.get("to", {}))
        for code, entry in found.items()
    }


@cache
def _by_key() -> dict[str, str]:
    table: dict[str, str] = {}
    for code, unit in units().items():
        for written in (code, unit.symbol, *unit.aliases):
            if written:
                table.setdefault(_key(written), code)
    return table


@cache
def _exact() -> dict[str, str]:
    table: dict[str, str] = {}
    for code, unit in units().items():
        table.setdefault(code, code)
        if unit.symbol:
            table.setdefault(unit.symbol, code)
    return table


def resolve(written: str) -> str | None:
    """UCUM code of a unit as people write it; None when unknown. Case counts first (mW is not MW), then not."""
    written = written.strip()
    return _exact().get(written) or _by_key().get(_key(written))


def symbol(code: str | None) -> str:
    return units()[code].symbol if code and code in units() else ""


def conversion(source: str, target: str) -> tuple[float, float] | None:
    """(factor, offset) such that target = source * factor + offset; None when these are not the same kind."""
    if source == target:
        return 1.0, 0.0
    known = units().get(source)
    rule = known.to.get(target) if known else None
    return (rule["factor"], rule["offset"]) if rule else None


@cache
def others(target: str) -> dict[str, tuple[float, float]]:
    """Units that people take for this one, each with (factor, offset) of its conversion."""
    return {
        code: (unit.to[target]["factor"], unit.to[target]["offset"])
        for code, unit in units().items()
        if target in unit.to
    }
