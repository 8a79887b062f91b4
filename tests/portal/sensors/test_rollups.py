"""Hours and days are at all times what counting every observation again gives."""

from __future__ import annotations

import random
from datetime import timedelta

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.steamcity.sensors import query, stations
from sensor_world import FEED, START, course, description, station, store

pytestmark = pytest.mark.usefixtures("clean_db")
KEPT = "filter (where result is not null and quality < 4)"


def stored(step):
    rows = model.Session.execute(
        sa.text(
            f"select datastream_id, {step}, count, valid, suspect, failed, minimum, maximum, mean, squares,"
            f" l10, l50, l90 from steamcity_sensors_{step} order by 1, 2"
        )
    ).all()
    return [tuple(row) for row in rows]


def counted(step):
    def level(share):
        found = f"percentile_cont({share}) within group (order by result) {KEPT}"
        return f"case when property = 'sound_level' then {found} end"

    rows = model.Session.execute(
        sa.text(
            f"select datastream_id, date_trunc('{step}', phenomenon_time, 'UTC'), count(*), count(*) {KEPT},"
            " count(*) filter (where quality = 3), count(*) filter (where quality = 4),"
            f" min(result) {KEPT}, max(result) {KEPT}, avg(result) {KEPT}, sum(result * result) {KEPT},"
            f" {level(0.9)}, {level(0.5)}, {level(0.1)}"
            " from steamcity_sensors_observation join steamcity_sensors_datastream d on d.id = datastream_id"
            " group by 1, 2, d.property order by 1, 2"
        )
    ).all()
    return [tuple(row) for row in rows]


def assert_exact():
    for step in ("hour", "day"):
        found, expected = stored(step), counted(step)
        assert [row[:6] for row in found] == [row[:6] for row in expected]
        for mine, right in zip(found, expected, strict=True):
            assert mine[6:] == pytest.approx(right[6:], rel=1e-12)
    model.Session.rollback()


@pytest.mark.parametrize("seed", range(3))
def test_hours_and_days_are_exact_in_order_shuffled_late_revised_and_repeated(seed):
    rng = random.Random(seed)
    rows = course(seed=seed)
    late = rng.sample(rows, 40)
    left = [row for row in rows if row not in late]
    parts = [left[number : number + 151] for number in range(0, len(left), 151)]
    if seed:
        rng.shuffle(parts)
    for part in parts:
        store(part)
        assert_exact()
    store(late)
    assert_exact()
    revised = [(*row[:4], row[4] + rng.choice((4, -4, 500))) for row in rng.sample(rows, 30) if row[4] is not None]
    assert store(revised)["changed"] == len(revised)
    assert_exact()
    before = stored("hour"), stored("day")
    store(rows[:300])  # some are the former values of revised ones: these change back, the rest is as it was
    assert_exact()
    store(revised)
    assert [one[0][:3] for one in before] == [stored(step)[0][:3] for step in ("hour", "day")]
    assert sum(row[2] for row in stored("day")) == len(rows)


def test_a_flag_that_changes_in_a_neighbouring_hour_is_counted_there():
    """A late value far from the one before makes that one's hour another, though nothing new lies in it."""
    edge = START.replace(hour=8) - timedelta(minutes=5)
    store([("900", "72", "temperature", edge - timedelta(minutes=5), 10.0), ("900", "72", "temperature", edge, 22.0)])
    assert_exact()
    before = stored("hour")[0]
    store([("900", "72", "temperature", edge + timedelta(minutes=6), 10.0)])
    assert_exact()
    tests = model.Session.scalars(
        sa.text("select tests from steamcity_sensors_observation order by phenomenon_time")
    ).all()
    assert tests[1] & 4, "the value has become a spike"
    assert stored("hour")[0][:4] == before[:4]


def test_a_search_by_hour_or_day_reads_them():
    store(course(days=2))
    found = tk.get_action("steamcity_observation_search")(
        {}, {"station": station(), "property": "sound_level", "from": "2026-03-03", "to": "2026-03-05",
             "resolution": "day"}
    )["observations"]  # fmt: skip
    days = [row for row in counted("day") if row[10] is not None]
    assert [one["count"] for one in found] == [row[2] for row in days]
    assert [one["l50"] for one in found] == pytest.approx([row[11] for row in days])
    temperatures = tk.get_action("steamcity_observation_search")(
        {}, {"station": station(), "property": "air_temperature", "resolution": "hour", "from": "2026-03-03"}
    )["observations"]
    assert temperatures
    assert "l50" not in temperatures[0]


def test_a_changed_unit_opens_a_new_datastream_and_the_old_one_stays():
    store(course(days=1)[:20])
    changed = description()
    changed["datastreams"] = [{**one, "unit": "K"} for one in changed["datastreams"] if one["unit"] == "Cel"]
    stations.upsert(model.Session, FEED, changed, START + timedelta(days=1))
    model.Session.commit()
    shown = query.station(model.Session, station())
    assert shown
    assert [one["unit"] for one in shown["datastreams"] if one["property"] == "air_temperature"] == ["Cel", "K"]
