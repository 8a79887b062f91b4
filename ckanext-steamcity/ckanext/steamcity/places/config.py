"""The options of the places plugin, read in one place."""

from __future__ import annotations

import ckan.plugins.toolkit as tk


def tile_url() -> str:
    """Address of the map tiles; empty when there are none."""
    return tk.config.get("steamcity.places.tile_url") or ""


def tile_attribution() -> str:
    """What must be said about the tiles."""
    return tk.config.get("steamcity.places.tile_attribution") or ""
