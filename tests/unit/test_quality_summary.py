"""How sure a result is, in figures and words."""

from __future__ import annotations

from ckanext.steamcity import quality_summary


def record(**quality) -> dict:
    return {"quality": {"rows": 100, "expected": 100, "completeness": 1.0, **quality}, "instruments": []}


def test_a_full_series_of_doubtful_values_is_not_sure() -> None:
    """Every row is there and 40 are marked: complete and sure are two things, and each test has its share."""
    found = quality_summary.summary(
        record(flags={"1": 60, "3": 30, "4": 10}, tests={"frozen": 0.3, "out_of_range": 0.1})
    )
    assert found is not None
    assert (found["completeness"], found["marked"], found["sure"]) == (1.0, 0.4, 0.6)
    assert [(test["code"], test["share"]) for test in found["tests"]] == [("frozen", 0.3), ("out_of_range", 0.1)]


def test_what_is_missing_is_not_sure_either() -> None:
    """80 of 100 planned rows, 20 of them marked."""
    found = quality_summary.summary(record(rows=80, completeness=0.8, flags={"1": 60, "3": 20}))
    assert found is not None
    assert found["sure"] == 0.6


def test_rows_that_come_irregularly_are_compared_with_themselves() -> None:
    found = quality_summary.summary(record(expected=None, completeness=None, flags={"1": 90, "9": 10}))
    assert found is not None
    assert found["sure"] == 0.9


def test_marks_nobody_counted_are_not_told_as_none() -> None:
    """Records of before the flags were counted."""
    found = quality_summary.summary(record())
    assert found is not None
    assert found["marked"] is None
    assert found["sure"] is None
    assert "No test marked a row." not in [message["text"] for message in found["words"]]


def test_the_instrument_is_always_spoken_of_last() -> None:
    """The page shows that sentence by its place."""
    nothing, stated, calibrated = (
        quality_summary.summary({**record(), "instruments": instruments})
        for instruments in ([], [{"name": "SCD30"}], [{"name": "SCD30", "calibrated_on": "2026-02-01"}])
    )
    said = [found["words"][-1]["text"] for found in (nothing, stated, calibrated) if found]
    assert said == [
        "Which instrument was used is not stated.",
        "The instrument is stated; whether it was calibrated is not.",
        "The instrument is stated; calibrated: {count} of {total}.",
    ]


def test_of_groups_of_people_it_is_said_what_the_table_leaves_out() -> None:
    """Nothing that was left out for privacy is told as "as it was measured"."""
    record = {"quality": {"rows": 2, "flags": {"1": 2}}, "protocol": {"slug": "city-detective"}}
    told = [message["text"] for message in quality_summary.summary(record)["words"]]
    assert any(text.startswith("The table holds groups of people") for text in told)
    assert "All values are as they were measured." not in told
    other = quality_summary.summary(record | {"protocol": {"slug": "co2-indoor"}})
    assert "All values are as they were measured." in [message["text"] for message in other["words"]]
