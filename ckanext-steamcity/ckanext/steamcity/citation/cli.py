"""Commands of the citation plugin."""

from __future__ import annotations

import click

__all__ = ["steamcity_citation"]


@click.group("steamcity-citation", short_help="SteamCity: citation")
def steamcity_citation() -> None:
    """Commands of the citation plugin."""
