"""Groups of few people: what is published gives nobody away, and what is left out is said."""

from __future__ import annotations

import csv
import io
import itertools
from collections import defaultdict
from typing import Any

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.messages import fill
from ckanext.steamcity.protocols.aggregate import _shares
from protocol_files import NOW

CITY = protocols.load("city-detective")
HOW_OFTEN = ["daily", "weekly", "monthly", "rarely"]


def answers(sizes: dict[tuple[str, str], int], would_help: str = "true") -> bytes:
    """So many answers of each group."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["theme", "link", "importance", "satisfaction", "frequency", "would_help"])
    number = 0
    for (theme, link), size in sizes.items():
        for _ in range(size):
            number += 1
            writer.writerow([theme, link, 1 + number % 5, 1 + number * 3 % 5, HOW_OFTEN[number % 4], would_help])
    return out.getvalue().encode()


def check(data: bytes) -> protocols.Report:
    return protocols.check_file(data, CITY, hints={"timezone": "UTC"}, now=NOW)


FIVE = {
    ("traffic", "lives"): 12,
    ("traffic", "visits"): 3,
    ("waste", "lives"): 9,
    ("waste", "visits"): 8,
    ("green", "lives"): 20,
}


def test_what_is_left_out_is_counted() -> None:
    report = check(answers(FIVE))
    assert report.ok
    assert report.clean is not None
    assert [(row["theme"], row["n"]) for row in report.clean.rows] == [("green", 20)]
    told = report.to_dict()["clean"]
    assert told["suppressed_groups"] == 4
    assert told["left_out"] == {
        "minimum": 5,
        "small": 1,
        "protecting": 3,
        "answers": 32,
        "all_answers": 52,
        "shares": 0,
    } | {"shares": told["left_out"]["shares"]}


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ({("traffic", "lives"): 3, ("traffic", "visits"): 3, ("waste", "lives"): 4}, "in every group"),
        ({("traffic", "lives"): 3, ("traffic", "visits"): 40}, "would give their answers away"),
    ],
)
def test_a_table_without_a_group_is_an_error(sizes: dict[tuple[str, str], int], reason: str) -> None:
    report = check(answers(sizes))
    (error,) = (one for one in report.findings if one.severity == "error")
    assert error.code == "nothing_left"
    assert reason in fill(error.message)
    assert "5" in fill(error.message)
    assert error.open
    assert report.clean is None
    assert not report.ok


@pytest.mark.parametrize("options", ["ab", "abc"])
def test_no_share_tells_of_fewer_than_five(options: str) -> None:
    """Every group of 5 to 22 answers: who knows the rule and the size of the group still cannot work out an answer that
    few have given, because other counts would be told in the same way."""
    alike: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for counts in itertools.product(range(23), repeat=len(options)):
        if 5 <= sum(counts) <= 22:
            values = [option for option, count in zip(options, counts, strict=True) for _ in range(count)]
            told = _shares(values, list(options), 5)
            assert all(share == 0 or round(share * len(values)) >= 5 for share in told.values())
            alike[len(values), tuple(told.items())].append(counts)
    for told, possible in alike.items():
        for place in range(len(options)):
            found = {counts[place] for counts in possible}
            assert len(found) > 1 or not 0 < min(found) < 5, told


def test_one_in_five_is_not_told() -> None:
    assert _shares([True, False, False, False, False], [True, False], 5) == {}
    assert _shares([False] * 5, [True, False], 5) == {True: 0.0, False: 1.0}
    assert _shares([True] * 5 + [False] * 15, [True, False], 5) == {True: 0.25, False: 0.75}


def test_a_table_tells_how_many_shares_are_empty() -> None:
    report = check(answers({("traffic", "lives"): 12, ("waste", "visits"): 40}))
    assert report.clean is not None
    assert report.clean.left_out is not None
    empty = sum(
        value is None
        for column in report.clean.columns
        if "_share" in column.name
        for value in report.clean.data[column.name]
    )
    assert report.clean.left_out.shares == empty == 4  # three of each frequency among twelve


def test_five_who_all_say_something_else_are_told_nothing() -> None:
    assert _shares(list("abcde"), list("abcdef"), 5) == {}


def test_of_three_nothing_is_told() -> None:
    assert _shares([True] * 3, [True, False], 5) == {}
