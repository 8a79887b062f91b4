"""Sentences with places for values."""

from __future__ import annotations

import pytest
from ckanext.steamcity.messages import Message, counted, fill, n_

FORMS = n_("{count} row of {where}", "{count} rows of {where}")


@pytest.mark.parametrize(("count", "said"), [(0, "0 rows of x"), (1, "1 row of x"), (2, "2 rows of x")])
def test_one_is_said_otherwise_than_many(count, said):
    message = counted(FORMS, {"count": count, "where": "x"})
    assert fill(message) == said
    assert fill(message.to_dict()) == said, "from an answer of the API, too"
    assert fill(Message("({inner})", {"inner": message})) == f"({said})"


def test_the_language_decides_what_is_one():
    def french(one: str, many: str, count: int) -> str:
        return one if count in (0, 1) else many

    assert fill(counted(FORMS, {"count": 0, "where": "x"}), ngettext=french) == "0 row of x"


def test_a_plain_sentence_has_no_second_form():
    assert Message("{count} things", {"count": 1}).to_dict() == {"text": "{count} things", "params": {"count": 1}}
    assert fill(Message("{count} of {all}", {"count": 1})) == "1 of {all}"


def test_a_count_that_is_none_is_many():
    def strict(_one: str, _many: str, count: int) -> str:
        raise TypeError(count)

    assert fill(counted(FORMS, {"count": "?", "where": "x"}), ngettext=strict) == "? rows of x"
