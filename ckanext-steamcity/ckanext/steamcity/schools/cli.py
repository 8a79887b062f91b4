"""Commands of the schools plugin."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import click

from .model import Review

__all__ = ["steamcity_schools"]


@click.group("steamcity-schools", short_help="SteamCity: schools")
def steamcity_schools() -> None:
    """Commands of the schools plugin."""


@steamcity_schools.command()
def reviews() -> None:
    """List requests for publication that wait for a decision, the oldest first."""
    waiting = Review.waiting(None, None)
    for review in waiting:
        school = tk.h.get_organization(review.school) or {}
        click.echo(f"{review.requested_at:%Y-%m-%d}  {school.get('title', review.school)}  {review.package_id}")
    if not waiting:
        click.echo("No request is waiting.")
