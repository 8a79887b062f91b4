"""The statements that keep the hourly and daily roll-ups exact (only `sensors/` imports this).

They run in the batch's own transaction, after the observations are written and flagged again. Temporary tables: `h`
hours in which a value or a flag has changed, `g` their days. An hour is always made anew from all its observations,
reached by key: never from what it was plus what came, so that order, revisions and late data cannot matter.
"""

from __future__ import annotations

from ckanext.steamcity.quality import FAIL, SUSPECT

#: Sound is told by levels that were exceeded 10, 50 and 90 % of the time; a mean of decibels says little.
PERCENTILES = ("sound_level", "sound_level_lamax")

KEPT = f"result is not null and quality < {FAIL}"
FIGURES = f"""
    count(*) as count, count(*) filter (where {KEPT}) as valid,
    count(*) filter (where quality = {SUSPECT}) as suspect, count(*) filter (where quality = {FAIL}) as failed,
    min(result) filter (where {KEPT}) as minimum, max(result) filter (where {KEPT}) as maximum,
    avg(result) filter (where {KEPT}) as mean, sum(result * result) filter (where {KEPT}) as squares
"""
_COLUMNS = ("count", "valid", "suspect", "failed", "minimum", "maximum", "mean", "squares")
_SET = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)

HOURS_TOUCHED = """
create temp table h on commit drop as
select distinct datastream_id, date_bin('1 hour', phenomenon_time, '2000-01-01T00:00Z') as hour from (
    select datastream_id, phenomenon_time from u
    union all select datastream_id, phenomenon_time from k where changed
    union all select datastream_id, phenomenon_time from f
        where not is_new and (quality, tests) is distinct from (old_quality::int, old_tests::int)
) touched;
alter table h add primary key (datastream_id, hour);
analyze h
"""

HOURS = f"""
insert into steamcity_sensors_hour (datastream_id, hour, {", ".join(_COLUMNS)})
select h.datastream_id, h.hour, a.* from h cross join lateral (
    select {FIGURES} from steamcity_sensors_observation o
    where o.datastream_id = h.datastream_id and o.phenomenon_time >= h.hour
        and o.phenomenon_time < h.hour + interval '1 hour'
) a
on conflict (datastream_id, hour) do update set {_SET}
"""  # noqa: S608  only words from this project

DAYS_TOUCHED = """
create temp table g on commit drop as
select distinct datastream_id, date_bin('1 day', hour, '2000-01-01T00:00Z') as day from h;
alter table g add primary key (datastream_id, day);
analyze g
"""

DAYS = f"""
insert into steamcity_sensors_day (datastream_id, day, {", ".join(_COLUMNS)})
select g.datastream_id, g.day, a.* from g cross join lateral (
    select sum(count), sum(valid), sum(suspect), sum(failed), min(minimum), max(maximum),
           sum(mean * valid) / nullif(sum(valid), 0), sum(squares)
    from steamcity_sensors_hour o where o.datastream_id = g.datastream_id and o.hour >= g.day
        and o.hour < g.day + interval '1 day'
) a
on conflict (datastream_id, day) do update set {_SET}
"""  # noqa: S608  only words from this project

# Months whose file is not the whole of them any more.
MONTHS = """
insert into steamcity_sensors_month (feed_id, month)
select distinct %(feed)s, date_trunc('month', day at time zone 'UTC')::date from g
on conflict (feed_id, month) do update set changes = steamcity_sensors_month.changes + 1
"""

SOUND = "select id from steamcity_sensors_datastream where id = any(%(ids)s) and property = any(%(sound)s)"


def levels(step: str, touched: str) -> str:
    """The statement that gives the touched hours or days of sound their levels; they need the values themselves."""
    return f"""
    update steamcity_sensors_{step} r set l10 = a.levels[1], l50 = a.levels[2], l90 = a.levels[3]
    from {touched} t cross join lateral (
        select percentile_cont(array[0.9, 0.5, 0.1]) within group (order by result) filter (where {KEPT}) as levels
        from steamcity_sensors_observation o where o.datastream_id = t.datastream_id
            and o.phenomenon_time >= t.{step} and o.phenomenon_time < t.{step} + interval '1 {step}'
    ) a
    where t.datastream_id = any(%(sound)s) and r.datastream_id = t.datastream_id and r.{step} = t.{step}
    """  # noqa: S608  only words from this project


CLEAR = "drop table pg_temp.h, pg_temp.g"
