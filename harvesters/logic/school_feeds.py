"""Actions with which a school looks after its own feeds: try, add, list, see, pause, start again, stop a run."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict
from ckanext.harvest.model import HarvestSource
from ckanext.steamcity.arguments import checked

from .. import changes, choices, config, discreet, jobs, pauses, run, secrets, sources, standing, trial


@checked
def steamcity_feed_try(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Look at a feed before it is added: its stations at the precision they would be published with, some readings,
    what would be left out. Nothing is stored. Takes at most `steamcity.feed.try_seconds`.

    :param owner_org: the school or partner that wants it
    :param provider: `opensensemap`, `sensor_community`, `sensorthings`; for `push` there is nothing to look at
    :param boxes: openSenseMap: ids or addresses of boxes
    :param grouptag: openSenseMap: instead of boxes, a group
    :param sensors: Sensor.Community: numbers of sensors
    :param address: SensorThings: address of the server, with its version
    :param place: instead of ids: everything in and around this place (`area:…`); for a server: only that
    :param box: the same for a rectangle: `west,south,east,north`
    :param since: how far back the first run reads: `today`, `month`, `year` or `all`
    :param source_id: id of a feed that is there: look at it as `steamcity_feed_update` would make it
    """
    tk.check_access("steamcity_feed_try", context, data_dict)
    _organization(data_dict)
    if data_dict.get("source_id"):
        tk.check_access("steamcity_feed_update", context, {"source_id": data_dict["source_id"]})
        source = sources.asked_for(data_dict)
        found, secret = changes.plan(source, data_dict), secrets.secret(source.id)
        kind = str(changes.said(source)["provider"])
    else:
        found, secret = choices.plan(data_dict), ""
        kind = str(data_dict["provider"])
    if kind in ("push", "file"):
        raise tk.ValidationError({"provider": [tk._("This feed is sent its values: there is nothing to look at.")]})
    return trial.attempt(found, kind, secret)


@checked
def steamcity_feed_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Add a feed and read it for the first time. Parameters as in `steamcity_feed_try`, and:

    :param title: what people will read above its stations
    :param license_id: one the data of this network can stand under (the network's own)
    :param attribution: who is to be named (the network's own words; needed where it has none)
    :param profile: for `push`: what the devices send (`steamcity`, `airrohr`, `senml`, `ttn`, `opensensemap`)
    :param exposure: for `push`, `file` and `sensorthings`: `outdoor`, `indoor` or `unknown`
    :param mapping: for `file`: column → `time`, `date` (beside `time`), what it counts since the start (`seconds`,
        `minutes`, `hours`, `days`, `milliseconds`), or an object with `property` and `unit`; for the profiles `ttn` and
        `opensensemap` the same for fields
    :param timezone: for `file` and `push`: of times that do not say theirs (`file`: that of the place or the school)
    :param date_order: for `file`: `dmy` or `mdy`, where files leave it open
    :param city: slug of the city, for the dataset
    :param no_person: true where title or attribution is like a person's name and is none
    :param key: a feed that was added with the same key by the same person is not added again
    """
    tk.check_access("steamcity_feed_create", context, data_dict)
    organization = _organization(data_dict)
    person = context.get("user") or ""
    key = str(data_dict.get("key") or "") or hashlib.sha256(json.dumps(data_dict, default=str).encode()).hexdigest()
    name = "feed-" + hashlib.sha256(f"{person} {key}".encode()).hexdigest()[:24]
    address = tk.url_for("steamcity_feeds.show", source_id=name, qualified=True)
    found = choices.plan(data_dict, address)
    title = choices.title(data_dict)
    _complete(found)
    shown = {"title": title, "attribution": str(found.settings.get("attribution") or "")}
    choices.ask_about_names(data_dict, shown, organization.title or "")
    # Who clicks twice waits here until the first click has made its feed.
    model.Session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))
    made = model.Package.get(name)
    if made is None:
        _only_once(organization.id, found)
        source = _create(context, found, name, title, organization.id)
        if found.frequency != "MANUAL":
            jobs.enqueue_once(source)
    else:
        source = made.id
        model.Session.rollback()
    return standing.show(HarvestSource.get(source))


@checked
def steamcity_feed_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change the settings of a feed. Parameters as in `steamcity_feed_create` (but `provider`, which stays); what is
    not given stays, what is empty is taken away. What was stored stays too: another quantity or unit begins another
    datastream, another place another part of a station's history. Where stations turn out not to stand outdoors, their
    former places are shown less exactly as well.

    :param source_id: id of the harvest source
    """
    tk.check_access("steamcity_feed_update", context, data_dict)
    source = sources.asked_for(data_dict)
    found = changes.plan(source, data_dict)
    title = choices.title({"title": data_dict.get("title", source.title)})
    _complete(found)
    package: Any = model.Package.get(source.id)
    former = changes.said(source)
    shown = {"title": title, "attribution": str(found.settings.get("attribution") or "")}
    shown = {name: text for name, text in shown.items() if text != former.get(name)}
    choices.ask_about_names(data_dict, shown, getattr(model.Group.get(package.owner_org or ""), "title", ""))
    _only_once(package.owner_org, found, source.id)
    return standing.show(changes.save(context.get("user") or "", source, found, title))


@tk.side_effect_free
@checked
def steamcity_feed_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The feeds of a school or partner, each as `steamcity_feed_show` gives it.

    :param owner_org: id or name of the organisation
    """
    tk.check_access("steamcity_feed_list", context, data_dict)
    return standing.of_organization(_organization(data_dict).id)


@tk.side_effect_free
@checked
def steamcity_feed_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """How a feed stands: `state` (`paused running queued waiting asked listening receiving failed`), progress of the
    run that is on, the last one with its counts and, when it failed, `trouble` (what happened, what to do), the next
    one, gaps.

    :param source_id: id of the harvest source
    """
    tk.check_access("steamcity_feed_show", context, data_dict)
    return standing.show(sources.asked_for(data_dict))


@checked
def steamcity_feed_pause(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Stop a feed until somebody starts it again: a run that is on ends, values that are pushed are refused. What was
    read stays.

    :param source_id: id of the harvest source
    """
    tk.check_access("steamcity_feed_pause", context, data_dict)
    source = sources.asked_for(data_dict)
    pauses.begin(source.id)
    _stop(source.id)
    return standing.show(source)


@checked
def steamcity_feed_resume(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Start a paused feed again: it reads on from where it was.

    :param source_id: id of the harvest source
    """
    tk.check_access("steamcity_feed_resume", context, data_dict)
    source = sources.asked_for(data_dict)
    pauses.end(source.id)
    if source.frequency != "MANUAL":
        jobs.enqueue_once(source.id)
    return standing.show(source)


@checked
def steamcity_feed_stop(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """End the run that is on. What it has written stays; the next run goes on from there.

    :param source_id: id of the harvest source
    """
    tk.check_access("steamcity_feed_stop", context, data_dict)
    source = sources.asked_for(data_dict)
    _stop(source.id)
    return standing.show(source)


def _organization(data_dict: DataDict) -> Any:
    """The organisation that is meant: administrators get here without one."""
    found = model.Group.get(str(tk.get_or_bust(data_dict, "owner_org")))
    if found is None or not found.is_organization:
        raise tk.ObjectNotFound(tk._("There is no such school or partner."))
    return found


def _stop(source_id: str) -> None:
    tk.get_action("steamcity_run_stop")({"ignore_auth": True}, {"feed": source_id})
    run.close_jobs(source_id)


def _complete(plan: choices.Plan) -> None:
    """What only the last step asks for is there."""
    if not plan.read.attribution:
        raise tk.ValidationError({"attribution": [tk._("Say who is to be named when the data are used.")]})
    if plan.read.provider == "sensor_community" and not plan.read.sensors:
        raise tk.ValidationError({"sensors": [tk._("Look for sensors first, then add the feed with their numbers.")]})


def _only_once(organization_id: str, plan: choices.Plan, itself: str = "") -> None:
    """The same boxes read twice by one school would be two stations in one place."""
    if plan.read.provider == "push":
        return
    wanted = {name: plan.settings.get(name) for name in changes.SAME} | {"url": config.folder(plan.url)}
    for source in sources.of_organization(organization_id):
        settings = changes.settings_of(source)
        same = {name: settings.get(name) for name in changes.SAME} | {"url": config.folder(source.url)} == wanted
        if same and source.id != itself:
            sentence = tk._("Your school has this feed already: {title}.").format(title=source.title)
            raise tk.ValidationError({"provider": [sentence]})


def _create(context: Context, plan: choices.Plan, name: str, title: str, organization_id: str) -> str:
    """Our own permission was asked for above; ckanext-harvest's would ask whether schools make plain datasets."""
    inside: Any = {"user": context.get("user"), "ignore_auth": True}
    fields = {
        "url": plan.url, "name": name, "title": title, "owner_org": organization_id, "frequency": plan.frequency,
        "source_type": config.SOURCE_TYPE, "config": json.dumps(plan.settings, ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    with discreet.making():
        return tk.get_action("harvest_source_create")(inside, fields)["id"]
