"""The flag tests against series whose flags were worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
import yaml
from ckanext.steamcity import quality
from ckanext.steamcity.quality import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT, Limits, Test

START = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)


def series(values, minutes=5, limits=None):
    times = [START + timedelta(minutes=minutes * index) for index in range(len(values))]
    return quality.flags(times, values, limits or Limits())


def codes(flags):
    return [flag.code for flag in flags]


def test_what_feeds_can_read_has_limits():
    """What voltage of which thing is usual, nobody can say."""
    known = yaml.safe_load(files("ckanext.steamcity.schemas").joinpath("phenomena.yaml").read_text(encoding="utf-8"))
    assert {name for name in known if quality.limits_for(name).empty} == {"voltage"}


def test_without_limits_nothing_is_evaluated_but_missing_is_seen():
    assert codes(series([1.0, None, float("nan"), 2.0])) == [NOT_EVALUATED, MISSING, MISSING, NOT_EVALUATED]


def test_gross_range_fails_and_its_ends_belong_to_it():
    flags = series([-0.1, 0, 100, 100.1], limits=Limits(gross_minimum=0, gross_maximum=100))
    assert codes(flags) == [FAIL, GOOD, GOOD, FAIL]
    assert flags[0].names == ["gross_range"]


def test_typical_range_is_suspect():
    assert codes(series([20, 46], limits=Limits(typical_maximum=45))) == [GOOD, SUSPECT]


def test_gross_outweighs_typical_and_both_are_named():
    flag = series([90.0], limits=Limits(gross_maximum=85, typical_maximum=45))[0]
    assert flag.code == FAIL
    assert flag.names == ["gross_range", "typical_range"]


def test_the_neighbour_of_a_high_spike_is_none():
    flags = series([20, 80, 20.5, 21], limits=Limits(spike=10))
    assert [bool(flag.tests & Test.SPIKE) for flag in flags] == [False, True, False, False]


def test_spike_is_far_from_both_neighbours_and_turns_back():
    flags = series([20, 31, 20, 31, 42], limits=Limits(spike=10))
    assert [bool(flag.tests & Test.SPIKE) for flag in flags] == [False, True, True, False, False]


def test_a_spike_of_exactly_the_limit_is_none():
    assert codes(series([20, 30, 20], limits=Limits(spike=10))) == [GOOD, GOOD, GOOD]


def test_a_step_is_no_spike():
    assert codes(series([20, 20, 60, 60], limits=Limits(spike=10))) == [GOOD] * 4


def test_missing_values_are_stepped_over():
    flags = series([20, None, 31, None, 20], limits=Limits(spike=10))
    assert codes(flags) == [GOOD, MISSING, SUSPECT, MISSING, GOOD]


def test_neighbours_beyond_a_gap_do_not_make_a_spike():
    times = [START, START + timedelta(minutes=5), START + timedelta(minutes=90)]
    flags = quality.flags(times, [20, 31, 20], Limits(spike=10, gap_minutes=60))
    assert codes(flags) == [GOOD] * 3
    assert flags[2].names == ["gap"]


def test_a_gap_of_exactly_the_limit_is_none():
    times = [START, START + timedelta(minutes=60)]
    assert quality.flags(times, [1, 1], Limits(gap_minutes=60))[1].tests == 0


def test_rate_of_change_counts_per_hour():
    # 5 in five minutes is 60 an hour: allowed; 5.1 is 61.2 an hour: not.
    flags = series([20, 25, 30.1], limits=Limits(rate_per_hour=60))
    assert codes(flags) == [GOOD, GOOD, SUSPECT]


def test_flat_line_begins_when_the_hours_are_full_and_ends_with_a_new_value():
    flags = series([7.0] * 14 + [7.1, 7.1], limits=Limits(flat_hours=1))
    assert [index for index, flag in enumerate(flags) if flag.tests & Test.FLAT_LINE] == [12, 13]


def test_a_gap_starts_the_flat_line_anew():
    times = [START + timedelta(minutes=40 * index) for index in range(3)] + [START + timedelta(minutes=200)]
    flags = quality.flags(times, [7.0] * 4, Limits(flat_hours=1, gap_minutes=60))
    assert [flag.names for flag in flags] == [[], [], ["flat_line"], ["gap"]]


def test_saturation_is_suspect():
    flags = series([99.8, 99.9, 100], limits=Limits(saturation=99.9))
    assert codes(flags) == [GOOD, SUSPECT, SUSPECT]
    assert flags[1].names == ["saturation"]


def test_dates_before_and_after_the_possible_fail():
    limits = Limits(earliest=START, latest=START + timedelta(minutes=5))
    times = [datetime(1970, 1, 1, tzinfo=UTC), START, START + timedelta(minutes=5), datetime(2028, 1, 1, tzinfo=UTC)]
    assert codes(quality.flags(times, [1, 2, 3, 4], limits)) == [FAIL, GOOD, GOOD, FAIL]


def test_an_empty_series_has_no_flags():
    assert quality.flags([], [], Limits(spike=1)) == []


def test_unequal_lengths_are_an_error():
    with pytest.raises(ValueError, match="as many times"):
        quality.flags([START], [], Limits())


def test_limits_that_reach_too_far_are_refused():
    with pytest.raises(ValueError, match="reach"):
        Limits(flat_hours=11.5, gap_minutes=60)


def test_a_misspelt_limit_is_refused():
    with pytest.raises(TypeError):
        quality.limits_of({"spyke": 3})


def test_every_limit_in_the_schemas_loads_and_is_for_a_known_property():
    from importlib.resources import files

    import yaml

    schemas = files("ckanext.steamcity.schemas")
    known = {entry["id"] for entry in yaml.safe_load((schemas / "observed_properties.yaml").read_text("utf-8"))}
    names = yaml.safe_load((schemas / "quality_limits.yaml").read_text("utf-8"))["limits"]
    assert set(names) <= known
    assert not any(quality.limits_for(name).empty for name in names)
    # Without a gap, neighbours at any distance would count and a late value could change flags anywhere.
    assert all(quality.limits_for(name).gap_minutes for name in names)
    assert quality.limits_for("no_such_property").empty


@pytest.mark.parametrize("offset", range(0, 400, 37))
def test_a_late_value_changes_no_flag_outside_the_window(offset):
    limits = Limits(spike=3, rate_per_hour=60, flat_hours=6, gap_minutes=60)
    times = [START + timedelta(minutes=5 * index) for index in range(400)]
    values = [20.0 if index % 190 < 150 else 20.0 + index % 7 for index in range(400)]
    full = quality.flags(times, values, limits)
    without = quality.flags(times[:offset] + times[offset + 1 :], values[:offset] + values[offset + 1 :], limits)
    without.insert(offset, full[offset])
    changed = [times[index] for index in range(400) if full[index] != without[index]]
    assert all(times[max(offset - 1, 0)] <= at <= times[offset] + quality.REFLAG_WINDOW for at in changed)
