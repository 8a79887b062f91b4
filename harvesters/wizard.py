"""Pages on which a school adds a feed, or changes the settings of one, in plain forms. What was chosen travels in their
addresses, so that Back and Reload do what people expect; what somebody has called the columns of a file waits as a
draft (`drafts.py`)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from flask import request

from . import asking, changes, choices, columns, drafts, feeds, trial, uploads
from . import secrets as keys
from .feeds import profiles
from .pages import steamcity_feeds

__all__ = ["steamcity_feeds"]

_STEPS: tuple[str, ...] = ("source", "where", "stations", "licence")
#: What a step hands on to the next one in its address.
_CARRIED = ("provider", "boxes", "grouptag", "sensors", "address", "place", "box", "city", "since", "exposure",
            "profile", "draft", "feed")  # fmt: skip
#: What the second step asks for; where none of it is in an address, a feed that is there says what it has.
_ASKED = ("boxes", "grouptag", "sensors", "address", "place", "box", "exposure")
#: What a step may leave unsaid without taking it away.
_LEFT = ("city", "since", "license_id", "attribution", "title")
#: What only a draft holds.
_DRAFTED = ("device", "start_time", "timezone", "date_order")


@steamcity_feeds.route("/school/<name>/feeds/new")
def new(name: str) -> str:
    """First step: where the values come from."""
    return _page("source", asking.school(name), kinds=[(kind, tk._(words)) for kind, words in choices.KINDS.items()])


@steamcity_feeds.route("/school/<name>/feeds/new/where")
def where(name: str) -> Any:
    """Second step: which boxes, which area, which devices."""
    school = asking.school(name)
    if request.args.get("provider") not in choices.KINDS:
        return tk.redirect_to("steamcity_feeds.new", name=name)
    chosen = _chosen(request.args)
    source = _feed(school, chosen)
    if source is not None and chosen["provider"] in ("push", "file"):
        if drafts.kept(tk.current_user.id, str(chosen.get("draft") or "")) is None:
            return tk.redirect_to("steamcity_feeds.settings", source_id=source.id)
    elif source is not None and not any(name in chosen for name in _ASKED):
        chosen = changes.said(source) | chosen
    return _where(school, {}, chosen)


@steamcity_feeds.route("/feed/<source_id>/settings")
def settings(source_id: str) -> Any:
    """The same steps for a feed that is there, with what it has filled in."""
    source = asking.feed(source_id)
    said, user = changes.said(source), tk.current_user.id
    kind = said["provider"]
    if not kind:
        tk.abort(404, tk._("Only the people who run this portal change the settings of this feed."))
    more = {}
    if kind in ("push", "file"):
        means = columns.meant(said.pop("mapping", {}))
        fields = [{"name": name, "example": "", "means": meaning} for name, meaning in means.items()]
        more["draft"] = drafts.keep(user)
        _remember({**said, **more, "feed": source.id, "means": means, "fields": fields})
    package: Any = model.Package.get(source.id)
    school = asking.call("organization_show", id=package.owner_org, include_users=False)
    return tk.redirect_to("steamcity_feeds.where", name=school["name"], provider=kind, feed=source.id, **more)


@steamcity_feeds.route("/school/<name>/feeds/new/file", methods=["POST"])
def file(name: str) -> Any:
    """The file of a logger waits while its columns are sorted out."""
    school = asking.school(name)
    try:
        data = uploads.content({"upload": request.files.get("upload")})
        columns.of(data)
    except tk.ValidationError as error:
        return _where(school, asking.sentences(error), _chosen(request.form) | {"provider": "file"}), 422
    user, chosen = tk.current_user.id, _chosen(request.form)
    if _feed(school, chosen) is not None and drafts.kept(user, str(chosen.get("draft"))) is not None:
        drafts.replace(user, chosen["draft"], data)  # what the feed has is said already
    else:
        chosen["draft"] = drafts.keep(user, data)
    more = {"feed": chosen["feed"]} if chosen.get("feed") else {}
    return tk.redirect_to("steamcity_feeds.where", name=name, provider="file", draft=chosen["draft"], **more)


@steamcity_feeds.route("/school/<name>/feeds/new/where", methods=["POST"])
def answers(name: str) -> Any:
    """What was said of own devices and files: kept as a draft, so that it stands in no address."""
    school, chosen = asking.school(name), _chosen(request.form)
    user = tk.current_user.id
    if chosen.get("provider") not in ("push", "file"):
        tk.abort(404)
    _feed(school, chosen)
    if drafts.kept(user, str(chosen.get("draft") or "")) is None:
        chosen["draft"] = drafts.keep(user)
    example = request.form.get("example", "").strip()
    errors: dict[str, str] = {}
    if example and chosen.get("profile") in profiles.FIELDS:
        try:
            chosen["fields"] = columns.of_example(str(chosen["profile"]), example)
        except tk.ValidationError as error:
            errors = asking.sentences(error)
        else:
            drafts.replace(user, str(chosen["draft"]), example.encode())
            _remember(chosen)
            return _where(school, {}, chosen)
    errors = errors or _faults(school, chosen)
    _remember(chosen)
    if errors:
        return _where(school, errors, chosen), 422
    step = "stations" if _waits(chosen) else "licence"
    return tk.redirect_to(f"steamcity_feeds.{step}", name=name, **_carried(chosen))


@steamcity_feeds.route("/school/<name>/feeds/new/stations")
def stations(name: str) -> Any:
    """Third step: the stations that were found."""
    school, chosen = asking.school(name), _chosen(request.args)
    kind = str(chosen.get("provider") or "")
    if kind not in choices.KINDS:
        return tk.redirect_to("steamcity_feeds.new", name=name)
    source, waits = _feed(school, chosen), _waits(chosen)
    if not waits and (kind == "push" or (kind == "file" and source is not None)):
        return tk.redirect_to("steamcity_feeds.licence", name=name, **_carried(chosen))
    try:
        found = _try_file(school, chosen) if kind in ("push", "file") else _try(school, chosen)
    except tk.ValidationError as error:
        model.Session.rollback()
        errors = asking.sentences(error)
        if waits:
            # The file is there and its columns are on the page: the sentence stands beside them.
            errors = {"mapping" if name == "upload" else name: text for name, text in errors.items()}
        return _where(school, errors, chosen), 422
    carried = _carried(chosen) | ({"city": found["city"]} if found["city"] else {})
    if kind == "sensor_community":
        carried["sensors"] = " ".join(found["sensors"])
        carried.pop("box", None)
    return _page("stations", school, chosen, found=found, carried=list(carried.items()))


@steamcity_feeds.route("/school/<name>/feeds/new/licence", methods=["GET", "POST"])
def licence(name: str) -> Any:
    """Last step: licence and name; one press adds the feed, a second press finds it there."""
    school = asking.school(name)
    given = request.form if request.method == "POST" else request.args
    chosen = _chosen(given)
    if chosen.get("provider") not in choices.KINDS:
        return tk.redirect_to("steamcity_feeds.new", name=name)
    source = _feed(school, chosen)
    if source is not None and request.method == "GET":
        said = changes.said(source)
        chosen |= {name: said[name] for name in ("license_id", "attribution", "title") if said.get(name)}
    errors = {} if request.method == "POST" else _faults(school, chosen)
    if errors:
        return _where(school, errors, chosen), 422
    if request.method == "POST":
        try:
            return _start(school, chosen)
        except tk.ValidationError as error:
            model.Session.rollback()
            errors = asking.sentences(error)
    asked = bool(errors.pop("no_person", "") or chosen.get("no_person"))  # a question, and no fault of its own
    allowed = [_licence_choice(one) for one in choices.licences(str(chosen["provider"]))]
    page = _page(
        "licence", school, chosen, errors=errors, licences=allowed, carried=list(_carried(chosen).items()),
        key=given.get("key") or secrets.token_urlsafe(12), suggested=_suggested(school, chosen),
        names_somebody=not feeds.adapter(_provider(chosen)).attribution, asks_about_names=asked,
    )  # fmt: skip
    return (page, 422) if errors else page


def _start(school: dict[str, Any], chosen: dict[str, Any]) -> Any:
    """Add the feed; the file that described it goes into it at once. Of one that is there only the settings change."""
    values = _values(chosen) | ({"no_person": True} if chosen.get("no_person") else {})
    if chosen.get("feed"):
        asking.call("steamcity_feed_update", source_id=chosen["feed"], **values)
        return _done(chosen, str(chosen["feed"]), tk._("The settings are changed. What was stored before stays."))
    data = _file(chosen) if chosen["provider"] == "file" else None
    made = asking.call("steamcity_feed_create", owner_org=school["id"], key=request.form.get("key"), **values)
    if data is not None:
        said = {name: chosen.get(name) for name in ("device", "start_time")}
        asking.call("steamcity_feed_upload", source_id=made["id"], text=data, **said)
    return _done(chosen, made["id"], tk._("The feed is there."))


def _done(chosen: dict[str, Any], feed: str, said: str) -> Any:
    if chosen.get("draft"):
        drafts.forget(tk.current_user.id, str(chosen["draft"]))
    tk.h.flash_success(said)
    return tk.redirect_to("steamcity_feeds.show", source_id=feed)


def _feed(school: dict[str, Any], chosen: dict[str, Any]) -> Any:
    """The feed whose settings are changed, None where one is added. It is a feed of this school and of this kind."""
    if not chosen.get("feed"):
        return None
    source = asking.feed(str(chosen["feed"]))
    package: Any = model.Package.get(source.id)
    if package.owner_org != school["id"] or changes.said(source)["provider"] != chosen.get("provider"):
        tk.abort(404, tk._("There is no such feed."))
    return source


def _values(chosen: dict[str, Any]) -> dict[str, Any]:
    """What was chosen, as the actions take it; of a feed that is there what was not asked for stays."""
    left = _LEFT if chosen.get("feed") else ()
    return {name: chosen.get(name) for name in choices.NAMES if chosen.get(name) or name not in left}


def _waits(chosen: dict[str, Any]) -> bool:
    """Whether there is a file or an example to show what would be stored."""
    return bool(drafts.kept(tk.current_user.id, str(chosen.get("draft") or "")))


def _try(school: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    more = {"source_id": chosen["feed"]} if chosen.get("feed") else {}
    return asking.call("steamcity_feed_try", owner_org=school["id"], **_values(chosen), **more)


def _try_file(school: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    data = _file(chosen)
    plan, start = _checked(school, chosen)
    return trial.of_file(plan, data, start, keys.secret(str(chosen["feed"])) if chosen.get("feed") else "")


def _checked(school: dict[str, Any], chosen: dict[str, Any]) -> tuple[choices.Plan, datetime | None]:
    """What was chosen so far as a plan, and when a logger was started. Raises tk.ValidationError."""
    source = _feed(school, chosen)
    if source is None:
        plan = choices.plan(chosen | {"owner_org": school["id"]})
    else:
        plan = changes.plan(source, _values(chosen))
    uploads.device(chosen.get("device"))
    return plan, uploads.start_of(str(chosen.get("start_time") or ""), plan.settings.get("timezone", ""))


def _file(chosen: dict[str, Any]) -> bytes:
    data = drafts.kept(tk.current_user.id, str(chosen.get("draft") or ""))
    if not data:
        raise tk.ValidationError({"upload": [tk._("The file was kept for an hour only: choose it again.")]})
    return data


def _faults(school: dict[str, Any], chosen: dict[str, Any]) -> dict[str, str]:
    """What is wrong with what was chosen so far."""
    try:
        if chosen.get("provider") == "file" and not chosen.get("feed"):
            _file(chosen)
        _checked(school, chosen)
    except tk.ValidationError as error:
        return asking.sentences(error)
    return {}


def _where(school: dict[str, Any], errors: dict[str, str], chosen: dict[str, Any]) -> str:
    zone = str(chosen.get("timezone") or "") or choices.school_zone(school["id"]) or "UTC"
    given: dict[str, Any] = {"errors": errors, "places": _places(school), "columns": [], "zone": zone}
    if chosen["provider"] == "file" and chosen.get("draft"):
        data = drafts.kept(tk.current_user.id, str(chosen["draft"]))
        found = columns.of(data) if data else []
        if chosen.get("feed"):
            found = columns.with_former(found, chosen["means"])
        given |= {"columns": found, "meanings": columns.meanings(), "waits": bool(data)}
    elif chosen["provider"] == "push" and chosen.get("fields"):
        given |= {"columns": [dict(one) for one in chosen["fields"]], "meanings": columns.measured(leave_out=True)}
    for one in given["columns"]:
        if not one.get("former"):
            one["means"] = chosen["means"].get(one["name"], one["means"])
    return _page("where", school, chosen, zones=choices.zones(zone), **given)


def _page(step: str, school: dict[str, Any], chosen: dict[str, Any] | None = None, **more: Any) -> str:
    errors = more.pop("errors", {})
    source = _feed(school, chosen) if chosen else None
    data = {
        "school": school,
        "feed": {"id": source.id, "title": source.title} if source else None,
        "step": step,
        "rail": _rail(step, school, chosen or {}),
        "chosen": chosen or {},
        "errors": errors,
        "summary": asking.summary(errors),
        **more,
    }
    return tk.render(f"steamcity_harvester/new/{step}.html", data)


def _rail(step: str, school: dict[str, Any], chosen: dict[str, Any]) -> list[dict[str, Any]]:
    titles = {
        "source": tk._("Where from"), "where": tk._("Which ones"), "stations": tk._("What was found"),
        "licence": tk._("Licence and name") if chosen.get("feed") else tk._("Licence and start"),
    }  # fmt: skip
    kept = [name for name in _STEPS if name != "source" or not chosen.get("feed")]
    sent = chosen.get("provider") == "push" or (chosen.get("provider") == "file" and chosen.get("feed"))
    if sent and step != "stations" and not _waits(chosen):
        kept.remove("stations")
    now = kept.index(step)
    addresses = {
        "source": tk.h.url_for("steamcity_feeds.new", name=school["name"]),
        "where": tk.h.url_for("steamcity_feeds.where", name=school["name"], **_carried(chosen)),
    }
    return [
        {
            "title": titles[name],
            "state": "done" if number < now else "current" if number == now else "todo",
            "href": addresses.get(name) if number < now else None,
        }
        for number, name in enumerate(kept)
    ]


def _chosen(given: Any) -> dict[str, Any]:
    """What stands in a form or an address, and what its draft holds."""
    wanted = ("license_id", "attribution", "title", "no_person", *_CARRIED, *_DRAFTED)
    found: dict[str, Any] = {name: given[name] for name in wanted if given.get(name)}
    if found.get("draft"):
        found = drafts.answers(tk.current_user.id, found["draft"]) | found
    if given.getlist("column"):
        found["means"] = dict(zip(given.getlist("column"), given.getlist("means"), strict=False))
        found |= {name: given[name] for name in _DRAFTED if name in given}  # what was emptied is empty
    found["means"] = found.get("means") or {}
    found["mapping"] = columns.mapping(list(found["means"]), list(found["means"].values()))
    return found


def _remember(chosen: dict[str, Any]) -> None:
    kept = {name: chosen[name] for name in (*_CARRIED, *_DRAFTED, "means", "fields") if chosen.get(name)}
    if "fields" in kept:  # by their names only: what an example held is nobody's any more
        kept["fields"] = [{**one, "example": ""} for one in kept["fields"]]
    drafts.remember(tk.current_user.id, str(chosen["draft"]), kept)


def _carried(chosen: dict[str, Any]) -> dict[str, Any]:
    """What the next step has to know; with a draft that is nearly nothing."""
    names = ("provider", "draft", "city", "feed") if chosen.get("draft") else _CARRIED
    return {name: chosen[name] for name in names if chosen.get(name)}


def _provider(chosen: dict[str, Any]) -> str:
    return "push" if chosen["provider"] == "file" else str(chosen["provider"])


def _licence_choice(identifier: str) -> dict[str, str]:
    words = tk.h.steamcity_licence(identifier) or {}
    return {"value": identifier, "label": words.get("short", identifier), "help": words.get("description", "")}


def _suggested(school: dict[str, Any], chosen: dict[str, Any]) -> str:
    if chosen["provider"] in ("push", "file"):
        return tk._("Sensors of {school}").format(school=school["title"])[:150]
    where = tk.h.steamcity_place_name(chosen["place"]) if chosen.get("place") else ""
    where = where or (tk.h.steamcity_area_name(chosen["city"]) if chosen.get("city") else "")
    network = tk._(feeds.adapter(_provider(chosen)).title)
    return tk._("{network}, {place}").format(network=network, place=where) if where else network


def _places(school: dict[str, Any]) -> list[dict[str, Any]]:
    """Cities with their districts, the school's own city first."""
    areas = tk.get_action("steamcity_area_list")({}, {"limit": 1000})
    cities = [one for one in areas if one["kind"] == "city"]
    cities.sort(key=lambda one: (one["id"] != school.get("city"), tk.h.steamcity_local(one["name"])))
    return [
        {
            "name": tk.h.steamcity_local(city["name"]),
            "places": [
                {"value": one["place"], "label": tk.h.steamcity_local(one["name"])}
                for one in areas
                if one["city"] == city["id"] and one["kind"] == "district"
            ],
            "place": city["place"],
        }
        for city in cities
    ]
