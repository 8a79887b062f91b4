"""Hourly and daily roll-ups of each datastream, filled from what is there; areas of a deployment.

Revision ID: steamcity_sensors_003
Revises: steamcity_sensors_002
"""
from __future__ import annotations

from alembic import op

revision = "steamcity_sensors_003"
down_revision = "steamcity_sensors_002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for step in ("hour", "day"):
        op.execute(
            f"""
            create table steamcity_sensors_{step} (
                datastream_id integer not null,
                {step} timestamptz not null,
                count integer not null,
                valid integer not null,
                suspect integer not null,
                failed integer not null,
                minimum double precision,
                maximum double precision,
                mean double precision,
                squares double precision,
                l10 double precision,
                l50 double precision,
                l90 double precision,
                primary key (datastream_id, {step})
            )
            """
        )
        op.execute(
            f"""
            insert into steamcity_sensors_{step}
            select datastream_id, date_trunc('{step}', phenomenon_time, 'UTC'), count(*),
                   count(*) filter (where result is not null and quality < 4),
                   count(*) filter (where quality = 3), count(*) filter (where quality = 4),
                   min(result) filter (where quality < 4), max(result) filter (where quality < 4),
                   avg(result) filter (where quality < 4), sum(result * result) filter (where quality < 4)
            from steamcity_sensors_observation group by 1, 2
            """
        )
        op.execute(
            f"""
            update steamcity_sensors_{step} r set l10 = a.levels[1], l50 = a.levels[2], l90 = a.levels[3]
            from steamcity_sensors_datastream d, lateral (
                select date_trunc('{step}', phenomenon_time, 'UTC') as at, percentile_cont(array[0.9, 0.5, 0.1])
                    within group (order by result) filter (where result is not null and quality < 4) as levels
                from steamcity_sensors_observation o where o.datastream_id = d.id group by 1
            ) a
            where d.property in ('sound_level', 'sound_level_lamax') and r.datastream_id = d.id and r.{step} = a.at
            """
        )
    op.execute("alter table steamcity_sensors_deployment add column areas text[] not null default '{}'")
    op.execute(
        "create index idx_steamcity_sensors_deployment_areas on steamcity_sensors_deployment using gin (areas)"
    )


def downgrade() -> None:
    op.execute("drop table steamcity_sensors_hour")
    op.execute("drop table steamcity_sensors_day")
    op.execute("alter table steamcity_sensors_deployment drop column areas")
