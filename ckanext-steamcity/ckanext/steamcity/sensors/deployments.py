"""Where stations stood, and whether one has moved (only `sensors/` imports this).

A place is kept as it was published, so whether it is the former one is judged by what was published of both.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import ckan.plugins.toolkit as tk
import h3
import sqlalchemy as sa
from ckan.types import AlchemySession as Session
from ckanext.steamcity import privacy

#: To so many decimals networks round what they publish anew; with fewer it would be another town.
_COARSE = 2
#: Half a step of these decimals, as floats know it.
_HALF = 0.5 * 10**-_COARSE + 1e-9
_ROWS = sa.text(
    "select id, valid_from, ST_Y(geom) as latitude, ST_X(geom) as longitude, place as cell, areas"
    " from steamcity_sensors_deployment where station_id = :station order by valid_from for update"
)


class Place(NamedTuple):
    """A published place."""

    latitude: float
    longitude: float
    cell: str


def published(latitude: float, longitude: float, exposure: str, place: str = "") -> Place:
    """A place as it may be known; ``place``: all that is known of it, where the point is only its middle."""
    return Place(*privacy.station_place(latitude, longitude, exposure, place))


def _known(place: str) -> dict[str, Any]:
    """What is known of a published place; nothing where no boundaries are loaded, or the portal runs without places."""
    try:
        return tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": place})
    except (tk.ObjectNotFound, tk.ValidationError, KeyError):
        return {}


def areas_of(place: str) -> list[str]:
    """Slugs of the areas that hold a published place, nearest first; one that is an area holds itself."""
    known = _known(place)
    own = [place.removeprefix("area:")] if known and place.startswith("area:") else []
    return own + [area.removeprefix("area:") for area in known.get("ancestors", ())]


def city_of(place: str) -> str:
    """Slug of the city that holds a published place; empty where none is known."""
    return _known(place).get("city") or ""


def zone_of(place: str) -> ZoneInfo:
    """The clock of a published place; UTC where no place says one."""
    return ZoneInfo(_known(place).get("timezone") or "UTC")


def between(place: str, first: date | datetime, last: date | datetime) -> tuple[datetime, datetime, str]:
    """The moments between which days are meant on the clock of a place, and the first and last day in figures."""
    zone = zone_of(place)
    try:
        begin = first if isinstance(first, datetime) else datetime.combine(first, time(), zone).astimezone(UTC)
        end = last
        if not isinstance(end, datetime):
            end = datetime.combine(end + timedelta(days=1), time(), zone).astimezone(UTC)
        ends_on = (end - timedelta(microseconds=1)).astimezone(zone)
        return begin, end, f"{begin.astimezone(zone):%Y-%m-%d}_{ends_on:%Y-%m-%d}"
    except OverflowError as error:
        message = tk._("Write a day as 2026-03-03 or a moment as 2026-03-03T07:05:00Z.")
        raise tk.ValidationError({"to": [message]}) from error


def deploy(
    session: Session, station: str, since: datetime, point: tuple[float, float], exposure: str, said: str = ""
) -> bool:
    """Remember where the station stood from `since` on; late news of the same place move its beginning back.
    ``said``: the area or cell that is all that is known. Whether the place is another than it was then."""
    place = published(*point, exposure, said)
    if exposure != "outdoor":
        take_indoors(session, station, exposure, place.cell)
    rows = session.execute(_ROWS, {"station": station}).all()
    before = [row for row in rows if row.valid_from <= since]
    after = [row for row in rows if row.valid_from > since]
    if before and _stands(_place(before[-1]), place, point):
        return False
    if said and before and _place(before[-1])[:2] == place[:2]:
        # The same middle, and no more was ever known: that its cell was shown before said too much.
        _show_as(session, before[-1].id, place)
        return True
    if after and _place(after[0]) == place:
        session.execute(
            sa.text("update steamcity_sensors_deployment set valid_from = :since where id = :id"),
            {"since": since, "id": after[0].id},
        )
        return False
    session.execute(
        sa.text(
            "insert into steamcity_sensors_deployment (station_id, valid_from, geom, place, areas)"
            " values (:station, :since, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :cell, :areas)"
            " on conflict (station_id, valid_from) do update set geom = excluded.geom, place = excluded.place,"
            " areas = excluded.areas"
        ),
        {"station": station, "since": since, "areas": areas_of(place.cell)} | _where(place),
    )
    return True


def take_indoors(session: Session, station: str, exposure: str, cell: str = "") -> None:
    """The station was said to stand outdoors and does not: no place of its history is shown more exactly than that, for
    it would still give the station away; ``cell``: only those that are in this one, or in this area."""
    for row in session.execute(_ROWS, {"station": station}).all():
        place = published(row.latitude, row.longitude, exposure)
        finer = _resolution(row.cell) > _resolution(place.cell)
        if finer and (cell in ("", place.cell) or _lies_in(row, cell)):
            _show_as(session, row.id, place)


def _lies_in(row: Any, wider: str) -> bool:
    """Whether a former place is in an area, or in a cell that is larger than those of stations indoors."""
    if wider.startswith("area:"):
        return wider.removeprefix("area:") in (row.areas or ())
    return row.cell.startswith("cell:") and h3.cell_to_parent(row.cell[5:], _resolution(wider)) == wider[5:]


def _show_as(session: Session, deployment: int, place: Place) -> None:
    """Publish what is stored of a place anew."""
    session.execute(
        sa.text(
            "update steamcity_sensors_deployment set geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),"
            " place = :cell, areas = :areas where id = :id"
        ),
        {"id": deployment, "areas": areas_of(place.cell)} | _where(place),
    )


def _stands(former: Place, said: Place, point: tuple[float, float]) -> bool:
    """Whether a station stands where it stood. Networks round anew what they have, and nothing has moved; that is
    provable where the coarser of two places is the other one rounded, in both coordinates. ``point``: what was said,
    before it was published."""
    if former.cell == said.cell and former[:2] == said[:2]:
        return True
    if _resolution(former.cell) != _resolution(said.cell):
        return False  # the same place, shown more or less exactly from now on
    if _resolution(said.cell) < privacy.policy("P0", "station").resolution:
        # Only the middle of a cell is known of the former place: what was rounded may have been in it.
        return _rounded(point) and former.cell in _cells_around(point, _resolution(said.cell))
    one, other = former[:2], said[:2]
    near = all(abs(a - b) <= _HALF for a, b in zip(one, other, strict=True))
    return near and _rounded(one) != _rounded(other)


def _rounded(point: tuple[float, float]) -> bool:
    """Whether both coordinates have no more decimals than networks round to; one alone has by chance."""
    return all(round(part, _COARSE) == part for part in point)


def _cells_around(point: tuple[float, float], resolution: int) -> set[str]:
    """Cells in which a place may lie that is this point when it is rounded."""
    latitudes, longitudes = ([part - _HALF, part, part + _HALF] for part in point)
    return {f"cell:{h3.latlng_to_cell(*corner, resolution)}" for corner in product(latitudes, longitudes)}


def _resolution(place: str) -> int:
    return privacy.resolution_of(place) or 0


def _place(row: Any) -> Place:
    return Place(row.latitude, row.longitude, row.cell)


def _where(place: Place) -> dict[str, Any]:
    return {"lat": place.latitude, "lon": place.longitude, "cell": place.cell}
