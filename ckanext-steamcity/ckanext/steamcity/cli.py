"""Commands of the frame."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

if TYPE_CHECKING:
    from ckanext.steamcity.protocols.findings import Report

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
    if user is None:
        raise click.ClickException(f"{name} could not be made.")
    user.sysadmin = True
    model.Session.commit()
    click.echo(f"{name} is a system administrator.")


@steamcity.command("check-file")
@click.argument("protocol")
@click.argument("file", type=click.File("rb"))
@click.option("--timezone", help="Time zone of times without one, e.g. Europe/Paris.")
@click.option("--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="What a date like 03/04/2026 means.")
@click.option("--decimal", type=click.Choice([",", "."]), help="The decimal sign, where the file leaves it open.")
@click.option("--start-time", help="When a logger that counts from its start was started.")
@click.option("--sheet", help="Number of the sheet to read, of a spreadsheet.")
@click.option("--column", "columns", multiple=True, metavar="HEADER=NAME", help="Which column a header means.")
@click.option("--decide", "decisions", multiple=True, metavar="CODE=CHOICE", help="What shall happen with a finding.")
@click.option("--json", "as_json", is_flag=True, help="The whole report, as the API gives it.")
def check_file(
    protocol: str,
    file: BinaryIO,
    as_json: bool,
    columns: tuple[str, ...],
    decisions: tuple[str, ...],
    **given: str | None,
) -> None:
    """Say what the check of PROTOCOL finds in FILE; ends with 1 where it could not be published as it is."""
    from ckanext.steamcity import protocols

    if protocol not in protocols.slugs():
        raise click.ClickException(f"There is no protocol {protocol}; there are: {', '.join(protocols.slugs())}")
    hints: dict[str, Any] = {name: value for name, value in given.items() if value}
    hints |= {"mapping": _pairs(columns, "--column"), "decisions": _pairs(decisions, "--decide")}
    name = Path(file.name).name
    report = protocols.check_file(file, protocols.load(protocol), filename=name, hints=hints)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
    else:
        _tell(report)
    if not report.ok:
        raise SystemExit(1)


def _pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    """NAME=VALUE of an option that may be given more than once; the name may have a = itself."""
    pairs = [one.rpartition("=") for one in given]
    if wrong := [value for name, _sign, value in pairs if not name]:
        raise click.BadParameter(f"{wrong[0]} has no =", param_hint=option)
    return {name: value for name, _sign, value in pairs}


def _tell(report: Report) -> None:
    """A line for each question and finding, what may be decided, and what would be published."""
    from ckanext.steamcity.messages import fill

    for question in report.questions:
        click.echo(f"question  {fill(question.message)}")
        click.echo(f"          --{question.code.replace('_', '-')} {'|'.join(value for value, _ in question.choices)}")
    choices: dict[str, list[str]] = {}
    for finding in report.findings:
        click.echo(f"{finding.severity:<8}  {fill(finding.message)}")
        if finding.open:
            known = choices.setdefault(finding.code, [])
            known.extend(choice for choice in finding.choices if choice not in known)
    for code, known in choices.items():
        if known:
            click.echo(f"decide    --decide {code}={'|'.join(known)}")
    out = report.clean.left_out if report.clean else None
    if out and (out.answers or out.shares):
        click.echo(
            f"left out  {out.answers} of {out.all_answers} answers and {out.shares} shares: fewer than {out.minimum}"
            " people gave them, or they would show what fewer gave"
        )
    click.echo(f"{report.rows} rows, {len(report.repairs)} changed, {'can' if report.ok else 'cannot'} be published")


@steamcity.group()
def demo() -> None:
    """Synthetic content that shows what the portal does."""


@demo.command()
@click.option(
    "--feeds",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder a static server shows, for the sensor files.",
)
@click.option("--feeds-url", help="Address of that server.")
def load(feeds: Path | None, feeds_url: str | None) -> None:
    """Load the demo through the public actions; what is there is left.

    Passwords come as JSON {account: password} on standard input.
    """
    from ckanext.steamcity.demo import load as demo_load
    from ckanext.steamcity.demo import network

    given = json.loads(sys.stdin.read() or "{}")
    passwords = {name: given.get(name) or secrets.token_urlsafe(24) for name in demo_load.accounts()}
    demo_load.load(_call, "admin", passwords)
    if feeds and feeds_url:
        network.load_feed(_call, "admin", feeds, feeds_url)
    click.echo("The demo is loaded.")


def _call(action: str, user: str, data: dict[str, Any]) -> Any:
    """Call an action as an account would, with every permission checked."""
    import ckan.model as model
    import ckan.plugins.toolkit as tk

    account = model.User.get(user)
    return tk.get_action(action)({"user": user, "auth_user_obj": account}, data)
