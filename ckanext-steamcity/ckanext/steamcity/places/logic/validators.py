"""Validators of the places plugin."""

from __future__ import annotations

import math
from typing import Any

import ckan.plugins.toolkit as tk

from .. import names, resolve
from ..model import Area

# Longer than the longest name of a place anywhere.
_LONGEST_CITY = 100

__all__ = ["steamcity_city", "steamcity_degrees", "steamcity_place"]


def steamcity_place(value: Any) -> Any:
    """A published place: `area:<slug>` of an area we know, or `cell:<index>` of a cell coarse enough to be published.

    An empty value passes: whether a place is needed is judged at publication.
    """
    if value is None or value is tk.missing or value == "":
        return value
    text = str(value).strip()
    kind, _, key = text.partition(":")
    if kind not in ("area", "cell") or not key:
        raise tk.Invalid(tk._("Choose a place from the list: a neighbourhood, a city or a cell of the map."))
    if resolve.exists(text):
        return text
    if kind == "cell":
        # The value itself is not repeated: it may be finer than what may be shown.
        raise tk.Invalid(tk._("This is no cell of the map that may be published."))
    raise tk.Invalid(tk._("There is no place “{place}” on this portal.").format(place=key))


def steamcity_city(value: Any) -> Any:
    """A city: its identifier when the portal knows it under this name in any language, else the text as it is.

    A school may lie in a city nobody has loaded.
    """
    if value is None or value is tk.missing or value == "":
        return value
    text = " ".join(str(value).split())
    if len(text) > _LONGEST_CITY or not text.isprintable():
        raise tk.Invalid(tk._("This is no name of a city."))
    wanted = names.fold(text)
    for slug, searched in Area.city_names():
        if text == slug or (wanted and names.rank(searched, wanted) == 0):
            return slug
    return text


def steamcity_degrees(value: Any) -> float:
    """A finite number of degrees, with a decimal point."""
    try:
        degrees = float(value)
    except (TypeError, ValueError):
        degrees = math.nan
    if not math.isfinite(degrees) or abs(degrees) > 180:
        raise tk.Invalid(tk._("Must be a number of degrees."))
    return degrees
