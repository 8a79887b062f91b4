"""Messages about rows that may not be shown: answers of people, places and times of walks. Pure; used by ``findings``.

What may be told of such a file is listed here (lines, counts, names of columns, limits of the template). Every other
parameter of a message is replaced, also one that nobody has thought of yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ckanext.steamcity import privacy

from ..messages import N_, Message, counted, n_
from . import units

_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u200b-\u200f\u2060\ufeff\u00ad'’-]){2,}")
_TWO_LETTERS = re.compile(r"(?<!\w)[^\W\d_]{2}(?!\w)")
_A_VALUE = N_("a value")
_CORRECT = N_("Correct the cell in your file, or leave it out.")
# Line numbers, counts, headers, and words of the template: none of them comes out of a row.
_LINES = {"row", "count", "rows", "first", "last", "columns"}
_FILE = {"column", "header", "unit", "separator", "encoding", "zone", "number", "logger"}
_TEMPLATE = {"title", "second", "third", "protocol", "other", "expected", "limit", "low", "high", "minimum", "maximum"}
_TOLD = frozenset(_LINES | _FILE | _TEMPLATE | {"megabytes"})
_PLAIN: dict[str, str | tuple[str, str]] = {
    "bad_time": N_("Line {row}: the time cannot be read."),
    "missing_hour": N_("Line {row}: this time does not exist. The clocks went forward over this hour."),
    "clock_reset": n_(
        "Line {row} has a time that is too old: the clock was not set.",
        "From line {row} on, {count} rows have a time that is too old: the clock was not set.",
    ),
    "future_time": n_(
        "Line {row} is dated in the future.",
        "From line {row} on, {count} rows are dated in the future.",
    ),
    "out_of_range": N_("Line {row}: the value in “{column}” is not possible."),
    "unusual": n_(
        "“{column}” is outside the usual range {low} to {high} {unit} in {count} row.",
        "“{column}” is outside the usual range {low} to {high} {unit} in {count} rows.",
    ),
    "wrong_sum": N_("Line {row}: the parts do not add up to the total."),
    "unit_converted": N_("Cells in “{column}” that say {unit} were converted to {expected}: {count}."),
    "decimal_comma": N_("Values in “{column}” with a decimal comma: {count}."),
    "thousands": N_("“{column}” has numbers with separated thousands."),
    "mixed_decimals": N_("“{column}” uses both decimal commas and decimal points."),
    "local_time": N_("Times are read as local time of {zone}."),
    "since_start": N_("Times are counted from the start of the logger."),
}
# Questions are asked with an invented example. What each answer makes of it stands under the answer's code.
_DATE, _NUMBER = {"value": "03/04/2026"}, {"value": "1,234"}
_ASKED: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "date_order": (
        N_("Which day is a date like {value}?"),
        _DATE,
        {"dmy": "2026-04-03", "mdy": "2026-03-04"},
    ),
    "decimal": (
        N_("What does a number like {value} in “{column}” mean?"),
        _NUMBER,
        {",": "1.234", ".": "1234"},
    ),
    "decimal_point": (
        N_("What does a number like {value} in “{column}” mean?"),
        {"value": "1.234"},
        {",": "1234", ".": "1.234"},
    ),
}


def finding(code: str, message: Message) -> Message:
    """The sentence of a finding without anything out of a row."""
    plain, params = None if _told(message.params) else _PLAIN.get(code), _params(message.params)
    if isinstance(plain, tuple):
        return counted(plain, params)
    return Message(plain, params) if plain else replace(message, params=params)


def words(cell: str) -> str:
    """A cell that was left out, without its words: figures, signs and units of one or two letters stay."""
    if privacy.scan_text(cell, "") or privacy.scan_file_name(cell):
        return "…"
    cell = _WORDS.sub(lambda match: f"{match[0][0]}…", cell)
    return _TWO_LETTERS.sub(lambda match: f"{match[0][0]}…" if _short_name(match[0]) else match[0], cell)


def _short_name(word: str) -> bool:
    """Whether two letters may be somebody: "Jo", "Li"."""
    return word[0].isupper() and word[1].islower() and units.resolve(word) is None


def suggestion(message: Message | None) -> Message | None:
    """What to do, where that can be said without a value of the row."""
    if message is None or _told(message.params):
        return message
    return Message(_CORRECT)


def asked(code: str, message: Message) -> str:
    """Under which code the invented value of a question stands: a number with a point is asked with one."""
    return "decimal_point" if code == "decimal" and "." in str(message.params.get("value", "")) else code


def question(code: str, message: Message) -> Message:
    """A question asked with an invented value."""
    if _told(message.params):
        return message
    if code not in _ASKED:
        return Message(message.text, _params(message.params))
    text, example, _answers = _ASKED[code]
    return Message(text, {**_params(message.params), **example})


def answer(code: str, choice: str, message: Message) -> Message:
    """One answer to such a question."""
    if _told(message.params):
        return message
    example = _ASKED[code][2].get(choice) if code in _ASKED else None
    if example is None:
        return Message(message.text, _params(message.params))
    return Message(message.text, {name: value if name in _TOLD else example for name, value in message.params.items()})


def repaired(row: int | None, code: str, measured: str, published: str | None) -> tuple[str, str | None]:
    """What a repair may say: units and clocks of a whole column, never a value of a row."""
    if row is None and code in ("unit_converted", "local_time"):
        return measured, published
    return "", published and ""


def _told(params: Mapping[str, Any]) -> bool:
    return _TOLD.issuperset(params)


def _params(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name in _TOLD else Message(_A_VALUE).to_dict() for name, value in params.items()}
