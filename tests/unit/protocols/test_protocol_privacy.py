"""Answers of people, and places and times of walks, leave no trace in a report, whatever is wrong with the file."""

from __future__ import annotations

import csv
import io
import json
import random
import string

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.messages import Message, fill
from ckanext.steamcity.protocols import veil
from ckanext.steamcity.protocols.findings import Hints, Log, Question
from protocol_files import NOW

HIDDEN = [slug for slug in protocols.slugs() if not protocols.load(slug).reveals_rows]
KINDS = ("good", "wrong", "impossible", "formula", "person", "no_header", "comma", "short", "long", "clock", "doubled")
CITIES = ("UTC", "Europe/Paris", None)


def test_the_protocols_of_people_and_walks_are_the_hidden_ones():
    for slug in protocols.slugs():
        protocol = protocols.load(slug)
        names = {column.name for column in protocol.columns}
        expected = protocol.privacy in ("P2", "P3") or protocol.shape == "points" or "latitude" in names
        assert (slug in HIDDEN) == expected
    assert {"soundsquad", "light-vs-zzz", "decibel-detectives"} <= set(HIDDEN)


def _marked(rng: random.Random, column: protocols.Column, kind: str, i: int) -> str:
    """A cell nobody else would write, so that it can be found again wherever it went."""
    word = "".join(rng.choices(string.ascii_lowercase, k=9))
    if column.role == "time":
        day = {"clock": "1970-01-", "doubled": "2025-10-26"}.get(kind) or f"2026-03-{1 + i % 9:02d}"
        day = f"{day}{1 + i % 9:02d}" if day.endswith("-") else day
        hour = 2 if kind == "doubled" else rng.randrange(8, 20)
        written = f"{day} {hour:02d}:{i % 60:02d}:{rng.randrange(1, 60):02d}"
        return f"{word} {written}" if kind == "wrong" and i % 3 == 0 else written
    if kind == "formula" and i % 3 == 0:
        return f"={word}({rng.randrange(10**6)})"
    if kind == "person" and i % 3 == 0:
        return f"{word}@example.org"
    if column.type in ("category", "boolean", "text"):
        if kind in ("good", "comma", "clock", "doubled", "impossible"):
            return column.choices[i % len(column.choices)].value if column.choices else ("yes", "no")[i % 2]
        return word
    if kind == "wrong" and i % 3 == 0:
        return word
    if column.role == "place":
        degrees = (43 if column.name == "latitude" else 5) + rng.random()
        return f"{degrees:.8f}".replace(".", "," if kind == "comma" else ".")
    if kind == "impossible":
        return str(10**9 + rng.randrange(10**6, 10**7))
    low = column.minimum if column.minimum is not None else 0
    high = column.maximum if column.maximum is not None else low + 1000
    if column.type == "integer":
        return str(rng.randint(int(low), int(high)))
    return f"{rng.uniform(low, high):.7f}".replace(".", "," if kind == "comma" else ".")


def _file(protocol: protocols.Protocol, kind: str, seed: int) -> tuple[bytes, set[str]]:
    """The bytes and all that may not come back."""
    rng = random.Random(seed)  # noqa: S311  a test's file, not a secret
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if kind in ("comma", "no_header") else ",")
    if kind != "no_header":
        writer.writerow([column.name for column in protocol.columns])
    secrets: set[str] = set()
    for i in range(30):
        cells = [_marked(rng, column, kind, i) for column in protocol.columns]
        secrets |= {cell for cell, column in zip(cells, protocol.columns, strict=True) if _telling(cell, column)}
        if kind == "short" and i % 7 == 0:
            cells = cells[: len(cells) // 2]
        if kind == "long" and i % 7 == 0:
            cells.append("surplus9q")
            secrets.add("surplus9q")
        writer.writerow(cells)
    return out.getvalue().encode(), secrets


def _telling(cell: str, column: protocols.Column) -> bool:
    """Whether a cell is its own: not an answer of the list, not a small number."""
    return len(cell) >= 7 and cell not in {choice.value for choice in column.choices}


def _forms(secret: str) -> set[str]:
    """A cell as it was written, and as it would be once read."""
    forms = {secret, secret.replace(",", ".")}
    if secret[4:5] == "-" and ":" in secret:
        day, clock = secret.split()
        forms |= {f"{day}T{clock}", clock[2:]}
    if " " in secret:
        forms |= set(secret.split()) - {day for day in secret.split() if day[:2] in ("19", "20")}
    if secret.startswith("="):
        forms.add(secret[1:10])
    if "@" in secret:
        forms.add(secret.split("@")[0])
    return forms


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slug", HIDDEN)
def test_nothing_of_a_row_comes_back(slug, kind):
    protocol = protocols.load(slug)
    decided = dict.fromkeys(("wrong_type", "unknown_choice", "formula", "bad_time", "out_of_range"), "leave_out")
    kept = {"out_of_range": "keep", "personal_data": "keep", "extra_cells": "leave_out", "clock_reset": "leave_out"}
    for seed, (zone, decisions) in enumerate(zip(CITIES, (kept, decided, {}), strict=True)):
        data, secrets = _file(protocol, kind, seed)
        report = protocols.check_file(data, protocol, hints={"timezone": zone, "decisions": decisions}, now=NOW)
        shown = report.to_dict()
        if report.clean is not None and not protocol.aggregate:
            # what is published of a walk may be seen before: values, by cell and hour. Places and times may not.
            shown["clean"]["preview"] = []
            published = json.dumps(report.to_dict()["clean"])
            for index, column in enumerate(protocol.columns):
                if column.role in ("time", "place"):
                    cells = {row[index] for row in csv.reader(io.StringIO(data.decode())) if len(row) > index}
                    exact = {form for cell in cells & secrets for form in _forms(cell)}
                    assert not {form for form in exact if form in published}
        text = json.dumps(shown, ensure_ascii=False)
        leaked = {form for secret in secrets for form in _forms(secret) if form in text}
        assert not leaked, (decisions, sorted(leaked)[:5])
        for item in [*report.findings, *report.questions]:
            assert "{" not in fill(item.message)
        assert report.findings or report.questions or report.ok


def test_the_test_can_fail():
    """The same files reveal themselves where rows may be told."""
    protocol = protocols.load("warm-walls")
    data, secrets = _file(protocol, "wrong", 1)
    text = json.dumps(protocols.check_file(data, protocol, now=NOW).to_dict())
    assert any(form in text for secret in secrets for form in _forms(secret))


def test_parameters_nobody_thought_of_are_hidden():
    log = Log(Hints(), reveals_rows=False)
    sentence = "Line {row}: {surprise} in {column}"
    log.add("new_code", "error", Message(sentence, {"row": 3, "surprise": "secret", "column": "score"}), value="secret",
            suggestion=Message("Perhaps {guess}?", {"guess": "secret"}))  # fmt: skip
    log.ask(Question("new", None, Message("{thing}?", {"thing": "secret"}), [("a", Message("{x}", {"x": "secret"}))]))
    log.repair(7, "score", "secret", "secret", "new_code")
    log.repair(None, "time", "secret", "secret", "since_start")
    told = [item.to_dict() for item in [*log.findings, *log.questions, *log.repairs]]
    assert "secret" not in json.dumps(told)
    assert fill(log.findings[0].message) == "Line 3: a value in score"


def test_questions_are_asked_with_invented_examples():
    protocol = protocols.load("soundsquad")
    names = [column.name for column in protocol.columns]
    row = {"time": "07/05/2026 09:13", "latitude": "43,529", "longitude": "5,447"}
    lines = [[row.get(name, "60" if name == "sound_level" else "") for name in names]] * 12
    data = "\n".join(";".join(cells) for cells in [names, *lines]).encode()
    report = protocols.check_file(data, protocol, now=NOW)
    asked = {question.code: question for question in report.questions}
    assert {"date_order", "timezone"} <= set(asked)
    assert fill(asked["date_order"].message) == "Which day is a date like 03/04/2026?"
    assert [fill(message) for _code, message in asked["date_order"].choices] == [
        "Day first: 2026-04-03",
        "Month first: 2026-03-04",
    ]
    assert "07/05" not in json.dumps(report.to_dict())
    assert "2026-05-07" not in json.dumps(report.to_dict())


def test_plain_sentences_need_nothing_that_is_hidden():
    plain = veil._PLAIN.values()  # noqa: SLF001
    for text in (form for said in plain for form in ([said] if isinstance(said, str) else said)):
        names = {name for _a, name, _b, _c in string.Formatter().parse(text) if name}
        assert names <= veil._TOLD  # noqa: SLF001


@pytest.mark.parametrize("slug", HIDDEN)
def test_groups_that_are_published_are_answers_from_a_list(slug):
    protocol = protocols.load(slug)
    for name in protocol.aggregate.group_by if protocol.aggregate else ():
        assert protocol.by_name[name].type in ("category", "boolean")
