"""Files of closed months, and which months have changed since; runs that somebody stopped; stations that are gone.

Revision ID: steamcity_sensors_004
Revises: steamcity_sensors_003
"""
from __future__ import annotations

from alembic import op

revision = "steamcity_sensors_004"
down_revision = "steamcity_sensors_003"
branch_labels = None
depends_on = None

_STATE = "steamcity_sensors_run_state_check"


def upgrade() -> None:
    op.execute("alter table steamcity_sensors_station add column gone_since date")
    op.execute(f"alter table steamcity_sensors_run drop constraint {_STATE}")
    op.execute(
        f"alter table steamcity_sensors_run add constraint {_STATE}"
        " check (state in ('queued', 'running', 'finished', 'failed', 'stopped'))"
    )
    op.execute(
        """
        create table steamcity_sensors_month (
            feed_id text not null,
            month date not null,
            changes bigint not null default 1,
            written bigint not null default 0,
            days jsonb not null default '{}',
            counted bigint not null default 0,
            primary key (feed_id, month)
        )
        """
    )
    op.execute(
        """
        insert into steamcity_sensors_month (feed_id, month)
        select distinct s.feed_id, date_trunc('month', r.day at time zone 'UTC')::date
        from steamcity_sensors_day r join steamcity_sensors_datastream d on d.id = r.datastream_id
            join steamcity_sensors_station s on s.id = d.station_id
        """
    )
    op.execute(
        """
        create table steamcity_sensors_month_file (
            id text primary key,
            feed_id text not null,
            month date not null,
            number integer not null,
            name text not null,
            sha256 text not null,
            bytes bigint not null,
            rows bigint not null,
            created timestamptz not null default now(),
            unique (feed_id, month, number)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table steamcity_sensors_month_file")
    op.execute("drop table steamcity_sensors_month")
    op.execute("update steamcity_sensors_run set state = 'failed' where state = 'stopped'")
    op.execute(f"alter table steamcity_sensors_run drop constraint {_STATE}")
    op.execute(
        f"alter table steamcity_sensors_run add constraint {_STATE}"
        " check (state in ('queued', 'running', 'finished', 'failed'))"
    )
    op.execute("alter table steamcity_sensors_station drop column gone_since")
