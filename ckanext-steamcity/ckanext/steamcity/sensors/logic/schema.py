"""What the actions of the sensors plugin accept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.plugins.toolkit import validator_args
from ckan.types import Schema, Validator, ValidatorFactory
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape

from ..search import CORNERS

_OUTLINES = ("Polygon", "MultiPolygon")
_NO_OUTLINE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError, ShapelyError
)  # fmt: skip


def moment(value: Any) -> datetime:
    """A day or a moment in ISO 8601; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(str(value).strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise tk.Invalid(tk._("Write a day as 2026-03-03 or a moment as 2026-03-03T07:05:00Z.")) from error


def day_or_moment(value: Any) -> date | datetime:
    """A day, on whichever clock it is meant, or a moment."""
    found = moment(value)
    return found.date() if len(str(value).strip()) == len("2026-03-03") else found


def until(value: Any) -> datetime:
    """The end of a range: a moment that is outside, or a day that counts whole."""
    found = moment(value)
    try:
        return found + timedelta(days=1) if len(str(value).strip()) == len("2026-03-03") else found
    except OverflowError as error:
        raise tk.Invalid(tk._("Write a day as 2026-03-03 or a moment as 2026-03-03T07:05:00Z.")) from error


@validator_args
def station_list(
    default: ValidatorFactory,
    unicode_safe: Validator,
    natural_number_validator: Validator,
    limit_to_configured_maximum: ValidatorFactory,
) -> Schema:
    return {
        "feed": [default(""), unicode_safe],
        "city": [default(""), unicode_safe],
        "limit": [default(100), natural_number_validator, limit_to_configured_maximum("", 1000)],
        "offset": [default(0), natural_number_validator],
    }


def point(value: Any) -> tuple[float, float]:
    """Latitude and longitude, as `43.53,5.45`."""
    try:
        latitude, longitude = (float(part) for part in str(value).split(","))
    except ValueError as error:
        raise tk.Invalid(tk._("Write a point as latitude,longitude in degrees: 43.53,5.45")) from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise tk.Invalid(tk._("Write a point as latitude,longitude in degrees: 43.53,5.45"))
    return latitude, longitude


def metres(value: Any) -> float:
    """A distance up to 200 km."""
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise tk.Invalid(tk._("Give a distance in metres, at most 200000.")) from error
    if not 0 <= found <= 200_000:
        raise tk.Invalid(tk._("Give a distance in metres, at most 200000."))
    return found


def polygon(value: Any) -> dict[str, Any]:
    """A GeoJSON Polygon or MultiPolygon (an object or its text) that a database can work with."""
    message = tk._("Give a GeoJSON Polygon or MultiPolygon of at most {count} corners.").format(count=CORNERS)
    try:
        found = json.loads(value) if isinstance(value, str) else value
        outline = shape(found) if isinstance(found, dict) and found.get("type") in _OUTLINES else None
    except _NO_OUTLINE as error:
        raise tk.Invalid(message) from error
    if outline is None or outline.is_empty or not outline.is_valid or outline.wkt.count(",") >= CORNERS:
        raise tk.Invalid(message)
    return mapping(outline)


@validator_args
def station_search(
    default: ValidatorFactory,
    ignore_empty: Validator,
    unicode_safe: Validator,
    one_of: ValidatorFactory,
    natural_number_validator: Validator,
    limit_to_configured_maximum: ValidatorFactory,
) -> Schema:
    return {
        "near": [ignore_empty, point],
        "radius": [default(1000), metres],
        "area": [ignore_empty, unicode_safe],
        "polygon": [ignore_empty, polygon],
        "property": [ignore_empty, unicode_safe],
        "active_since": [ignore_empty, moment],
        "feed": [ignore_empty, unicode_safe],
        "city": [ignore_empty, unicode_safe],
        "format": [default("json"), one_of(["json", "geojson"])],
        "limit": [default(100), natural_number_validator, limit_to_configured_maximum("", 1000)],
        "offset": [default(0), natural_number_validator],
    }


@validator_args
def observation_search(
    not_empty: Validator,
    ignore_empty: Validator,
    unicode_safe: Validator,
    default: ValidatorFactory,
    one_of: ValidatorFactory,
    natural_number_validator: Validator,
) -> Schema:
    return _which_observations(ignore_empty, unicode_safe, default, one_of) | {
        "station": [not_empty, unicode_safe],
        "limit": [default(1000), natural_number_validator],
        "after": [ignore_empty, unicode_safe],
    }


def _which_observations(
    ignore_empty: Validator, unicode_safe: Validator, default: ValidatorFactory, one_of: ValidatorFactory
) -> Schema:
    """What an answer and a file are asked for in the same words."""
    return {
        "property": [ignore_empty, unicode_safe],
        "from": [ignore_empty, moment],
        "to": [ignore_empty, until],
        "resolution": [default("raw"), one_of(["raw", "hour", "day"])],
        "quality": [default("all"), one_of(["all", "good", "usable"])],
    }


def year(value: Any) -> int:
    """A year that can have data."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise tk.Invalid(tk._("Write a year as 2026.")) from error
    if not 2000 <= found <= 2200:  # noqa: PLR2004
        raise tk.Invalid(tk._("Write a year as 2026."))
    return found


def month(value: Any) -> date:
    """A month, as its first day."""
    try:
        return datetime.strptime(str(value).strip(), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise tk.Invalid(tk._("Write a month as 2026-03.")) from error


@validator_args
def coverage_show(not_empty: Validator, ignore_empty: Validator, unicode_safe: Validator) -> Schema:
    return {"feed": [not_empty, unicode_safe], "year": [ignore_empty, year]}


@validator_args
def latest_list(
    not_empty: Validator,
    unicode_safe: Validator,
    default: ValidatorFactory,
    natural_number_validator: Validator,
    limit_to_configured_maximum: ValidatorFactory,
) -> Schema:
    return {
        "feed": [not_empty, unicode_safe],
        "limit": [default(100), natural_number_validator, limit_to_configured_maximum("", 1000)],
    }


@validator_args
def month_write(
    default: ValidatorFactory, ignore_empty: Validator, unicode_safe: Validator, boolean_validator: Validator
) -> Schema:
    return {
        "feed": [default(""), unicode_safe],
        "month": [ignore_empty, month],
        "at_once": [default(False), boolean_validator],
    }


@validator_args
def observation_file(
    ignore_empty: Validator,
    unicode_safe: Validator,
    default: ValidatorFactory,
    one_of: ValidatorFactory,
    natural_number_validator: Validator,
) -> Schema:
    return _which_observations(ignore_empty, unicode_safe, default, one_of) | {
        "datastream": [ignore_empty, natural_number_validator],
    }


@validator_args
def observation_window(not_empty: Validator, unicode_safe: Validator) -> Schema:
    return {
        "station": [not_empty, unicode_safe],
        "from": [not_empty, day_or_moment],
        "to": [not_empty, day_or_moment],
        "protocol": [not_empty, unicode_safe],
    }
