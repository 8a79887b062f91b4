"""Pages of the frame."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["steamcity"]

steamcity = Blueprint("steamcity", __name__)
