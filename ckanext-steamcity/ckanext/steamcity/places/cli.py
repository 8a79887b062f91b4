"""Commands of the places plugin."""

from __future__ import annotations

import click

__all__ = ["steamcity_places"]


@click.group("steamcity-places", short_help="SteamCity: places")
def steamcity_places() -> None:
    """Commands of the places plugin."""
