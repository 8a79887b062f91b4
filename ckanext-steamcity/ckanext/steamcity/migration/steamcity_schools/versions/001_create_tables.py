"""Create the tables of classes, drafts and reviews.

Revision ID: 001_create_tables
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "001_create_tables"
down_revision = None
branch_labels = None
depends_on = None

CLASS = "steamcity_schools_class"
DRAFT = "steamcity_schools_draft"
REVIEW = "steamcity_schools_review"


def upgrade() -> None:
    now = sa.text("now()")
    op.create_table(
        CLASS,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("school", sa.Text, nullable=False),
        sa.Column("school_year", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level_band", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.UniqueConstraint("school", "school_year", "name", name=f"{CLASS}_name"),
    )
    op.create_table(
        DRAFT,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("school", sa.Text, nullable=False),
        sa.Column("creator", sa.Text),
        sa.Column("protocol", sa.Text),
        sa.Column("class_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False, server_default="draft"),
        sa.Column("answers", JSONB, nullable=False, server_default="{}"),
        sa.Column("file", JSONB),
        sa.Column("report", JSONB),
        sa.Column("accepted", JSONB),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.CheckConstraint(
            "state in ('draft', 'submitted', 'returned', 'published', 'withdrawn')", name=f"{DRAFT}_state"
        ),
    )
    op.create_index(f"{DRAFT}_school", DRAFT, ["school"])
    op.create_index(f"{DRAFT}_creator", DRAFT, ["creator"])
    op.create_table(
        REVIEW,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("package_id", sa.Text, nullable=False),
        sa.Column("school", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("reviewer", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.CheckConstraint("state in ('open', 'approved', 'returned', 'cancelled')", name=f"{REVIEW}_state"),
    )
    op.create_index(f"{REVIEW}_school", REVIEW, ["school"])
    op.create_index(f"{REVIEW}_package", REVIEW, ["package_id"])
    # Two people pressing "ask for publication" at once make one request.
    op.create_index(f"{REVIEW}_open", REVIEW, ["package_id"], unique=True, postgresql_where=sa.text("state = 'open'"))


def downgrade() -> None:
    for table in (REVIEW, DRAFT, CLASS):
        op.drop_table(table)
