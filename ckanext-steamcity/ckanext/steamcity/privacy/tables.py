"""Search of tables for personal data: what the headers say, what the values look like. Public through the package."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import names as words
from .disguise import plain
from .model import PersonalData, found
from .names import AMBIGUOUS, FIRST_NAMES, fold
from .patterns import PLATE_LOOSE, decimals, search
from .texts import people

MAX_DISTINCT = 400  # different texts of one column that are looked at for first names
MAX_HARMLESS = 5_000
MAX_FINDINGS = 200  # findings listed per kind and column; the count tells all
_CAMEL = re.compile(r"(?<=[a-zà-ÿа-я])(?=[A-ZÀ-ÞА-Я])")
_BRACKETS = re.compile(r"[\[(][^\])]{0,60}[\])]")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_PLAIN = re.compile(r"[\s\d.,:+%/eETZ-]{0,40}")  # numbers, dates and times as measurements are written
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_MOMENT = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
    r"(?:[T ]\d{1,2}[:h]\d{2}(?::\d{2})?[\w.:+-]{0,12})?"
)
_PHONE_LIKE = re.compile(r"\+?[\d .()/-]{8,20}")
_CAPITALISED = re.compile(r"[A-ZÀ-ÖØ-ÞА-Я][^\W\d_'’-]{1,24}(?:[-'’][^\W\d_]{1,24})?")
_SWITCH = words.words_of(
    "yes no oui non si sì sí да не true false vrai faux vero falso x present absent présent here all none open closed"
)
_VOCABULARIES = {
    "phone": words.PHONE_WORDS,
    "number_plate": words.PLATE_WORDS,
    "address": words.ADDRESS_WORDS,
    "account": words.ACCOUNT_WORDS,
    "latitude": words.LATITUDE_WORDS,
    "longitude": words.LONGITUDE_WORDS,
}


@dataclass
class _Column:
    """What one pass over the rows remembers of a column."""

    header: str
    tokens: list[str]
    expected: set[str]
    texts: dict[str, int] = field(default_factory=dict)  # distinct value → first row
    filled: int = 0
    numbers: int = 0
    cells: list[tuple[str, str, int]] = field(default_factory=list)  # kind, value, row
    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[str, int]] = field(
        default_factory=dict
    )  # kind → first value and row, for whole-column findings
    harmless: set[str] = field(default_factory=set)  # values already searched and found clean

    def note(self, kind: str, value: str, row: int) -> None:
        """Keep a finding in a cell."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= MAX_FINDINGS:
            self.cells.append((kind, value, row))


def _tokens(header: str) -> list[str]:
    bare = _BRACKETS.sub(" ", header[:200])
    return [fold(token) for token in _TOKEN.findall(_CAMEL.sub(" ", bare))]


def _expectations(header: str, tokens: list[str]) -> set[str]:
    """Say what the header announces: kinds of personal data, to be confirmed by the values."""
    present, flat = set(tokens), " ".join(tokens)
    kinds: set[str] = set()
    roles = present & (words.ROLE_SINGULAR | words.ROLE_PLURAL)
    counting = bool(tokens) and (tokens[0] in words.COUNT_FIRST or {"per", "par", "por"} & present)
    name_only = (
        bool(present) and present <= words.NAME_WEAK | words.NAME_COMPANIONS | words.ROLE_SINGULAR | words.ROLE_PLURAL
    )
    if present & words.NAME_STRONG or (present & words.NAME_WEAK and name_only):
        kinds.add("name")
    if roles and not counting:
        rest = present - roles - words.NAME_WEAK - words.NAME_COMPANIONS - words.ID_WORDS - {str(n) for n in range(100)}
        kinds.add("role" if not rest else "about_role")
        if present & words.ID_WORDS or (not rest and present & words.ROLE_SINGULAR):
            kinds.add("code")
    if (
        present & words.AGE_WORDS
        and present <= words.AGE_WORDS | words.ROLE_SINGULAR | words.ROLE_PLURAL | words.NAME_COMPANIONS
    ):
        kinds.add("age")
    if any(re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", flat) for phrase in words.BIRTH_PHRASES):
        kinds.add("birth_date")
    device = bool(present & words.DEVICE_WORDS)
    for kind, vocabulary in _VOCABULARIES.items():
        if present & vocabulary and not (device and kind in {"address", "phone"}):
            kinds.add(kind)
    if "address" in kinds and present & words.EMAIL_WORDS:
        kinds.discard("address")
    if device:
        kinds.add("device")
    return kinds


def _look(column: _Column, value: str, row: int, allowed: bool) -> None:
    """Look at one filled cell."""
    column.filled += 1
    expected = column.expected
    number = _NUMBER.fullmatch(value) is not None
    column.numbers += number
    if allowed:
        return
    if value in column.harmless:
        return
    if number:
        if (
            {"latitude", "longitude"} & expected
            and decimals(value) > 3
            and -180 <= float(value.replace(",", ".")) <= 180
        ):
            column.counts["coordinates"] = column.counts.get("coordinates", 0) + 1
            column.first.setdefault("coordinates", (value, row))
            return
        if "phone" not in expected and not (value[0] == "0" and len(value) == 10):
            return
    elif _MOMENT.fullmatch(value):
        if "birth_date" in expected:
            column.note("birth_date", value, row)
        return
    elif len(column.texts) < MAX_DISTINCT and value not in column.texts and not _PLAIN.fullmatch(value):
        column.texts[value] = row
    found_kinds = _inside(column, value, row)
    if not found_kinds and len(column.harmless) < MAX_HARMLESS:
        column.harmless.add(value)


def _inside(column: _Column, value: str, row: int) -> set[str]:
    """Note what stands inside a cell; return the kinds."""
    expected = column.expected
    if "phone" in expected and _PHONE_LIKE.fullmatch(value) and sum(char.isdigit() for char in value) >= 8:
        column.note("phone", value, row)
        return {"phone"}
    if "number_plate" in expected and PLATE_LOOSE.fullmatch(value.upper()):
        column.note("number_plate", value, row)
        return {"number_plate"}
    skip = {"phone", "number_plate"} if "device" in expected else set()
    seen: set[str] = set()
    for kind, part in search(value):
        if kind not in skip and kind not in seen:
            seen.add(kind)
            column.note(kind, part, row)
    if value.count(" ") >= 3:  # a sentence, not a label
        for part, certain in people(value):
            if certain and "person_name" not in seen:
                seen.add("person_name")
                column.note("person_name", part, row)
    return seen


def _first_names(column: _Column) -> list[tuple[str, int]]:
    """Return the distinct short values that begin or end with a common first name."""
    hits = []
    for value, row in column.texts.items():
        parts = value.replace(",", " ").split()
        if not 1 <= len(parts) <= 4 or not _CAPITALISED.match(parts[0]):
            continue
        folded = {fold(part) for part in (parts[0], parts[-1])}
        if any(
            name in FIRST_NAMES and name not in AMBIGUOUS for name in folded | {fold(p) for p in parts[0].split("-")}
        ):
            hits.append((value, row))
    return hits


def _column_finding(column: _Column, kind: str, value: str, row: int | None, *, certain: bool = True) -> PersonalData:
    return found(kind, column.header, value, certain=certain, row=row, column=column.header, count=column.filled)


def _judge_people(column: _Column) -> PersonalData | None:
    """Weigh header and values together: is this a column of people?"""
    if not column.filled:
        return None
    expected, texts = column.expected, column.texts
    all_numbers = column.numbers == column.filled
    if all_numbers:
        if "age" in expected:
            return _column_finding(column, "age", "", None)
        return _column_finding(column, "pupil_code", "", None) if "code" in expected else None
    plain = {fold(text) for text in texts} <= _SWITCH
    hits = _first_names(column)
    sample, row = hits[0] if hits else next(iter(texts.items()), ("", None))
    if plain or not texts:
        return None
    coded = sum(any(char.isdigit() for char in text) for text in texts) >= 0.9 * len(texts)
    if expected & {"role", "code"} and coded:
        return _column_finding(column, "pupil_code", "", None)
    if ("name" in expected and not coded) or "role" in expected:
        return _column_finding(column, "person_name", sample, row)
    if "account" in expected:
        return _column_finding(column, "account", sample, row)
    if len(hits) >= 2 and 2 * len(hits) >= len(texts):
        return _column_finding(column, "person_name", sample, row, certain="about_role" in expected or len(hits) >= 3)
    return None


def _judge(column: _Column, known_place: bool) -> list[PersonalData]:
    findings = []
    if of_people := _judge_people(column):
        findings.append(of_people)
    if column.counts.get("coordinates") and "coordinates" in column.first and not known_place:
        value, row = column.first["coordinates"]
        findings.append(
            found(
                "coordinates", column.header, value, row=row, column=column.header, count=column.counts["coordinates"]
            )
        )
    if "address" in column.expected and column.texts and "address" not in column.counts:
        value, row = next(iter(column.texts.items()))
        findings.append(_column_finding(column, "address", value, row))
    findings += [
        found(kind, column.header, value, row=row, column=column.header, count=column.counts[kind])
        for kind, value, row in column.cells
    ]
    return findings


def scan_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    *,
    coarsened: Collection[str] = (),
    first_row: int = 2,
) -> list[PersonalData]:
    """Search a table, row by row.

    ``coarsened`` names the headers whose exact places the protocol itself makes coarse before anything is published.
    ``first_row`` is the line of the first row of data. Findings name the column, and the row where there is one.
    """
    columns = [
        _Column(str(header), tokens := _tokens(read := plain(str(header)[:500])), _expectations(read, tokens))
        for header in headers
    ]
    allowed = [column.header in coarsened for column in columns]
    for number, row in enumerate(rows, first_row):
        cells = [row.get(column.header) for column in columns] if isinstance(row, Mapping) else row
        for column, cell, known in zip(columns, cells, allowed, strict=False):
            if cell is None or isinstance(cell, bool):
                continue
            if value := plain(str(cell)).strip():
                _look(column, value, number, known)
    headings = [
        found(kind, "", part, row=first_row - 1, column=None)
        for column in columns
        for kind, part in search(plain(column.header))
    ]
    return headings + [
        finding for column, known in zip(columns, allowed, strict=True) for finding in _judge(column, known)
    ]
