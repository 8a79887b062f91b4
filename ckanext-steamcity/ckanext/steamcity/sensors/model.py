"""Tables of stations and observations (only `sensors/` imports this).

The tables are made by the migrations in `migration/steamcity_sensors`; a change here needs one there. Partitions
of the observations lie in the PostgreSQL schema `steamcity_sensors` (see `partitions.py`).
"""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY, JSONB


class Station(tk.BaseModel):
    """A place with sensors, as published: a code instead of a name."""

    __tablename__ = "steamcity_sensors_station"
    __table_args__ = (sa.UniqueConstraint("feed_id", "source_id"),)

    id = sa.Column(sa.Text, primary_key=True)
    feed_id = sa.Column(sa.Text, nullable=False)
    provider = sa.Column(sa.Text, nullable=False)
    source_id = sa.Column(sa.Text, nullable=False)
    code = sa.Column(sa.Text, nullable=False)
    exposure = sa.Column(sa.Text, nullable=False)
    license_id = sa.Column(sa.Text, nullable=False)
    attribution = sa.Column(sa.Text, nullable=False)
    source_url = sa.Column(sa.Text, nullable=False, server_default="")
    owner_org = sa.Column(sa.Text)
    city = sa.Column(sa.Text, nullable=False, server_default="")
    dataset_id = sa.Column(sa.Text)
    digest = sa.Column(sa.Text, nullable=False, server_default="")
    synthetic = sa.Column(sa.Boolean, nullable=False, server_default="false")
    #: The day on which a complete list of the source's stations first held it no more.
    gone_since = sa.Column(sa.Date)
    created = sa.Column(sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    described = sa.Column(sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


class Deployment(tk.BaseModel):
    """Where a station stood from a moment on: the published place, never a finer one, and the areas that held it."""

    __tablename__ = "steamcity_sensors_deployment"
    __table_args__ = (
        sa.UniqueConstraint("station_id", "valid_from"),
        sa.Index("idx_steamcity_sensors_deployment_areas", "areas", postgresql_using="gin"),
    )

    id = sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    station_id = sa.Column(sa.Text, sa.ForeignKey(Station.id, ondelete="CASCADE"), nullable=False)
    valid_from = sa.Column(sa.DateTime(timezone=True), nullable=False)
    geom = sa.Column(Geometry("POINT", 4326), nullable=False)
    place = sa.Column(sa.Text, nullable=False, server_default="")
    areas = sa.Column(ARRAY(sa.Text), nullable=False, server_default="{}")


class Datastream(tk.BaseModel):
    """One quantity of one sensor at one station, with its newest value at hand."""

    __tablename__ = "steamcity_sensors_datastream"
    __table_args__ = (sa.UniqueConstraint("station_id", "sensor", "sensor_type", "channel", "property", "unit"),)

    id = sa.Column(sa.Integer, sa.Identity(always=True), primary_key=True)
    station_id = sa.Column(sa.Text, sa.ForeignKey(Station.id, ondelete="CASCADE"), nullable=False)
    sensor = sa.Column(sa.Text, nullable=False)
    sensor_type = sa.Column(sa.Text, nullable=False)
    channel = sa.Column(sa.Text, nullable=False)
    property = sa.Column(sa.Text, nullable=False)
    unit = sa.Column(sa.Text, nullable=False)
    time_source = sa.Column(sa.Text, nullable=False)
    first_time = sa.Column(sa.DateTime(timezone=True))
    latest_time = sa.Column(sa.DateTime(timezone=True))
    latest_result = sa.Column(sa.Float)
    latest_quality = sa.Column(sa.SmallInteger)


class Observation(tk.BaseModel):
    """One value; `tests` holds the bits of `ckanext.steamcity.quality.Test`, `result` is null for a missing value."""

    __tablename__ = "steamcity_sensors_observation"
    __table_args__ = (
        sa.Index("idx_steamcity_sensors_observation_time", "phenomenon_time", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (phenomenon_time)"},
    )

    datastream_id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    phenomenon_time = sa.Column(sa.DateTime(timezone=True), primary_key=True)
    result = sa.Column(sa.Float)
    quality = sa.Column(sa.SmallInteger, nullable=False)
    tests = sa.Column(sa.SmallInteger, nullable=False, server_default="0")
    run_id = sa.Column(sa.BigInteger, nullable=False)


def _figures() -> list[sa.Column]:
    """What hours and days hold; `mean`, `squares` (sum of squares), extremes and levels are of valid values only."""
    counts = [sa.Column(name, sa.Integer, nullable=False) for name in ("count", "valid", "suspect", "failed")]
    names = ("minimum", "maximum", "mean", "squares", "l10", "l50", "l90")
    return counts + [sa.Column(name, sa.Float) for name in names]


class Hour(tk.BaseModel):
    """An hour of a datastream, exact after every batch."""

    __table__ = sa.Table(
        "steamcity_sensors_hour",
        tk.BaseModel.metadata,
        sa.Column("datastream_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        *_figures(),
    )


class Day(tk.BaseModel):
    """A day (UTC) of a datastream, made of its hours."""

    __table__ = sa.Table(
        "steamcity_sensors_day",
        tk.BaseModel.metadata,
        sa.Column("datastream_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("day", sa.DateTime(timezone=True), primary_key=True),
        *_figures(),
    )


class Month(tk.BaseModel):
    """A month of a feed: how often something in it has changed, and which state its newest file holds; its days (day →
    stations, values) and which state they were counted in."""

    __tablename__ = "steamcity_sensors_month"

    feed_id = sa.Column(sa.Text, primary_key=True)
    month = sa.Column(sa.Date, primary_key=True)
    changes = sa.Column(sa.BigInteger, nullable=False, server_default="1")
    written = sa.Column(sa.BigInteger, nullable=False, server_default="0")
    days = sa.Column(JSONB, nullable=False, server_default="{}")
    counted = sa.Column(sa.BigInteger, nullable=False, server_default="0")


class MonthFile(tk.BaseModel):
    """A file of a closed month. It is never replaced: what came late is in the next number."""

    __tablename__ = "steamcity_sensors_month_file"
    __table_args__ = (sa.UniqueConstraint("feed_id", "month", "number"),)

    id = sa.Column(sa.Text, primary_key=True)
    feed_id = sa.Column(sa.Text, nullable=False)
    month = sa.Column(sa.Date, nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    sha256 = sa.Column(sa.Text, nullable=False)
    bytes = sa.Column(sa.BigInteger, nullable=False)
    rows = sa.Column(sa.BigInteger, nullable=False)
    created = sa.Column(sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


class Revision(tk.BaseModel):
    """What a key said before the source changed it."""

    __tablename__ = "steamcity_sensors_revision"
    __table_args__ = (sa.Index("idx_steamcity_sensors_revision_key", "datastream_id", "phenomenon_time"),)

    id = sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    datastream_id = sa.Column(sa.Integer, nullable=False)
    phenomenon_time = sa.Column(sa.DateTime(timezone=True), nullable=False)
    result = sa.Column(sa.Float)
    quality = sa.Column(sa.SmallInteger, nullable=False)
    tests = sa.Column(sa.SmallInteger, nullable=False)
    run_id = sa.Column(sa.BigInteger, nullable=False)
    replaced_by = sa.Column(sa.BigInteger, nullable=False)
    replaced_at = sa.Column(sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


class Run(tk.BaseModel):
    """One reading of a feed. At most one is queued or running for each feed; the attempt number fences zombies
    off."""

    __tablename__ = "steamcity_sensors_run"
    __table_args__ = (
        sa.Index(
            "uq_steamcity_sensors_run_live",
            "feed_id",
            unique=True,
            postgresql_where=sa.text("state in ('queued', 'running')"),
        ),
        sa.Index("idx_steamcity_sensors_run_feed", "feed_id", "id"),
    )

    id = sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    feed_id = sa.Column(sa.Text, nullable=False)
    state = sa.Column(sa.Text, nullable=False)
    attempt = sa.Column(sa.Integer, nullable=False, server_default="0")
    lease_until = sa.Column(sa.DateTime(timezone=True))
    cursor = sa.Column(JSONB, nullable=False, server_default="{}")
    counts = sa.Column(JSONB, nullable=False, server_default="{}")
    error = sa.Column(JSONB)
    created = sa.Column(sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    started = sa.Column(sa.DateTime(timezone=True))
    finished = sa.Column(sa.DateTime(timezone=True))
