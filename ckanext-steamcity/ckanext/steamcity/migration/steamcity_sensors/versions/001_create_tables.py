"""Create stations, deployments, datastreams, observations (partitioned by month), revisions and runs.

Revision ID: steamcity_sensors_001
Revises:
"""
from __future__ import annotations

from alembic import op

revision = "steamcity_sensors_001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("run", "revision", "observation", "datastream", "deployment", "station")


def upgrade() -> None:
    # The spatial type is PostGIS's own; `./portal up` and docs/feeds.md create the extension, which needs more rights.
    op.execute("create schema if not exists steamcity_sensors")
    op.execute(
        """
        create table steamcity_sensors_station (
            id text primary key,
            feed_id text not null,
            provider text not null,
            source_id text not null,
            code text not null,
            exposure text not null,
            license_id text not null,
            attribution text not null,
            source_url text not null default '',
            owner_org text,
            city text not null default '',
            dataset_id text,
            digest text not null default '',
            created timestamptz not null default now(),
            described timestamptz not null default now(),
            unique (feed_id, source_id)
        )
        """
    )
    op.execute(
        """
        create table steamcity_sensors_deployment (
            id bigint generated always as identity primary key,
            station_id text not null references steamcity_sensors_station (id) on delete cascade,
            valid_from timestamptz not null,
            geom geometry(Point, 4326) not null,
            place text not null default '',
            unique (station_id, valid_from)
        )
        """
    )
    op.execute(
        "create index idx_steamcity_sensors_deployment_geom on steamcity_sensors_deployment using gist (geom)"
    )
    op.execute(
        """
        create table steamcity_sensors_datastream (
            id integer generated always as identity primary key,
            station_id text not null references steamcity_sensors_station (id) on delete cascade,
            sensor text not null,
            sensor_type text not null,
            channel text not null,
            property text not null,
            unit text not null,
            time_source text not null,
            first_time timestamptz,
            latest_time timestamptz,
            latest_result double precision,
            latest_quality smallint,
            unique (station_id, sensor, sensor_type, channel, property, unit)
        )
        """
    )
    op.execute(
        """
        create table steamcity_sensors_observation (
            datastream_id integer not null,
            phenomenon_time timestamptz not null,
            result double precision,
            quality smallint not null,
            tests smallint not null default 0,
            run_id bigint not null,
            primary key (datastream_id, phenomenon_time)
        ) partition by range (phenomenon_time)
        """
    )
    op.execute(
        "create index idx_steamcity_sensors_observation_time"
        " on steamcity_sensors_observation using brin (phenomenon_time)"
    )
    op.execute(
        """
        create table steamcity_sensors_revision (
            id bigint generated always as identity primary key,
            datastream_id integer not null,
            phenomenon_time timestamptz not null,
            result double precision,
            quality smallint not null,
            tests smallint not null,
            run_id bigint not null,
            replaced_by bigint not null,
            replaced_at timestamptz not null default now()
        )
        """
    )
    op.execute(
        "create index idx_steamcity_sensors_revision_key on steamcity_sensors_revision (datastream_id, phenomenon_time)"
    )
    op.execute(
        """
        create table steamcity_sensors_run (
            id bigint generated always as identity primary key,
            feed_id text not null,
            state text not null check (state in ('queued', 'running', 'finished', 'failed')),
            attempt integer not null default 0,
            lease_until timestamptz,
            cursor jsonb not null default '{}',
            counts jsonb not null default '{}',
            error jsonb,
            created timestamptz not null default now(),
            started timestamptz,
            finished timestamptz
        )
        """
    )
    op.execute(
        "create unique index uq_steamcity_sensors_run_live on steamcity_sensors_run (feed_id)"
        " where state in ('queued', 'running')"
    )
    op.execute("create index idx_steamcity_sensors_run_feed on steamcity_sensors_run (feed_id, id)")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop table steamcity_sensors_{table}")
    op.execute("drop schema steamcity_sensors")
