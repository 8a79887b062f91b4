"""`ckan steamcity-feed …`: run feeds and see how they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import click
from ckan import model
from ckan.lib.munge import munge_title_to_name
from ckan.types import Context
from ckanext.harvest.model import HarvestSource

from . import config, discreet, watch

__all__ = ["steamcity_feed"]


@click.group("steamcity-feed", short_help="SteamCity: run sensor feeds and see how they stand")
def steamcity_feed() -> None:
    """Run sensor feeds and see how they stand."""


@steamcity_feed.command("list")
def list_feeds() -> None:
    """The feeds of this portal: id, state of the source, address."""
    for source in _feeds():
        click.echo(f"{source.id}  {'active' if source.active else 'off'}  {source.title}  {source.url}")


@steamcity_feed.command("add")
@click.argument("url")
@click.option("--title", required=True, help="What people will read above its stations.")
@click.option("--organization", required=True, help="Name or id of the organisation that looks after it.")
@click.option("--config", "settings", default='{"provider": "sensor_community"}', show_default=True, help="JSON.")
def add(url: str, title: str, organization: str, settings: str) -> None:
    """Add a feed, or find the one that is there already, and print its id."""
    for source in _feeds():
        if config.folder(source.url) == config.folder(url):
            click.echo(source.id)
            return
    name = "feed-" + munge_title_to_name(title)[:80]
    found: Any = model.Group.get(organization)
    if found is None or not found.is_organization:
        raise click.ClickException(f"There is no organisation “{organization}”.")
    fields = {
        "url": url, "name": name, "title": title, "owner_org": found.id, "source_type": config.SOURCE_TYPE,
        "frequency": "MANUAL", "config": settings,
    }  # fmt: skip
    try:
        with discreet.making():
            made = tk.get_action("harvest_source_create")(_context(), fields)
    except tk.ValidationError as error:
        raise click.ClickException("; ".join(f"{key}: {word}" for key, word in error.error_summary.items())) from error
    click.echo(made["id"])


@steamcity_feed.command("run")
@click.argument("source_id")
def run_feed(source_id: str) -> None:
    """Run a feed now and wait for its end; exit code 1 when it failed."""
    answer = tk.get_action("steamcity_feed_run")(_context(), {"source_id": source_id, "wait": True})
    click.echo(json.dumps(answer | _status(source_id), ensure_ascii=False, indent=1, default=str))
    if answer["state"] == "failed":
        raise SystemExit(1)


@steamcity_feed.command("status")
@click.argument("source_id", required=False)
def status(source_id: str | None) -> None:
    """The newest run of a feed (of all feeds without an id) and what the feed holds."""
    for source in _feeds():
        if source_id in (None, source.id):
            click.echo(json.dumps({"feed": source.id} | _status(source.id), ensure_ascii=False, indent=1, default=str))


@steamcity_feed.command("preview")
@click.argument("source_id")
@click.option("--files", default=3, show_default=True, help="Read at most so many files or pages.")
def preview(source_id: str, files: int) -> None:
    """Show what a run would store, and store nothing."""
    try:
        shown = tk.get_action("steamcity_feed_preview")(_context(), {"source_id": source_id, "files": files})
    except tk.ValidationError as error:
        reasons: Any = error.error_dict["source_id"]
        raise click.ClickException("; ".join(reasons)) from error
    click.echo(json.dumps(shown, ensure_ascii=False, indent=1, default=str))


@steamcity_feed.command("drop")
@click.argument("source_id")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--device", default="", help="What tells this device from the feed's others.")
@click.option("--start", default="", help="When a log that counts was started, on the feed's clock: 2026-03-03T08:05.")
@click.option("--order", default="", help="dmy or mdy: what comes first in dates that leave it open.")
@click.option("--same-logger", is_flag=True, help="Without --device: files that don't fit are of one logger, too.")
@click.option("--dry-run", is_flag=True, help="Say what would be stored, and store nothing.")
def drop(
    source_id: str, files: tuple[Path, ...], device: str, start: str, order: str, same_logger: bool, dry_run: bool
) -> None:
    """Give files, or all files of folders, to a feed that others push to; exit code 1 when one was refused."""
    refused = False
    for file in _each(files):
        fields = {
            "source_id": source_id, "device": device, "start_time": start, "date_order": order, "dry_run": dry_run,
            "same_logger": same_logger,
        }  # fmt: skip
        try:
            answer = tk.get_action("steamcity_feed_upload")(_context(), fields | {"text": file.read_bytes()})
        except tk.ValidationError as error:
            refused, answer = True, {"error": error.error_dict}
        answer.pop("rows", None)
        click.echo(json.dumps({"file": file.name} | answer, ensure_ascii=False, default=str))
    if refused:
        raise SystemExit(1)


@steamcity_feed.command("token")
@click.argument("source_id")
def token(source_id: str) -> None:
    """Make a token with which devices push to a feed, and print it this once."""
    click.echo(tk.get_action("steamcity_feed_token_create")(_context(), {"source_id": source_id})["token"])


@steamcity_feed.command("watch")
def watch_feeds() -> None:
    """One turn of the clock: start what is due, take up what has stopped. The worker does it every five minutes."""
    click.echo(json.dumps(watch.look()))


def _each(paths: tuple[Path, ...]) -> Iterator[Path]:
    """The files, and those that lie in the folders."""
    for path in paths:
        yield from sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]


def _feeds() -> list[Any]:
    return model.Session.query(HarvestSource).filter_by(type=config.SOURCE_TYPE).order_by(HarvestSource.created).all()


def _status(source_id: str) -> dict[str, Any]:
    return tk.get_action("steamcity_run_show")(_context(), {"feed": source_id})


def _context() -> Context:
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return {"user": user, "ignore_auth": True}
