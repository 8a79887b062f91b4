"""What a title and a unit of a feed mean here (pure).

Titles are free text, so they are only looked up, never kept. Units go through the aliases of `schemas/units.yaml`,
never through a library that guesses: "C" would be coulomb. What is in neither list is not read.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache
from typing import Any, NamedTuple

from ckanext.steamcity.protocols import loader, units

#: "PM1.0" is PM1; without its sign it would be PM10.
_PM1 = re.compile(r"\bpm[\s_-]*1[\s.,_]0(?!\d)")
_LETTERS = re.compile(r"[\W_]+")
_LONGEST = 80
_NUMBER = re.compile(r"[+-]?(\d{1,15}([.,]\d{0,15})?|[.,]\d{1,15})([eE][+-]?\d{1,3})?")
_MISSING = frozenset(("", "nan", "none", "null", "unknown", "unavailable", "inf", "-inf", "infinity", "-infinity"))
#: What devices send when a sensor does not answer; no quantity here can have these values.
SENTINELS = frozenset((-999.0, -999.9, -9999.0, -99.99))
#: No quantity here is larger. Sums and squares of what is stored must be reckonable: one value a database cannot square
# would stop its whole feed.
LARGEST = 1e12
_QUDT = {
    "deg_c": "Cel", "degreecelsius": "Cel", "k": "K", "percent": "%", "hectopa": "hPa", "hectopascal": "hPa",
    "pa": "Pa", "pascal": "Pa", "kilopa": "kPa", "microgm-per-m3": "ug/m3", "microgrampercubicmeter": "ug/m3",
    "milligm-per-m3": "mg/m3", "decib": "dB", "decibel": "dB", "lux": "lx", "ppm": "[ppm]", "ppb": "[ppb]",
    "m-per-sec": "m/s", "meterpersecond": "m/s", "km-per-hr": "km/h", "millim": "mm", "millimeter": "mm",
    "unitless": "1", "v": "V", "volt": "V", "degreefahrenheit": "[degF]", "deg_f": "[degF]",
}  # fmt: skip


class Quantity(NamedTuple):
    """A property here, and how values in the source's unit become values in ours. ``name``: which of the names in our
    own list the source calls it by."""

    observed: str
    unit: str
    source_unit: str
    factor: float
    offset: float
    name: str = ""

    @property
    def channel(self) -> str:
        """A changed unit is another channel, and so another datastream; changed back, it is the former one."""
        return self.observed if self.source_unit == self.unit else f"{self.observed}:{self.source_unit}"

    def convert(self, value: float) -> float:
        return value if (self.factor, self.offset) == (1.0, 0.0) else round(value * self.factor + self.offset, 6)


def quantity(titles: tuple[str, ...], written_units: tuple[str, ...]) -> Quantity | None:
    """The first title and the first unit that are known; None when one of them is not, or they don't fit."""
    title, found = next(((title, meant) for title in titles if (meant := named(title))), ("", None))
    source_unit = next((code for written in written_units if (code := unit_code(written))), None)
    if found is None:
        return None
    unit = str(_phenomena()[found]["unit"])
    if source_unit is None and unit == "1" and not any(written_units):
        source_unit = unit  # a mere number is written without a unit
    if source_unit is None:
        return None
    rule = units.conversion(source_unit, unit)
    return Quantity(found, unit, source_unit, *rule, _key(title)) if rule else None


def named(title: str) -> str | None:
    """The observed property a title means, None when it is not known."""
    return _by_name().get(_key(title)) if len(title) <= _LONGEST else None


def known() -> dict[str, str]:
    """Observed properties feeds may bring, each with its unit here."""
    return {name: str(entry["unit"]) for name, entry in _phenomena().items()}


@cache
def _phenomena() -> dict[str, Any]:
    return loader.read_yaml("phenomena.yaml")


@cache
def _by_name() -> dict[str, str]:
    table: dict[str, str] = {}
    for name, entry in _phenomena().items():
        for called in (name, *entry["names"]):
            table.setdefault(_key(called), name)
    return table


def _key(title: str) -> str:
    plain = _PM1.sub("pm1", unicodedata.normalize("NFKD", title).casefold())
    return _LETTERS.sub("", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def unit_code(written: str) -> str | None:
    """UCUM code of a unit: an alias, `ucum:Cel`, or the tail of a QUDT address."""
    if not written or len(written) > 200:
        return None
    tail = re.split(r"[/#]|%2F", written.removeprefix("ucum:"))[-1] if "://" in written else written
    return units.resolve(tail.removeprefix("ucum:")) or (_QUDT.get(tail.casefold()) if "://" in written else None)


def number(value: object) -> float | None:
    """A number as sources write it, None for a missing one; ValueError for what is neither."""
    if value is None:
        return None
    if isinstance(value, bool):
        raise ValueError("a truth value")  # noqa: TRY004  what a caller expects of any value
    if isinstance(value, int) and abs(value) > LARGEST:  # before it is too large to be a float
        raise ValueError("too large")
    if isinstance(value, (int, float)):
        found = float(value)
    else:
        text = str(value).strip()
        if text.lower() in _MISSING:
            return None
        if not _NUMBER.fullmatch(text):
            raise ValueError("not a number")
        found = float(text.replace(",", "."))
    if not math.isfinite(found) or found in SENTINELS:
        return None
    if abs(found) > LARGEST:
        raise ValueError("too large")
    return found
