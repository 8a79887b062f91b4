"""One cell → one value: missing tokens, numbers with comma or point, choices, yes and no, text.

Pure, linear in the cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import ceil, log10
from typing import Any

from . import units
from .headers import key
from .model import Column

MISSING_TOKENS = frozenset(
    [
        "",
        "nan",
        "none",
        "null",
        "nil",
        "-",
        "--",
        "---",
        "—",
        "–",
        "?",
        "na",
        "n/a",
        "n.a.",
        "nd",
        "n.d.",
        "n/d",
        "nc",
        "ns",
        "#n/a",
        "#n/d",
        "#nv",
        "#na",
        "#null!",
        "#value!",
        "#valeur!",
        "#valore!",
        "#¡valor!",
        "#ref!",
        "#div/0!",
        "missing",
        "manquant",
        "vide",
        "mancante",
        "vuoto",
        "faltante",
        "vacío",
        "липсва",
        "няма",
        "undefined",
        "unavailable",
        "unknown",
    ]
)
TRUE = frozenset(
    [
        "true",
        "yes",
        "y",
        "1",
        "vrai",
        "oui",
        "o",
        "vero",
        "sì",
        "si",
        "s",
        "verdadero",
        "sí",
        "да",
        "истина",
        "x",
        "on",
        "вярно",
    ]
)
FALSE = frozenset(["false", "no", "n", "0", "faux", "non", "falso", "не", "лъжа", "off", "невярно"])
MAX_NUMBER = 64
_MOST_PLACES = 6
_MOST_CONVERTED_PLACES = 12
_DECIMALS = re.compile(r"[.,](\d+)(?:[eE][+-]?\d+)?(?!.*\d)")
_EXPONENT = re.compile(r"\d[.,]?[eE]([+-]?\d{1,3})(?!\d)")
MAX_TEXT = 1000

_GAPS = " \u00a0\u202f\u2009'’"
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:[{_GAPS}]\d{{3}})+(?:[.,]\d+)?")
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_COMMA = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d{1,3})?")
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_THOUSANDS_COMMA = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d*|[+-]?\d{1,3}(?:,\d{3}){2,}")
_THOUSANDS_POINT = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d*|[+-]?\d{1,3}(?:\.\d{3}){2,}")
# what may follow a sign without being a calculation: a number, perhaps with a unit, or a telephone number
_SIGNED = re.compile(rf"[+-]\s?[\d.,/{_GAPS}]{{1,40}}(?:[eE][+-]?\d{{1,3}})?\s?[^\d=@+\-*|!(){_GAPS}]{{0,12}}")
_WITH_UNIT = re.compile(rf"([+-]?[\d.,{_GAPS}]{{1,40}})([^\d.,\s{_GAPS}+-].{{0,15}})")


class _Bad:
    """The cell is not what the column holds."""

    def __repr__(self) -> str:
        return "BAD"


BAD = _Bad()


def is_missing(cell: str) -> bool:
    return cell == "" or (len(cell) <= 11 and cell.casefold() in MISSING_TOKENS)  # noqa: PLR2004


def is_formula(cell: str) -> bool:
    """A cell a spreadsheet would run: = or @, or a sign that no number follows."""
    if not cell or cell[0] not in "=@+-\t\r" or is_missing(cell):
        return False
    if cell[0] in "=@":
        return True
    return _SIGNED.fullmatch(cell.replace("−", "-")) is None or not any(c.isdigit() for c in cell)


@dataclass
class Numbers:
    """The numbers of one column: every different cell and what it was read as."""

    table: dict[str, Any] = field(default_factory=dict)
    with_comma: list[str] = field(default_factory=list)
    with_point: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    with_unit: dict[str, str | None] = field(default_factory=dict)  # cell → the code of the unit it carries
    grouped: list[str] = field(default_factory=list)


def sort_numbers(cells: Iterable[str]) -> Numbers:
    """Look at the different cells of a column and sort them by what their commas and points must mean."""
    seen = Numbers()
    for cell in cells:
        bare, unit = _bare(cell)
        if unit:
            seen.with_unit[cell] = units.resolve(unit)
        if _GROUPED.fullmatch(bare):
            seen.grouped.append(cell)
            bare = _ungroup(bare)
        if _THOUSANDS_COMMA.fullmatch(bare):
            seen.with_point.append(cell)
            seen.grouped.append(cell)
        elif _THOUSANDS_POINT.fullmatch(bare):
            seen.with_comma.append(cell)
            seen.grouped.append(cell)
        elif _AMBIGUOUS.fullmatch(bare):
            seen.ambiguous.append(cell)
        elif _COMMA.fullmatch(bare):
            seen.with_comma.append(cell)
        elif "." in bare and _PLAIN.fullmatch(bare):
            seen.with_point.append(cell)
    return seen


def read_number(cell: str, column: Column, mark: str | None) -> Any:
    """A float (int for integer columns) or BAD. ``mark``: what separates decimals where the cell alone does not say."""
    bare, written = _bare(cell)
    if not bare or len(bare) > MAX_NUMBER:
        return BAD
    if _GROUPED.fullmatch(bare):
        bare = _ungroup(bare)
    if _THOUSANDS_COMMA.fullmatch(bare) or (mark == "." and "," in bare and _AMBIGUOUS.fullmatch(bare)):
        bare = bare.replace(",", "")
    elif _THOUSANDS_POINT.fullmatch(bare) or (mark == "," and "." in bare and _AMBIGUOUS.fullmatch(bare)):
        bare = bare.replace(".", "").replace(",", ".")
    elif _COMMA.fullmatch(bare):
        bare = bare.replace(",", ".")
    if not _PLAIN.fullmatch(bare):
        return BAD
    value = float(bare)
    if written:
        code = units.resolve(written)
        rule = units.conversion(code, column.unit) if code and column.unit else None
        if rule is None:
            return BAD
        value = converted(bare, value, *rule)
    if value in (float("inf"), float("-inf")):
        return BAD
    return whole(value) if column.type == "integer" else value


def whole(value: float) -> Any:
    return int(value) if value == int(value) and abs(value) < 2**53 else BAD


def tidy(value: float) -> float:
    """Take away the dust a conversion leaves behind the sixth decimal."""
    return round(value, _MOST_PLACES)


def converted(cell: str, value: float, factor: float, offset: float) -> float:
    """A value in another unit, with one decimal more than tells two neighbours in the cell's own decimals apart: 70 °F
    are 21.11 °C and not 21.111111, and come out as 70 again."""
    if not factor:
        return tidy(value * factor + offset)
    decimals, exponent = _DECIMALS.search(cell), _EXPONENT.search(cell)
    places = (len(decimals[1]) if decimals else 0) - (int(exponent[1]) if exponent else 0)
    places += ceil(-log10(abs(factor))) + 1
    # 7e1 may be 70 or 70.0: what a program writes so has lost its zeros.
    least = _MOST_PLACES if exponent else 0
    return round(value * factor + offset, min(max(places, least), _MOST_CONVERTED_PLACES))


def plain(value: Any) -> str:
    """A number as in the published CSV."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004
        return str(int(value))
    return "" if value is None else str(value)


def _bare(cell: str) -> tuple[str, str | None]:
    """The cell's number and, when one is written in the cell, its unit."""
    if len(cell) > MAX_NUMBER:
        return "", None
    if not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell).replace("−", "-").strip()
    found = _WITH_UNIT.fullmatch(cell)
    if found and not (found[2][0] in "eE" and _PLAIN.fullmatch(cell.replace(",", "."))):
        return found[1].strip(), found[2].strip()
    return cell, None


def _ungroup(bare: str) -> str:
    return "".join(c for c in bare if c not in _GAPS)


def read_boolean(cell: str) -> Any:
    word = cell.casefold()
    if word in TRUE:
        return True
    return False if word in FALSE else BAD


def choice_table(column: Column) -> dict[str, str]:
    """Normalised word → value of a choice column."""
    table: dict[str, str] = {}
    for choice in column.choices:
        table.setdefault(key(choice.value), choice.value)
    for choice in column.choices:
        for written in (*choice.titles.values(), *choice.aliases):
            table.setdefault(key(written), choice.value)
    return table


def nearest_choice(cell: str, table: dict[str, str]) -> str | None:
    near = get_close_matches(key(cell[:60]), table, n=1, cutoff=0.75)
    return table[near[0]] if near else None


def read_text(cell: str) -> Any:
    """Text without control characters; BAD when too long."""
    if len(cell) > MAX_TEXT:
        return BAD
    if cell.isprintable():
        return unicodedata.normalize("NFC", cell)
    return unicodedata.normalize("NFC", " ".join("".join(c if c.isprintable() else " " for c in cell).split()))
