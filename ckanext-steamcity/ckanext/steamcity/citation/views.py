"""Pages of the citation plugin."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["steamcity_citation"]

steamcity_citation = Blueprint("steamcity_citation", __name__)
