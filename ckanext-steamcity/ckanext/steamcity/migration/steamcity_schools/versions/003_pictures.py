"""Pictures that a class gives with its table.

Revision ID: 003_pictures
Revises: 002_remember_and_compare
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "003_pictures"
down_revision = "002_remember_and_compare"
branch_labels = None
depends_on = None

DRAFT = "steamcity_schools_draft"


def upgrade() -> None:
    op.add_column(DRAFT, sa.Column("media", JSONB))


def downgrade() -> None:
    op.drop_column(DRAFT, "media")
