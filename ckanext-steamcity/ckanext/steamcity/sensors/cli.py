"""Commands of the sensors plugin."""

from __future__ import annotations

import json

import ckan.plugins.toolkit as tk
import click
from ckan import model

from . import stations

__all__ = ["steamcity_sensors"]


@click.group("steamcity-sensors", short_help="SteamCity: sensors")
def steamcity_sensors() -> None:
    """Commands of the sensors plugin."""


@steamcity_sensors.command("months")
@click.option("--feed", default="", help="Only the feed with this id.")
@click.option("--month", default="", help="Only this month, as 2026-03.")
@click.option("--at-once", is_flag=True, help="Do not wait for further late values of a month.")
def months(feed: str, month: str, at_once: bool) -> None:
    """Write the files of closed months that have none or have changed; one line for each."""
    asked = {"feed": feed, "month": month, "at_once": at_once}
    try:
        written = tk.get_action("steamcity_month_write")({"ignore_auth": True}, asked)
    except tk.ValidationError as error:
        raise click.ClickException(str(error.error_summary)) from error
    for one in written:
        click.echo(json.dumps(one, ensure_ascii=False))


@steamcity_sensors.command("areas")
def areas() -> None:
    """Give stations the areas they stand in: once after migration 003, and when further boundaries were loaded."""
    click.echo(f"{stations.fill_areas(model.Session)} places were given their areas.")
