"""Write areas read from a file into the table. Called by the action `steamcity_area_load` only."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, NoReturn

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from geoalchemy2.shape import from_shape

from . import names
from .geojson import ProblemError
from .model import KINDS, Area


def sentence(problem: ProblemError) -> str:
    """A problem in words, in the language of the reader."""
    text = tk._(problem.text).format(**problem.params)
    return tk._("Place {number}: {text}").format(number=problem.number, text=text) if problem.number else text


def store(rows: list[dict[str, Any]], *, source: str, licence: str, attribution: str) -> dict[str, list[str]]:
    """Insert or update the areas, parents first. ValidationError when a parent is missing or of the wrong kind."""
    ordered = sorted(rows, key=lambda row: KINDS.index(row["kind"]) if row["kind"] in KINDS else -1)
    done: dict[str, list[str]] = {"created": [], "updated": []}
    now = datetime.datetime.now(datetime.UTC)
    for row in ordered:
        parent = _parent(row)
        area = Area.get(row["slug"])
        if area and area.kind != row["kind"]:
            _refuse(tk._("{slug} is already the name of a place of another kind.").format(slug=row["slug"]))
        done["updated" if area else "created"].append(row["slug"])
        if area is None:
            area = Area(slug=row["slug"])
        area.kind, area.parent = row["kind"], row["parent"]
        area.country = row["slug"] if row["kind"] == "country" else parent and parent.country
        area.city = row["slug"] if row["kind"] == "city" else parent and parent.city
        area.timezone = row["timezone"] or (parent and parent.timezone)
        area.names, area.also = row["names"], row["also"]
        area.search = names.searchable([*row["names"].values(), *row["also"]])
        area.longitude, area.latitude = row["centre"]
        area.geom = from_shape(row["shape"], srid=4326)
        area.source, area.licence, area.attribution = source, licence, attribution
        area.approximate, area.retired, area.modified = row["approximate"], False, now
        model.Session.add(area)
        model.Session.flush()
    return done


def retire_others(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Take areas that a new file no longer holds out of use: same parent, same kind, not among `rows`.

    They are kept, because results may have been published there; they no longer appear in lists or on new results.
    """
    c = Area.__table__.c
    retired: list[str] = []
    rows = list(rows)
    slugs = [row["slug"] for row in rows]
    for parent, kind in {(row["parent"], row["kind"]) for row in rows}:
        gone = sa.and_(c.parent == parent, c.kind == kind, ~c.retired, c.slug.not_in(slugs))
        for area in model.Session.scalars(sa.select(Area).where(gone)):
            area.retired = True
            retired.append(area.slug)
    return sorted(retired)


def _parent(row: dict[str, Any]) -> Area | None:
    if row["kind"] not in KINDS:
        _refuse(tk._("{slug} has the unknown kind {kind}.").format(slug=row["slug"], kind=row["kind"]))
    if row["parent"] is None:
        if row["kind"] != "country":
            _refuse(tk._("Say to which place these belong (parent)."))
        return None
    parent = Area.get(row["parent"])
    if parent is None:
        _refuse(tk._("There is no place {parent} that {slug} could belong to.").format(**row))
    if KINDS.index(parent.kind) >= KINDS.index(row["kind"]):
        _refuse(tk._("{slug} cannot belong to {parent}: that is no larger place.").format(**row))
    return parent


def _refuse(text: str) -> NoReturn:
    raise tk.ValidationError({"geojson": [text]})
