"""Pages of the sensors plugin."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["steamcity_sensors"]

steamcity_sensors = Blueprint("steamcity_sensors", __name__)
