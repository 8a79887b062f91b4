"""The table of areas. Only this plugin's modules import it; others ask the actions."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import ckan.plugins.toolkit as tk
import shapely
import sqlalchemy as sa
from ckan import model
from ckanext.steamcity import natural
from geoalchemy2 import Geography, Geometry, WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

KINDS = ("country", "city", "district", "quarter")
# A cell belongs to an area only when the area is not much smaller than the cell: a wide hexagon says nothing about a
# small quarter that happens to lie under its centre.
_SMALLEST_SHARE = 0.5


class Area(tk.BaseModel):
    """A named piece of the world with a polygon, where it came from and under which licence."""

    __table__ = sa.Table(
        "steamcity_places_area",
        tk.BaseModel.metadata,
        sa.Column("slug", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parent", sa.Text, index=True),
        sa.Column("country", sa.Text),
        sa.Column("city", sa.Text, index=True),
        sa.Column("timezone", sa.Text),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("also", JSONB, nullable=False, default=list),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("longitude", sa.Float, nullable=False),
        sa.Column("latitude", sa.Float, nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("licence", sa.Text, nullable=False),
        sa.Column("attribution", sa.Text, nullable=False),
        sa.Column("approximate", sa.Boolean, nullable=False, default=False),
        sa.Column("retired", sa.Boolean, nullable=False, default=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
    )

    slug: Mapped[str]
    kind: Mapped[str]
    parent: Mapped[str | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    timezone: Mapped[str | None]
    names: Mapped[dict[str, str]]
    also: Mapped[list[str]]
    search: Mapped[str]
    longitude: Mapped[float]
    latitude: Mapped[float]
    geom: Mapped[WKBElement]
    source: Mapped[str]
    licence: Mapped[str]
    attribution: Mapped[str]
    approximate: Mapped[bool]
    retired: Mapped[bool]
    modified: Mapped[datetime.datetime]

    @classmethod
    def get(cls, slug: str) -> Area | None:
        """The area with this slug, retired ones too: what was published there must stay readable."""
        return model.Session.get(cls, slug)

    @classmethod
    def known(cls, slug: str) -> bool:
        """Whether there is such an area; does not read its outline."""
        return model.Session.scalar(sa.select(sa.literal(True)).where(cls.__table__.c.slug == slug)) is not None

    @classmethod
    def city_names(cls) -> list[tuple[str, str]]:
        """(slug, names as they are searched) of the cities in use, in the order of their slugs; without outlines."""
        c = cls.__table__.c
        query = sa.select(c.slug, c.search).where(c.kind == "city", ~c.retired).order_by(c.slug)
        return [(row.slug, row.search) for row in model.Session.execute(query)]

    @classmethod
    def lineage(cls, slug: str) -> list[Area]:
        """The area and the areas that hold it, nearest first, in one query; empty when there is no such area."""
        c = cls.__table__.c
        line = sa.select(c.slug, c.parent, sa.literal(0).label("depth")).where(c.slug == slug).cte(recursive=True)
        above = sa.select(c.slug, c.parent, line.c.depth + 1).join(line, c.slug == line.c.parent)
        # The count ends a circle that somebody made by hand in the database.
        line = line.union_all(above.where(line.c.depth < len(KINDS)))
        query = sa.select(cls).join(line, c.slug == line.c.slug).order_by(line.c.depth)
        return list(dict.fromkeys(model.Session.scalars(query)))

    @classmethod
    def of(cls, slugs: Iterable[str]) -> list[Area]:
        """The areas with these slugs, coarse ones first."""
        found = model.Session.scalars(sa.select(cls).where(cls.__table__.c.slug.in_(list(slugs)))).all()
        return sorted(found, key=lambda area: (KINDS.index(area.kind), natural.key(area.slug)))

    @classmethod
    def listed(cls, **filters: str) -> list[Area]:
        """Areas in use, by `kind`, `parent`, `city` or `country`, by slug, the 2nd before the 10th."""
        c = cls.__table__.c
        query = sa.select(cls).where(~c.retired, *(c[name] == value for name, value in filters.items()))
        return sorted(model.Session.scalars(query), key=lambda area: natural.key(area.slug))

    @classmethod
    def at(cls, longitude: float, latitude: float, least_km2: float = 0) -> Area | None:
        """The finest area in use that holds the point and is not much smaller than `least_km2`."""
        c = cls.__table__.c
        point = sa.func.ST_SetSRID(sa.func.ST_MakePoint(longitude, latitude), 4326)
        surface = sa.func.ST_Area(sa.cast(c.geom, Geography))
        depth = sa.case({kind: n for n, kind in enumerate(KINDS)}, value=c.kind)
        query = (
            sa.select(cls)
            .where(~c.retired, sa.func.ST_Covers(c.geom, point), surface >= least_km2 * 1e6 * _SMALLEST_SHARE)
            .order_by(depth.desc(), surface, c.slug)
            .limit(1)
        )
        return model.Session.scalars(query).first()

    def ancestors(self) -> list[Area]:
        """Parent, its parent …, nearest first."""
        return self.lineage(self.parent) if self.parent else []

    def geometry(self, tolerance: float = 0) -> dict[str, Any]:
        """GeoJSON of the outline, with corners nearer than `tolerance` degrees left out."""
        shape = to_shape(self.geom)
        if tolerance:
            shape = shapely.simplify(shape, tolerance)
        return shapely.geometry.mapping(shape)

    def dictize(self) -> dict[str, Any]:
        """What the public may know of the area, without its outline."""
        return {
            "id": self.slug,
            "place": f"area:{self.slug}",
            "kind": self.kind,
            "parent": self.parent,
            "country": self.country,
            "city": self.city,
            "timezone": self.timezone,
            "name": dict(self.names),
            "also": list(self.also),
            "centre": [self.longitude, self.latitude],
            "source": self.source,
            "licence": self.licence,
            "attribution": self.attribution,
            "approximate": self.approximate,
            "retired": self.retired,
        }
