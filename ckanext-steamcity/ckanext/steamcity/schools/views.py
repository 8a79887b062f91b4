"""Pages of the schools plugin."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["steamcity_schools"]

steamcity_schools = Blueprint("steamcity_schools", __name__)
