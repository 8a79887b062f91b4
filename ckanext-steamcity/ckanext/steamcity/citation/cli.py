"""Commands of the citation plugin."""

from __future__ import annotations

import json
from importlib.resources import files

import click

from . import outbox

__all__ = ["steamcity_citation"]


@click.group("steamcity-citation", short_help="SteamCity: versions, identifiers, freezing")
def steamcity_citation() -> None:
    """Commands of the citation plugin."""


@steamcity_citation.command("datastore-sql")
def datastore_sql() -> None:
    """Print what a superuser has to run on the DataStore's database, after `ckan datastore set-permissions`."""
    click.echo(files("ckanext.steamcity.citation").joinpath("datastore.sql").read_text(encoding="utf-8"))


@steamcity_citation.command("reconcile")
def reconcile() -> None:
    """Finish what was interrupted: registrations, index, tables. Report damaged files (exit code 1)."""
    report = outbox.reconcile()
    click.echo(json.dumps(report, indent=1))
    if report["damaged"] or report["outbox"]["failed"]:
        raise SystemExit(1)
