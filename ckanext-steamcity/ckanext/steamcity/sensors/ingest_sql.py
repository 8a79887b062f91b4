"""The statements of a batch, in the order `ingest.py` runs them (only `sensors/` imports this).

Temporary tables: `s` all readings as they came, `u` one for each key, `k` keys that were there before, `l` limits,
`j` when stations moved, `r` ranges of time in which something is new, `w` those ranges with their neighbours, `f` the
flags. The tests are those of `ckanext.steamcity.quality`; `tests/portal/sensors` compares the two. Partitions have no
statistics while a table fills, so every temporary table has a key and is analysed, and the observations are reached by
key with bounds of time.
"""

from __future__ import annotations

from ckanext.steamcity.quality import FAIL, GOOD, MISSING, MOVED_METRES, NOT_EVALUATED, SUSPECT, Test

LIMIT_FIELDS = (
    "gross_minimum",
    "gross_maximum",
    "typical_minimum",
    "typical_maximum",
    "spike",
    "rate_per_hour",
    "flat_hours",
    "saturation",
    "gap_minutes",
)

DATASTREAMS = """
select distinct on (s.source_id, d.sensor, d.channel) s.source_id, d.sensor, d.channel, d.id
from steamcity_sensors_datastream d join steamcity_sensors_station s on s.id = d.station_id
where s.feed_id = %(feed)s order by s.source_id, d.sensor, d.channel, d.id desc
"""

PROPERTIES = "select id, property from steamcity_sensors_datastream where id = any(%(ids)s)"

# A batch of about 100,000 readings is sorted in memory; compiling its statements would take longer than they do.
ROOM = "set local work_mem = '48MB'; set local jit = off"

STAGE = """
create temp table s (n bigint, datastream_id integer, phenomenon_time timestamptz, result float8) on commit drop
"""

COPY = "copy pg_temp.s (n, datastream_id, phenomenon_time, result) from stdin (format binary)"

# Of two readings with one key the last counts; but a missing value never hides a value.
UNIQUE = """
create temp table u on commit drop as
select distinct on (datastream_id, phenomenon_time) datastream_id, phenomenon_time, result
from s order by datastream_id, phenomenon_time, (result is null), n desc;
alter table u add primary key (datastream_id, phenomenon_time);
analyze u
"""

UNIQUE_BOUNDS = "select min(phenomenon_time), max(phenomenon_time), count(*), (select count(*) from s) from u"

KNOWN = """
create temp table k on commit drop as
select u.datastream_id, u.phenomenon_time, u.result,
       o.result as old_result, o.quality as old_quality, o.tests as old_tests, o.run_id as old_run,
       u.result is not null and u.result is distinct from o.result as changed
from u join steamcity_sensors_observation o using (datastream_id, phenomenon_time)
where o.phenomenon_time between %(low)s and %(high)s and o.datastream_id = any(%(ids)s);
alter table k add primary key (datastream_id, phenomenon_time);
analyze k
"""

# A source may say two values of one moment in one breath: those that do not count are kept as revisions, each once.
HIDDEN = f"""
insert into steamcity_sensors_revision
    (datastream_id, phenomenon_time, result, quality, tests, run_id, replaced_by)
select distinct s.datastream_id, s.phenomenon_time, s.result, {NOT_EVALUATED}, 0, %(run)s, %(run)s
from s join u using (datastream_id, phenomenon_time)
where s.result is not null and s.result <> u.result
    and not exists (
        select from steamcity_sensors_revision r where r.datastream_id = s.datastream_id
            and r.phenomenon_time = s.phenomenon_time and r.result = s.result)
    and not exists (
        select from k where k.datastream_id = s.datastream_id
            and k.phenomenon_time = s.phenomenon_time and k.old_result = s.result)
"""  # noqa: S608  only a number from this project

# What is stored lies among what came, or differs from it: as if it were another device's. A device's own file has all
# it has of its time; where nothing is new nothing is mixed.
MIXED = """
select (select count(*) from k where changed) + (
    select count(*) from (
        select u.datastream_id, min(u.phenomenon_time) as first, max(u.phenomenon_time) as last
        from u left join k on k.datastream_id = u.datastream_id and k.phenomenon_time = u.phenomenon_time
        group by 1 having count(*) > count(k.datastream_id)
    ) r join steamcity_sensors_observation o on o.datastream_id = r.datastream_id
        and o.phenomenon_time between r.first and r.last
    where o.phenomenon_time between %(low)s and %(high)s and o.datastream_id = any(%(ids)s)
        and not exists (
            select from u where u.datastream_id = o.datastream_id and u.phenomenon_time = o.phenomenon_time)
)
"""

# The old values go to the revisions, the new ones into the observations; then `u` holds only what is new.
SORT_OUT = """
insert into steamcity_sensors_revision
    (datastream_id, phenomenon_time, result, quality, tests, run_id, replaced_by)
select datastream_id, phenomenon_time, old_result, old_quality, old_tests, old_run, %(run)s from k where changed;
update steamcity_sensors_observation o set result = k.result, run_id = %(run)s
from k where k.changed and o.datastream_id = k.datastream_id and o.phenomenon_time = k.phenomenon_time
    and o.phenomenon_time between %(low)s and %(high)s and o.datastream_id = any(%(ids)s);
delete from u using k where u.datastream_id = k.datastream_id and u.phenomenon_time = k.phenomenon_time;
select count(*) filter (where changed), count(*) filter (where not changed) from k
"""

LIMITS = (
    "create temp table l (datastream_id integer primary key, empty boolean, "
    + ", ".join(f"{name} float8" for name in LIMIT_FIELDS)
    + ") on commit drop"
)

COPY_LIMITS = f"copy pg_temp.l (datastream_id, empty, {', '.join(LIMIT_FIELDS)}) from stdin"

# Rarely anything: stations stand where they stand.
MOVES = f"""
create temp table j on commit drop as
select d.id as datastream_id, p.valid_from as moment
from steamcity_sensors_datastream d join (
    select station_id, valid_from, ST_DistanceSphere(geom, lag(geom) over (
        partition by station_id order by valid_from)) as metres
    from steamcity_sensors_deployment where station_id in (
        select station_id from steamcity_sensors_datastream where id = any(%(ids)s))
) p using (station_id)
where d.id = any(%(ids)s) and p.metres > {MOVED_METRES};
alter table j add primary key (datastream_id, moment);
analyze j
"""  # noqa: S608  only a number from this project

# Ranges end where nothing is new for 30 hours, so that no row is flagged from two of them. A range ends at the row
# before the beginning of the next one, the last of a datastream at its last row.
RANGES = """
create temp table r on commit drop as
with touched as (
    select datastream_id, phenomenon_time from u where result is not null
    union all
    select datastream_id, phenomenon_time from k where changed
), followed as (
    select *, lag(phenomenon_time) over (partition by datastream_id order by phenomenon_time) as former from touched
), begun as (
    select datastream_id, phenomenon_time as low,
           lead(former) over (partition by datastream_id order by phenomenon_time) as high
    from followed where former is null or phenomenon_time - former > interval '30 hours'
), ended as (
    select datastream_id, max(phenomenon_time) as high from touched group by datastream_id
), ranges as (
    select datastream_id, low, coalesce(begun.high, ended.high) as high from begun join ended using (datastream_id)
)
select row_number() over () as id, ranges.*,
       lag(high) over near as high_before, lead(low) over near as low_after
from ranges window near as (partition by datastream_id order by low);
alter table r add primary key (id);
analyze r
"""

# Flagged again is the zone from 3 hours before a range to 12 hours after it, and the first row that follows the
# range at any distance, because the gap before it has changed. 15 hours on each side hold all that the zone's
# flags depend on.
WINDOWS = """
create temp table w on commit drop as
with b as materialized (  -- else its two searches run once for each row of the window, not for each range
    select r.*,
        high_before is not null or exists (
            select from steamcity_sensors_observation o
            where o.datastream_id = r.datastream_id and o.phenomenon_time < r.low - interval '15 hours'
                and o.result is not null
        ) as begun,
        (
            select o.phenomenon_time from steamcity_sensors_observation o
            where o.datastream_id = r.datastream_id and o.phenomenon_time > r.high
                and o.phenomenon_time < coalesce(r.low_after, 'infinity') and o.result is not null
            order by o.phenomenon_time limit 1
        ) as follower
    from r
)
select b.id as range_id, b.datastream_id, b.begun, x.phenomenon_time, x.result, x.tests, x.quality, x.is_new,
       x.phenomenon_time between b.low - interval '3 hours' and b.high + interval '12 hours'
           or x.phenomenon_time is not distinct from b.follower as in_zone
from b cross join lateral (
    select o.phenomenon_time, o.result, o.tests, o.quality, false as is_new from steamcity_sensors_observation o
    where o.datastream_id = b.datastream_id and o.result is not null
        and o.phenomenon_time >= b.low - interval '15 hours'
        and o.phenomenon_time <= greatest(b.high + interval '15 hours', b.follower)
    union all
    select u.phenomenon_time, u.result, 0, 0, true from u
    where u.datastream_id = b.datastream_id and u.phenomenon_time between b.low and b.high and u.result is not null
) x
"""

# The value before the first of a window: stored, or in a window of this batch that comes before.
BEFORE = """
select max(t) from (
    (select o.phenomenon_time as t from steamcity_sensors_observation o
     where o.datastream_id = islands.datastream_id and o.phenomenon_time < islands.phenomenon_time
         and o.result is not null order by o.phenomenon_time desc limit 1)
    union all
    (select u.phenomenon_time from u where u.datastream_id = islands.datastream_id
         and u.phenomenon_time < islands.phenomenon_time and u.result is not null
     order by u.phenomenon_time desc limit 1)
) x
"""

# Lengths of time are worked out once for a datastream, and limits joined before the one sort that all windows share.
FLAGS = f"""
create temp table f on commit drop as
with limits as materialized (
    select *, make_interval(secs => gap_minutes * 60) as gap, make_interval(secs => flat_hours * 3600) as flat from l
), near as (
    select w.*, {", ".join(f"limits.{name}" for name in ("empty", "gap", "flat", *LIMIT_FIELDS))},
           lag(result) over t as previous, lag(phenomenon_time) over t as previous_time,
           lead(result) over t as next, lead(phenomenon_time) over t as next_time
    from w join limits using (datastream_id) window t as (partition by range_id order by phenomenon_time)
), stepped as (
    select near.*,
           case when previous_time is null then begun and gap is not null
                else (phenomenon_time - previous_time > gap) is true
           end as after_gap,
           (next_time - phenomenon_time > gap) is true as before_gap
    from near
), islands as (
    select *, max(case when previous is distinct from result or after_gap then phenomenon_time end)
        over (partition by range_id order by phenomenon_time rows unbounded preceding) as since
    from stepped
), tested as (
    select datastream_id, phenomenon_time, result, tests as old_tests, quality as old_quality, is_new, empty,
        case when result < gross_minimum or result > gross_maximum then {int(Test.GROSS_RANGE)} else 0 end
        | case when result < typical_minimum or result > typical_maximum then {int(Test.TYPICAL_RANGE)} else 0 end
        | case when not after_gap and not before_gap and (result - previous) * (next - result) < 0
                and least(abs(result - previous), abs(next - result)) > spike then {int(Test.SPIKE)} else 0 end
        | case when not after_gap and abs(result - previous) * 3600
                > rate_per_hour * date_part('epoch', phenomenon_time - previous_time)
               then {int(Test.RATE_OF_CHANGE)} else 0 end
        | case when phenomenon_time - since >= flat then {int(Test.FLAT_LINE)} else 0 end
        | case when result >= saturation then {int(Test.SATURATION)} else 0 end
        | case when after_gap then {int(Test.GAP)} else 0 end
        | case when (select count(*) from j) > 0 and exists (
                select from j where j.datastream_id = islands.datastream_id and j.moment <= phenomenon_time
                    and j.moment > coalesce(previous_time, ({BEFORE}))
            ) then {int(Test.LOCATION)} else 0 end
        -- ahead of the clock is said once, when the reading comes in: later the same moment is past
        | case when is_new then case when phenomenon_time > now() + %(ahead)s::interval then {int(Test.DATE)} else 0 end
               else tests & {int(Test.DATE)} end as tests
    from islands where in_zone offset 0  -- else each use of `tests` below works all of them out again
)
select *, case when empty then {NOT_EVALUATED}
               when tests & {int(Test.GROSS_RANGE | Test.DATE)} <> 0 then {FAIL}
               when tests & {sum(Test) - Test.GAP} <> 0 then {SUSPECT}
               else {GOOD} end as quality
from tested
"""  # noqa: S608  only numbers and names from this project

# Nobody else writes to these datastreams: the batch holds its run, a feed has one live run, and what was there
# before is out of `u`. So no key can be there already; should one be, the batch fails and nothing of it stays.
INSERT = f"""
insert into steamcity_sensors_observation (datastream_id, phenomenon_time, result, quality, tests, run_id)
select datastream_id, phenomenon_time, result, quality, tests, %(run)s from f where is_new
union all
select datastream_id, phenomenon_time, null, {MISSING}, 0, %(run)s from u where result is null
"""  # noqa: S608  only a number from this project

REFLAG = """
update steamcity_sensors_observation o set quality = f.quality, tests = f.tests
from f where not f.is_new and (f.quality, f.tests) is distinct from (f.old_quality::int, f.old_tests::int)
    and o.datastream_id = f.datastream_id and o.phenomenon_time = f.phenomenon_time
"""

NEWEST = """
update steamcity_sensors_datastream d set
    first_time = least(d.first_time, t.low), latest_time = n.phenomenon_time,
    latest_result = n.result, latest_quality = n.quality
from (select datastream_id, min(low) as low, max(high) as high from r group by datastream_id) t
cross join lateral (
    select o.phenomenon_time, o.result, o.quality from steamcity_sensors_observation o
    where o.datastream_id = t.datastream_id and o.result is not null
        and o.phenomenon_time >= coalesce((select x.latest_time from steamcity_sensors_datastream x
                                           where x.id = t.datastream_id), t.low)
    order by o.phenomenon_time desc limit 1
) n
where d.id = t.datastream_id
"""

CLEAR = "drop table pg_temp.s, pg_temp.u, pg_temp.k, pg_temp.l, pg_temp.j, pg_temp.r, pg_temp.w, pg_temp.f"
