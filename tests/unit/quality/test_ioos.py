"""Our flags beside those of `ioos-qc`, the reference implementation of QARTOD's tests, on the same series."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from ckanext.steamcity import quality
from ckanext.steamcity.quality import FAIL, MISSING, SUSPECT, Limits, Test
from ioos_qc import qartod

START = datetime(2026, 3, 3, tzinfo=UTC)
STEP = timedelta(minutes=5)


def course(seed):
    """Three days in which all that is tested for happens."""
    rng = random.Random(seed)
    values = []
    for number in range(3 * 288):
        value = 15 + 8 * math.sin(number / 288 * 2 * math.pi) + rng.gauss(0, 0.3)
        kind = rng.random()
        value += rng.choice((-30, 30, 60, 90)) if kind > 0.98 else 0
        stuck = values and 300 < number % 864 < 420
        values.append(values[-1] if stuck else round(value, 1))
    return [START + STEP * number for number in range(len(values))], values


def ours(test, times, values, limits):
    return [bool(flag.tests & test) for flag in quality.flags(times, values, limits)]


def theirs(flags, *codes):
    return [int(flag) in codes for flag in flags]


def naive(times):
    """Their clock knows no zones."""
    return [time.replace(tzinfo=None) for time in times]


@pytest.fixture(params=range(5))
def series(request):
    return course(request.param)


def test_ranges(series):
    times, values = series
    found = qartod.gross_range_test(values, fail_span=(-20, 60), suspect_span=(0, 35))
    limits = Limits(gross_minimum=-20, gross_maximum=60, typical_minimum=0, typical_maximum=35)
    codes = [flag.code for flag in quality.flags(times, values, limits)]
    assert codes == [int(flag) for flag in found]
    assert {SUSPECT, FAIL} <= set(codes)


def test_spikes(series):
    times, values = series
    found = theirs(qartod.spike_test(values, suspect_threshold=5, method="differential"), SUSPECT)
    assert ours(Test.SPIKE, times, values, Limits(spike=5)) == found
    assert any(found)


@pytest.mark.parametrize("rate", [10.5, 60])
def test_rate_of_change(series, rate):
    times, values = series
    found = theirs(qartod.rate_of_change_test(values, naive(times), threshold=rate / 3600), SUSPECT)
    assert ours(Test.RATE_OF_CHANGE, times, values, Limits(rate_per_hour=rate)) == found
    assert any(found)


def test_flat_line(series):
    times, values = series
    found = qartod.flat_line_test(
        values, naive(times), suspect_threshold=3 * 3600, fail_threshold=10**8, tolerance=1e-9
    )
    assert ours(Test.FLAT_LINE, times, values, Limits(flat_hours=3)) == theirs(found, SUSPECT)
    assert SUSPECT in [int(flag) for flag in found]


def test_missing(series):
    times, values = series
    holes = [None if number % 97 == 5 else value for number, value in enumerate(values)]
    found = qartod.gross_range_test([math.nan if value is None else value for value in holes], fail_span=(-20, 60))
    flags = quality.flags(times, holes, Limits(gross_minimum=-20, gross_maximum=60))
    assert [flag.code == MISSING for flag in flags] == theirs(found, MISSING)


def test_location():
    """A walk of a station through Aix: small steps are none, large ones are told at the first place behind them."""
    rng = random.Random(1)
    at, places = (43.53, 5.45), []
    for number in range(60):
        step = 0.05 if number % 13 == 7 else 0.005
        at = (at[0] + rng.uniform(0.5, 1) * step, at[1] - rng.uniform(0.5, 1) * step)
        places.append((START + number * timedelta(days=1), *at))
    found = qartod.location_test(
        [place[2] for place in places], [place[1] for place in places],
        range_max=quality.MOVED_METRES, range_method="wgs84",
    )  # fmt: skip
    times = [place[0] for place in places]
    flags = quality.flags(times, [1.0] * len(times), Limits(gross_minimum=0), quality.moved(places))
    assert [bool(flag.tests & Test.LOCATION) for flag in flags] == theirs(found, SUSPECT)
    assert sum(flag.code == SUSPECT for flag in flags) == 5
