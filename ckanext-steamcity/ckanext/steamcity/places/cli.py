"""Commands of the places plugin: load boundaries, load the demo's outlines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import click

__all__ = ["steamcity_places"]


@click.group("steamcity-places", short_help="SteamCity: places")
def steamcity_places() -> None:
    """Places: cities, districts and quarters with their outlines."""


@steamcity_places.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Where the boundaries come from.")
@click.option("--licence", required=True, help="Their licence.")
@click.option("--attribution", required=True, help="How their author is named on maps.")
@click.option("--kind", type=click.Choice(["country", "city", "district", "quarter"]), default="district")
@click.option("--parent", help="Slug of the place they belong to, e.g. marseille.")
@click.option("--name-field", default="", help="Property with the local name.")
@click.option(
    "--name", "names", multiple=True, metavar="LANGUAGE=PROPERTY", help="Property with the name in a language."
)
@click.option("--slug-field", default="", help="Property with the identifier; else the name is used.")
@click.option("--timezone", help="Time zone of a city, e.g. Europe/Paris.")
@click.option("--approximate", is_flag=True, help="These are no surveyed borders.")
@click.option("--replace", is_flag=True, help="Take places of this kind and parent that FILE lacks out of use.")
def load(file: Path, names: tuple[str, ...], **options: Any) -> None:
    """Load areas from FILE (GeoJSON in longitudes and latitudes), all or nothing."""
    pairs = [name.partition("=") for name in names]
    data = {key: value for key, value in options.items() if value not in (None, "")}
    _load(
        {
            **data,
            "geojson": file.read_text(encoding="utf-8-sig"),
            "name_fields": {language: name for language, _, name in pairs},
        }
    )


@steamcity_places.command()
def demo() -> None:
    """Load the approximate outlines of the demo cities. Areas of your own with the same slug are replaced."""
    from . import outlines

    about = outlines.source()
    _load({**{key: about[key] for key in ("source", "licence", "attribution")}, "geojson": outlines.collection()})


def _load(data: dict[str, Any]) -> None:
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    try:
        done = tk.get_action("steamcity_area_load")({"user": user["name"]}, data)
    except tk.ValidationError as error:
        for problem in error.error_summary.values():
            tk.error_shout(problem)
        raise click.Abort from error
    counts = {key: len(done[key]) for key in ("created", "updated", "retired")}
    click.echo(tk._("{created} places new, {updated} updated, {retired} out of use.").format(**counts))
    click.echo(tk._("Results already published find the new places after: ckan search-index rebuild"))
