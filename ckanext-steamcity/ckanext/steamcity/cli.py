"""Commands of the frame."""

from __future__ import annotations

import click

__all__ = ["steamcity"]


@click.group("steamcity", short_help="SteamCity Open Data")
def steamcity() -> None:
    """Commands of the portal as a whole."""
