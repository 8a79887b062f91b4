"""Pages of the places plugin."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["steamcity_places"]

steamcity_places = Blueprint("steamcity_places", __name__)
