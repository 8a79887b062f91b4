"""The ledger of versions, the reserved identifiers, the outbox. This plugin's modules only; others ask the actions."""

from __future__ import annotations

import datetime
import re
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, deferred

# The setting, local to a transaction, that lets one version's rows be changed (published or withdrawn).
UNLOCK = "steamcity.unlock"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Version(tk.BaseModel):
    """One published, frozen state. Rows are never deleted; a row changes once, when the version is withdrawn."""

    __table__ = sa.Table(
        "steamcity_citation_version",
        tk.BaseModel.metadata,
        sa.Column("package_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("concept", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("identifier", sa.Text, nullable=False, unique=True),
        sa.Column("concept_identifier", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("withdrawn_by", sa.Text, nullable=False, server_default=""),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("record", JSONB, nullable=False),
        sa.Column("record_sha256", sa.Text, nullable=False),
        sa.Column("resource_ids", ARRAY(sa.Text), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.UniqueConstraint("concept", "n"),
    )

    package_id: Mapped[str]
    name: Mapped[str]
    concept: Mapped[str]
    n: Mapped[int]
    identifier: Mapped[str]
    concept_identifier: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    withdrawn_by: Mapped[str]
    withdrawn_at: Mapped[datetime.datetime | None]
    # Tens of kilobytes, and most who look a version up only ask for its state.
    record: Mapped[dict[str, Any]] = deferred(__table__.c.record)
    record_sha256: Mapped[str]
    resource_ids: Mapped[list[str]]
    published_at: Mapped[datetime.datetime]
    approved_by: Mapped[str]

    @classmethod
    def get(cls, reference: str) -> Version | None:
        """By package id, or by name; a version's name ends with its number, so it never looks like an id."""
        if _UUID.fullmatch(reference):
            return model.Session.get(cls, reference)
        return cls._one(cls.__table__.c.name == reference)

    @classmethod
    def of_resource(cls, resource_id: str) -> Version | None:
        return cls._one(cls.__table__.c.resource_ids.contains([resource_id]))

    @classmethod
    def by_identifier(cls, identifier: str) -> Version | None:
        return cls._one(cls.__table__.c.identifier == identifier)

    @classmethod
    def of_concept(cls, concept: str) -> list[Version]:
        """All versions, newest first, withdrawn ones too."""
        c = cls.__table__.c
        return list(model.Session.scalars(sa.select(cls).where(c.concept == concept).order_by(c.n.desc())))

    @classmethod
    def newest(cls, **which: str) -> Version | None:
        """The newest published version with this `concept` or `concept_identifier`."""
        c = cls.__table__.c
        conditions = [c[name] == value for name, value in which.items()]
        query = sa.select(cls).where(*conditions, c.state == "published").order_by(c.n.desc()).limit(1)
        return model.Session.scalars(query).first()

    @classmethod
    def superseded(cls, package_id: str) -> bool:
        """Whether a newer version of the same concept is published."""
        mine, newer = cls.__table__.alias(), cls.__table__.alias()
        query = sa.select(sa.literal(1)).where(
            mine.c.package_id == package_id,
            newer.c.concept == mine.c.concept,
            newer.c.n > mine.c.n,
            newer.c.state == "published",
        )
        return model.Session.execute(query.limit(1)).first() is not None

    @classmethod
    def _one(cls, condition: Any) -> Version | None:
        return model.Session.scalars(sa.select(cls).where(condition)).first()

    @property
    def withdrawn(self) -> bool:
        return self.state == "withdrawn"

    def dictize(self) -> dict[str, Any]:
        """What anybody may know of a version; who approved it stays inside."""
        return {
            "id": self.package_id,
            "name": self.name,
            "concept": self.concept,
            "version": self.n,
            "identifier": self.identifier,
            "concept_identifier": self.concept_identifier,
            "state": self.state,
            "reason": self.reason,
            "withdrawn_by": self.withdrawn_by,
            "withdrawn_at": self.withdrawn_at.isoformat() if self.withdrawn_at else None,
            "published_at": self.published_at.isoformat(),
            "record_sha256": self.record_sha256,
        }


class Identifier(tk.BaseModel):
    """An identifier and what it was reserved for (`package:<id>` or `concept:<slug>`). Never given twice."""

    __table__ = sa.Table(
        "steamcity_citation_identifier",
        tk.BaseModel.metadata,
        sa.Column("identifier", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, nullable=False, unique=True),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )

    identifier: Mapped[str]
    target: Mapped[str]


class Outbox(tk.BaseModel):
    """What is still to do for a version after its commit. The truth; Redis only wakes somebody up."""

    __table__ = sa.Table(
        "steamcity_citation_outbox",
        tk.BaseModel.metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("package_id", sa.Text, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("done", sa.DateTime(timezone=True)),
    )

    id: Mapped[int]
    package_id: Mapped[str]
    task: Mapped[str]
    attempts: Mapped[int]
    next_attempt: Mapped[datetime.datetime]
    error: Mapped[str]
    done: Mapped[datetime.datetime | None]


def unlock(package_id: str) -> None:
    """Let this transaction change the rows of one version."""
    model.Session.execute(sa.select(sa.func.set_config(UNLOCK, package_id, True)))


def lock_package(package_id: str) -> model.Package | None:
    """The package as it is now, its row locked until the transaction ends."""
    query = sa.select(model.Package).where(model.Package.id == package_id).with_for_update()
    return model.Session.scalars(query.execution_options(populate_existing=True)).first()


def lock_concept(concept: str) -> None:
    """One publication or withdrawal per concept at a time."""
    model.Session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"steamcity:{concept}"))))
