"""Commands of the frame."""

from __future__ import annotations

import sys

import click

__all__ = ["steamcity"]


@click.group("steamcity", short_help="SteamCity Open Data")
def steamcity() -> None:
    """Commands of the portal as a whole."""


@steamcity.command()
@click.argument("name")
def administrator(name: str) -> None:
    """Make NAME a system administrator, with the password read from standard input when the account is new."""
    import ckan.model as model
    import ckan.plugins.toolkit as tk

    password = sys.stdin.read().strip()
    user = model.User.get(name)
    if user is None:
        site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
        account = {"name": name, "email": f"{name}@localhost.invalid", "password": password}
        tk.get_action("user_create")({"ignore_auth": True, "user": site_user}, account)
        user = model.User.get(name)
    user.sysadmin = True
    model.Session.commit()
    click.echo(f"{name} is a system administrator.")
