"""Stations whose data were generated are marked.

Revision ID: steamcity_sensors_002
Revises: steamcity_sensors_001
"""
from __future__ import annotations

from alembic import op

revision = "steamcity_sensors_002"
down_revision = "steamcity_sensors_001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table steamcity_sensors_station add column synthetic boolean not null default false")


def downgrade() -> None:
    op.execute("alter table steamcity_sensors_station drop column synthetic")
