"""Pages of the harvester plugin: only a guard before ckanext-harvest's."""

from __future__ import annotations

from flask import Blueprint

from .doors import refuse_links

__all__ = ["steamcity_harvester"]

steamcity_harvester = Blueprint("steamcity_harvester", __name__)
steamcity_harvester.before_app_request(refuse_links)
