"""Tables of classes, drafts and reviews. Only this plugin's modules import it; others ask the actions."""

from __future__ import annotations

import datetime
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.model.types import make_uuid
from ckanext.steamcity import natural
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped

from . import workflow


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def extra(thing: Any, name: str) -> Any:
    """A field of ours of a school or a package (an association CKAN's types do not tell of)."""
    return thing.extras.get(name) if thing is not None else None


def invented(school: model.Group | None) -> bool:
    """Whether a school was made up to show the portal."""
    return str(extra(school, "synthetic")).lower() == "true"


def is_partner(organization: model.Group) -> bool:
    """Whether an organisation can have helped a class: any that says what it is, and is no school."""
    return (
        organization.is_organization
        and organization.state == "active"
        and extra(organization, "kind") not in (None, "", "school")
    )


def partners() -> list[model.Group]:
    """All organisations that can have helped a class, by name."""
    query = sa.select(model.Group).where(model.Group.is_organization.is_(True), model.Group.state == "active")
    return sorted(filter(is_partner, model.Session.scalars(query)), key=lambda one: natural.key(one.title or one.name))


def valid(validator: str, value: Any) -> Any:
    """`value` as the named validator (of one argument) gives it back; raises tk.Invalid."""
    check: Any = tk.get_validator(validator)
    return check(value)


class SchoolClass(tk.BaseModel):
    """A pseudonym of a group of pupils in one school and one school year. No person is in it."""

    __table__ = sa.Table(
        "steamcity_schools_class",
        tk.BaseModel.metadata,
        sa.Column("id", sa.Text, primary_key=True, default=make_uuid),
        sa.Column("school", sa.Text, nullable=False, index=True),
        sa.Column("school_year", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level_band", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, default=now),
        sa.UniqueConstraint("school", "school_year", "name"),
    )

    id: Mapped[str]
    school: Mapped[str]
    school_year: Mapped[str]
    name: Mapped[str]
    level_band: Mapped[str]
    created: Mapped[datetime.datetime]

    @classmethod
    def get(cls, class_id: str) -> SchoolClass | None:
        return model.Session.get(cls, class_id)

    @classmethod
    def of_school(cls, school: str) -> list[SchoolClass]:
        """Classes of a school, the newest year first."""
        c = cls.__table__.c
        query = sa.select(cls).where(c.school == school).order_by(c.school_year.desc(), c.name)
        return list(model.Session.scalars(query))

    def dictize(self) -> dict[str, Any]:
        names = ("id", "school", "school_year", "name", "level_band")
        return {name: getattr(self, name) for name in names}


class Draft(tk.BaseModel):
    """What a class has answered so far. Its id is its package's; the file it gave lies beside (files.py)."""

    __table__ = sa.Table(
        "steamcity_schools_draft",
        tk.BaseModel.metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("school", sa.Text, nullable=False, index=True),
        sa.Column("creator", sa.Text, index=True),
        sa.Column("protocol", sa.Text),
        sa.Column("class_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False, default=workflow.DRAFT),
        sa.Column("answers", JSONB, nullable=False, default=dict),
        sa.Column("file", JSONB(none_as_null=True)),
        sa.Column("report", JSONB(none_as_null=True)),
        sa.Column("media", JSONB(none_as_null=True)),
        sa.Column("accepted", JSONB(none_as_null=True)),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, default=now),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False, default=now),
    )

    id: Mapped[str]
    school: Mapped[str]
    creator: Mapped[str | None]
    protocol: Mapped[str | None]
    class_id: Mapped[str | None]
    state: Mapped[str]
    answers: Mapped[dict[str, Any]]
    file: Mapped[dict[str, Any] | None]
    report: Mapped[dict[str, Any] | None]
    media: Mapped[dict[str, Any] | None]
    accepted: Mapped[dict[str, Any] | None]
    created: Mapped[datetime.datetime]
    modified: Mapped[datetime.datetime]

    @classmethod
    def get(cls, package_id: str) -> Draft | None:
        return model.Session.get(cls, package_id)

    @classmethod
    def locked(cls, package_id: str) -> Draft | None:
        """The draft, locked until the transaction ends, as it is in the database now."""
        query = sa.select(cls).where(cls.__table__.c.id == package_id).with_for_update()
        return model.Session.scalars(query, execution_options={"populate_existing": True}).first()

    @classmethod
    def of_package(cls, package: model.Package) -> Draft:
        """The draft of an experiment; made when the package came without the wizard."""
        found = cls.get(package.id)
        if found is None:
            cls.begin(package)
            found = model.Session.scalars(sa.select(cls).where(cls.__table__.c.id == package.id)).one()
        return found

    @classmethod
    def begin(cls, package: model.Package) -> None:
        """The row of an experiment that is being made, in the same transaction."""
        state = workflow.DRAFT if package.state != "active" else workflow.PUBLISHED
        values = {"id": package.id, "school": package.owner_org or "", "creator": package.creator_user_id}
        values |= {"protocol": extra(package, "protocol"), "state": state}
        model.Session.execute(insert(cls.__table__).values(**values).on_conflict_do_nothing())

    @classmethod
    def open_of(cls, creator: str | None = None, schools: list[str] | None = None) -> list[Draft]:
        """Drafts that are not published yet, the newest first: of one creator, or of some schools."""
        c = cls.__table__.c
        query = sa.select(cls).where(c.state.not_in([workflow.PUBLISHED, workflow.WITHDRAWN]))
        if creator is not None:
            query = query.where(c.creator == creator)
        if schools is not None:
            query = query.where(c.school.in_(schools))
        return list(model.Session.scalars(query.order_by(c.modified.desc())))

    def dictize(self) -> dict[str, Any]:
        names = ("id", "school", "protocol", "class_id", "state", "answers", "report", "accepted")
        file = {key: value for key, value in (self.file or {}).items() if key not in ("sha256", "named")} or None
        times = {name: getattr(self, name).isoformat() for name in ("created", "modified")}
        return {**{name: getattr(self, name) for name in names}, "file": file, **times}


class Mapping(tk.BaseModel):
    """Which column a class took for which in files with one header: names by position, None where not used, false
    where it chose nothing."""

    __table__ = sa.Table(
        "steamcity_schools_mapping",
        tk.BaseModel.metadata,
        sa.Column("class_id", sa.Text, primary_key=True),
        sa.Column("protocol", sa.Text, primary_key=True),
        sa.Column("signature", sa.Text, primary_key=True),
        sa.Column("columns", JSONB, nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False, default=now),
    )

    class_id: Mapped[str]
    protocol: Mapped[str]
    signature: Mapped[str]
    columns: Mapped[list[Any]]
    modified: Mapped[datetime.datetime]


class Review(tk.BaseModel):
    """A request that a draft be published, and the decision."""

    __table__ = sa.Table(
        "steamcity_schools_review",
        tk.BaseModel.metadata,
        sa.Column("id", sa.Text, primary_key=True, default=make_uuid),
        sa.Column("package_id", sa.Text, nullable=False, index=True),
        sa.Column("school", sa.Text, nullable=False, index=True),
        sa.Column("state", sa.Text, nullable=False, default="open"),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, default=now),
        sa.Column("reviewer", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.Text, nullable=False, default=""),
        sa.Column("asked", JSONB(none_as_null=True)),
        sa.Column("notes", JSONB, nullable=False, default=dict),
    )

    id: Mapped[str]
    package_id: Mapped[str]
    school: Mapped[str]
    state: Mapped[str]
    sha256: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime.datetime]
    reviewer: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime.datetime | None]
    note: Mapped[str]
    asked: Mapped[dict[str, Any] | None]
    notes: Mapped[dict[str, str]]

    @classmethod
    def get(cls, review_id: str) -> Review | None:
        return model.Session.get(cls, review_id)

    @classmethod
    def locked(cls, review_id: str) -> Review | None:
        """The review, locked until the transaction ends, as it is in the database now."""
        query = sa.select(cls).where(cls.__table__.c.id == review_id).with_for_update()
        return model.Session.scalars(query, execution_options={"populate_existing": True}).first()

    @classmethod
    def open_of(cls, package_id: str) -> Review | None:
        c = cls.__table__.c
        return model.Session.scalars(sa.select(cls).where(c.package_id == package_id, c.state == "open")).first()

    @classmethod
    def last_of(cls, package_id: str) -> Review | None:
        c = cls.__table__.c
        query = sa.select(cls).where(c.package_id == package_id).order_by(c.requested_at.desc()).limit(1)
        return model.Session.scalars(query).first()

    def before(self) -> Review | None:
        """The request for the same draft before this one."""
        c = self.__table__.c
        earlier = sa.and_(c.package_id == self.package_id, c.requested_at < self.requested_at)
        query = sa.select(Review).where(earlier).order_by(c.requested_at.desc()).limit(1)
        return model.Session.scalars(query).first()

    @classmethod
    def waiting(cls, schools: list[str] | None, reviewer: str | None) -> list[Review]:
        """Open reviews of some schools (None: of all) or for one named reviewer, the oldest first."""
        c = cls.__table__.c
        query = sa.select(cls).where(c.state == "open")
        if schools is not None:
            query = query.where(sa.or_(c.school.in_(schools), c.reviewer == reviewer))
        return list(model.Session.scalars(query.order_by(c.requested_at)))

    def dictize(self) -> dict[str, Any]:
        names = ("id", "package_id", "school", "state", "sha256", "note", "notes")
        decided = self.decided_at.isoformat() if self.decided_at else None
        times = {"requested_at": self.requested_at.isoformat(), "decided_at": decided}
        return {**{name: getattr(self, name) for name in names}, **times}
