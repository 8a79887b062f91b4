"""Commands of the sensors plugin."""

from __future__ import annotations

import click

__all__ = ["steamcity_sensors"]


@click.group("steamcity-sensors", short_help="SteamCity: sensors")
def steamcity_sensors() -> None:
    """Commands of the sensors plugin."""
