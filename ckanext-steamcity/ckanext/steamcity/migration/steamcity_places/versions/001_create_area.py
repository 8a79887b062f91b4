"""Create the table of areas.

Revision ID: 001_create_area
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "001_create_area"
down_revision = None
branch_labels = None
depends_on = None

TABLE = "steamcity_places_area"


def upgrade() -> None:
    # A portal's own role may not create extensions; then an administrator has done it before.
    if not op.get_bind().scalar(sa.text("select 1 from pg_extension where extname = 'postgis'")):
        op.execute("create extension postgis")
    op.create_table(
        TABLE,
        sa.Column("slug", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("timezone", sa.Text),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("also", JSONB, nullable=False, server_default="[]"),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("longitude", sa.Float, nullable=False),
        sa.Column("latitude", sa.Float, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("licence", sa.Text, nullable=False),
        sa.Column("attribution", sa.Text, nullable=False),
        sa.Column("approximate", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('country', 'city', 'district', 'quarter')", name=f"{TABLE}_kind"),
    )
    op.execute(f"alter table {TABLE} add column geom geometry(MultiPolygon, 4326) not null")
    op.execute(f"create index {TABLE}_geom on {TABLE} using gist (geom)")
    op.create_index(f"{TABLE}_parent", TABLE, ["parent"])
    op.create_index(f"{TABLE}_city", TABLE, ["city"])


def downgrade() -> None:
    op.drop_table(TABLE)
