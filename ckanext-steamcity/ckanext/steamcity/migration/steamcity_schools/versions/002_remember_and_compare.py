"""Remember which column a class took for which; what was asked for, and notes by step, in reviews.

Revision ID: 002_remember_and_compare
Revises: 001_create_tables
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "002_remember_and_compare"
down_revision = "001_create_tables"
branch_labels = None
depends_on = None

MAPPING = "steamcity_schools_mapping"
REVIEW = "steamcity_schools_review"


def upgrade() -> None:
    op.create_table(
        MAPPING,
        sa.Column("class_id", sa.Text, primary_key=True),
        sa.Column("protocol", sa.Text, primary_key=True),
        sa.Column("signature", sa.Text, primary_key=True),
        sa.Column("columns", JSONB, nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.add_column(REVIEW, sa.Column("asked", JSONB))
    op.add_column(REVIEW, sa.Column("notes", JSONB, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column(REVIEW, "notes")
    op.drop_column(REVIEW, "asked")
    op.drop_table(MAPPING)
