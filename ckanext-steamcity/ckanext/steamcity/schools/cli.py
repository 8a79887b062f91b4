"""Commands of the schools plugin."""

from __future__ import annotations

import click

__all__ = ["steamcity_schools"]


@click.group("steamcity-schools", short_help="SteamCity: schools")
def steamcity_schools() -> None:
    """Commands of the schools plugin."""
