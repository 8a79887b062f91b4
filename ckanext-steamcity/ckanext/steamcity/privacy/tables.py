"""Search of tables for personal data: what the headers say, what the values look like. Public through the package."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from . import names as words
from .cells import in_cell, suspicious
from .disguise import plain
from .model import PersonalData, found
from .names import AMBIGUOUS, CAPITALS, FIRST_NAMES, fold
from .patterns import (
    PLATE_LOOSE,
    UNSURE,
    decimals,
    first_of_each,
    names_account,
    search,
    speaks,
    spells_address,
)

MAX_DISTINCT = 400  # different texts of one column that are looked at for first names
MAX_KNOWN = 20_000  # different values of one column whose answer is kept
KNOWN_LENGTH = 200
BUDGET = 600_000  # signs of a table's cells that are read word by word; further ones are judged by a glance
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
_CAPITALISED = re.compile(rf"[{CAPITALS}][^\W\d_'’-]{{1,24}}(?:[-'’][^\W\d_]{{1,24}})?")
_FIGURES = 8
_LABEL = 80  # signs of a cell that is short enough to be read in any case
_MOST_NAMES = 20
_SWITCH = words.words_of(
    "yes no oui non si sì sí да не true false vrai faux vero falso x present absent présent here all none open closed"
)
_LONGEST_SWITCH = 12
_VOCABULARIES = {
    "phone": words.PHONE_WORDS,
    "number_plate": words.PLATE_WORDS,
    "address": words.ADDRESS_WORDS,
    "account": words.ACCOUNT_WORDS,
    "latitude": words.LATITUDE_WORDS,
    "longitude": words.LONGITUDE_WORDS,
}


Hit = tuple[str, str, bool]  # kind, value, certain


@dataclass
class _Column:
    """What one pass over the rows remembers of a column."""

    header: str
    tokens: list[str]
    expected: set[str]
    texts: dict[str, int] = field(default_factory=dict)  # distinct value → first row
    times: Counter[str] = field(default_factory=Counter)  # … → how many cells hold it
    filled: int = 0
    numbers: int = 0
    cells: list[tuple[Hit, int]] = field(default_factory=list)
    rows: dict[tuple[str, bool], array[int]] = field(default_factory=dict)  # (kind, certain) → every row that holds it
    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[str, int]] = field(
        default_factory=dict
    )  # kind → first value and row, for whole-column findings
    known: dict[str, tuple[Hit, ...]] = field(default_factory=dict)  # values already searched

    def note(self, hit: Hit, row: int) -> None:
        """Keep a finding in a cell."""
        kind, _value, certain = hit
        rows = self.rows.setdefault((kind, certain), array("L"))
        rows.append(row)
        if len(rows) <= MAX_FINDINGS:
            self.cells.append((hit, row))


@dataclass
class _Budget:
    """How much of a table may still be read word by word, so that no file keeps a check busy."""

    left: int

    def pays(self, value: str) -> bool:
        self.left -= len(value)
        return self.left >= 0


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


def _look(column: _Column, value: str, row: int, allowed: bool, budget: _Budget) -> None:
    """Look at one filled cell."""
    column.filled += 1
    expected = column.expected
    number = _NUMBER.fullmatch(value) is not None
    column.numbers += number
    if allowed:
        return
    hits = column.known.get(value)
    if hits is None:
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
                column.note(("birth_date", value, True), row)
            return
        elif len(column.texts) < MAX_DISTINCT and not _PLAIN.fullmatch(value):
            column.texts.setdefault(value, row)
        hits = _inside(expected, value, budget)
        if len(column.known) < MAX_KNOWN and len(value) <= KNOWN_LENGTH:
            column.known[value] = hits
    if value in column.texts:
        column.times[value] += 1
    for hit in hits:
        column.note(hit, row)


def _inside(expected: set[str], value: str, budget: _Budget) -> tuple[Hit, ...]:
    """What stands inside a cell: one hit of each kind."""
    figures = sum(map(value.count, "0123456789"))
    if "phone" in expected and figures >= 8 and _PHONE_LIKE.fullmatch(value):
        return (("phone", value, True),)
    if "number_plate" in expected and PLATE_LOOSE.fullmatch(value.upper()):
        return (("number_plate", value, True),)
    skip = {"phone", "number_plate"} if "device" in expected else set()
    named = suspicious(value)
    if not (named or figures or speaks(value)):
        return ()
    if len(value) > _LABEL and not budget.pays(value):
        return _at_a_glance(value, figures, named)
    hits = [(kind, part, kind not in UNSURE) for kind, part in first_of_each(value, skip)]
    if named:
        people = list(islice(in_cell(value), _MOST_NAMES))
        person = next((one for one in people if one[1]), people[0] if people else None)
        hits += [("person_name", *person)] if person else []
    return tuple(hits)


def _at_a_glance(value: str, figures: int, named: bool) -> tuple[Hit, ...]:
    """What may be in a cell that nobody has the time to read: better one too many than one that is overlooked."""
    hits: list[Hit] = [("person_name", value, False)] if named else []
    if figures >= _FIGURES:
        hits.append(("phone", value, False))
    if spells_address(value):
        hits.append(("email", value, False))
    if names_account(value):
        hits.append(("account", value, False))
    return tuple(hits)


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
    plain = all(len(text) <= _LONGEST_SWITCH and fold(text) in _SWITCH for text in texts)
    hits = _first_names(column)
    named = sum(column.times[value] for value, _row in hits)
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
    if len(hits) >= 2 and 2 * len(hits) >= len(texts) and 2 * named >= column.times.total():
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
    if "address" in column.expected and column.texts and ("address", True) not in column.rows:
        value, row = next(iter(column.texts.items()))
        findings.append(_column_finding(column, "address", value, row))
    emptied = of_people is not None and of_people.kind == "person_name"
    for (kind, certain), rows in column.rows.items():
        if kind == "person_name" and emptied:
            continue
        listed = [(value, row) for (one, value, sure), row in column.cells if (one, sure) == (kind, certain)]
        of_cells = [
            found(kind, column.header, value, certain=certain, row=row, column=column.header, rows=rows)
            for value, row in listed
        ]
        of_cells[-1] = replace(of_cells[-1], count=1 + len(rows) - len(listed))
        findings += of_cells
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
    budget = _Budget(BUDGET)
    for number, row in enumerate(rows, first_row):
        cells = [row.get(column.header) for column in columns] if isinstance(row, Mapping) else row
        for column, cell, known in zip(columns, cells, allowed, strict=False):
            if cell is None or isinstance(cell, bool):
                continue
            if value := plain(str(cell)).strip():
                _look(column, value, number, known, budget)
    headings = [
        found(kind, "", part, row=first_row - 1, column=None)
        for column in columns
        for kind, part in search(plain(column.header))
    ]
    return headings + [
        finding for column, known in zip(columns, allowed, strict=True) for finding in _judge(column, known)
    ]
