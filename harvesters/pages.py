"""Pages on which a school adds a feed and looks after it. Every step is a plain form; what was chosen travels in its
address, so that Back and Reload do what people expect."""

from __future__ import annotations

import secrets
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity.messages import N_
from flask import Blueprint, request

from . import choices, columns, config, feeds, trial
from .feeds import profiles

__all__ = ["steamcity_feeds"]

steamcity_feeds = Blueprint("steamcity_feeds", __name__)

_STEPS: tuple[str, ...] = ("source", "where", "stations", "licence")
#: What a step hands on to the next one.
_CARRIED = ("provider", "boxes", "sensors", "address", "place", "box", "city", "since", "exposure", "profile", "file",
            "started")  # fmt: skip


@steamcity_feeds.before_request
def log_in_first() -> Any:
    """Pages of this blueprint are for people who work here."""
    if tk.current_user.is_anonymous and request.endpoint != "steamcity_feeds.show":
        back = tk.h.url_for(str(request.endpoint), **(request.view_args or {}))
        query = request.query_string.decode(errors="replace")
        return tk.redirect_to("user.login", came_from=f"{back}?{query}" if query else back)
    return None


@steamcity_feeds.route("/school/<name>/feeds")
def of_school(name: str) -> str:
    """The feeds of a school, and the way to add one."""
    school = _school(name)
    found = _call("steamcity_feed_list", owner_org=school["id"])
    return tk.render("steamcity_harvester/feeds.html", {"school": school, "feeds": found})


@steamcity_feeds.route("/school/<name>/feeds/new")
def new(name: str) -> str:
    """First step: where the values come from."""
    return _page("source", _school(name), kinds=[(kind, tk._(words)) for kind, words in choices.KINDS.items()])


@steamcity_feeds.route("/school/<name>/feeds/new/where")
def where(name: str) -> Any:
    """Second step: which boxes, which area, which devices."""
    school = _school(name)
    if request.args.get("provider") not in choices.KINDS:
        return tk.redirect_to("steamcity_feeds.new", name=name)
    return _where(school, {})


@steamcity_feeds.route("/school/<name>/feeds/new/file", methods=["POST"])
def file(name: str) -> Any:
    """The file of a logger waits while its columns are sorted out."""
    school = _school(name)
    upload = request.files.get("upload")
    data = upload.stream.read(config.push_bytes() + 1) if upload else b""
    refusal = "" if data else tk._("Choose a file.")
    if len(data) > config.push_bytes():
        refusal = tk._("At most {count} bytes at a time.").format(count=config.push_bytes())
    try:
        errors = {"upload": refusal} if refusal else {}
        _ = refusal or columns.of(data)
    except tk.ValidationError as error:
        errors = _sentences(error)
    if errors:
        return _where(school, errors, provider="file"), 422
    token = columns.keep(tk.current_user.id, data)
    return tk.redirect_to("steamcity_feeds.where", name=name, provider="file", file=token)


@steamcity_feeds.route("/school/<name>/feeds/new/stations")
def stations(name: str) -> Any:
    """Third step: the stations that were found."""
    school, chosen = _school(name), _chosen(request.args)
    kind = str(chosen.get("provider") or "")
    if kind == "push":
        errors = _faults(chosen)
        return (
            (_where(school, errors), 422)
            if errors
            else tk.redirect_to("steamcity_feeds.licence", name=name, **_carried(chosen))
        )
    try:
        found = (
            _try_file(chosen)
            if kind == "file"
            else _call("steamcity_feed_try", owner_org=school["id"], **{key: chosen.get(key) for key in choices.NAMES})
        )
    except tk.ValidationError as error:
        model.Session.rollback()
        errors = _sentences(error)
        if kind == "file" and columns.kept(tk.current_user.id, str(chosen.get("file") or "")):
            # The file is there and its columns are on the page: the sentence stands beside them.
            errors = {"mapping" if name == "upload" else name: text for name, text in errors.items()}
        return _where(school, errors), 422
    carried = _carried(chosen) | ({"city": found["city"]} if found["city"] else {})
    if kind == "sensor_community":
        carried["sensors"] = " ".join(found["sensors"])
        carried.pop("box", None)
    return _page("stations", school, chosen, found=found, carried=_pairs(carried))


@steamcity_feeds.route("/school/<name>/feeds/new/licence", methods=["GET", "POST"])
def licence(name: str) -> Any:
    """Last step: licence and name; one press adds the feed, a second press finds it there."""
    school = _school(name)
    given = request.form if request.method == "POST" else request.args
    chosen = _chosen(given)
    errors = {} if request.method == "POST" else _faults(chosen)
    if errors:
        return _where(school, errors), 422
    if request.method == "POST":
        try:
            return _start(school, chosen)
        except tk.ValidationError as error:
            model.Session.rollback()
            errors = _sentences(error)
    allowed = [_licence_choice(one) for one in choices.licences(str(chosen["provider"]))]
    page = _page(
        "licence", school, chosen, errors=errors, licences=allowed, carried=_pairs(_carried(chosen)),
        key=given.get("key") or secrets.token_urlsafe(12), suggested=_suggested(school, chosen),
        names_somebody=not feeds.adapter(_provider(chosen)).attribution,
    )  # fmt: skip
    return (page, 422) if errors else page


@steamcity_feeds.route("/feed/<source_id>", methods=["GET", "POST"])
def show(source_id: str) -> Any:
    """How a feed stands; for everybody else the page of its dataset."""
    package = model.Package.get(source_id)
    if package is None or package.type != "harvest" or package.state != "active":
        tk.abort(404, tk._("There is no such feed."))
    try:
        found = tk.get_action("steamcity_feed_show")(_who(), {"source_id": package.id})
    except tk.NotAuthorized:
        return _elsewhere(package.id)
    except tk.ObjectNotFound:
        tk.abort(404, tk._("There is no such feed."))
    given: dict[str, Any] = {"errors": {}}
    if request.method == "POST":
        try:
            given |= _act(package.id, request.form.get("do", ""))
        except tk.ValidationError as error:
            model.Session.rollback()
            given["errors"] = _sentences(error)
        else:
            if not given.get("stays"):
                return tk.redirect_to("steamcity_feeds.show", source_id=package.id)
        found = _call("steamcity_feed_show", source_id=package.id)
    data = {
        "feed": found,
        "school": _call("organization_show", id=package.owner_org, include_users=False),
        "tokens": _call("steamcity_feed_token_list", source_id=package.id) if found["pushed"] else [],
        "address": tk.url_for("steamcity_harvester.receive", source_id=package.id, _external=True),
        "example": profiles.EXAMPLES.get(found["profile"], ""),
        "key": secrets.token_urlsafe(12),
        "summary": _summary(given["errors"]),
        **given,
    }
    return tk.render("steamcity_harvester/feed.html", data), 422 if given["errors"] else 200


#: Buttons of the page of a feed that only do something: action, what is said afterwards.
_BUTTONS = {
    "run": ("steamcity_feed_run", N_("The feed is read as soon as the portal has time, usually within a minute.")),
    "stop": ("steamcity_feed_stop", N_("The run has ended. What it has read stays.")),
    "pause": ("steamcity_feed_pause", N_("The feed is paused. What was read stays.")),
    "resume": ("steamcity_feed_resume", N_("The feed works again.")),
    "revoke": ("steamcity_feed_token_revoke", N_("This token opens nothing any more.")),
}
_GOOD_NEWS = ("run", "resume")


def _act(source_id: str, what: str) -> dict[str, Any]:
    """One of the buttons of the page of a feed; what the page shows beside the feed then."""
    if what in _BUTTONS:
        action, said = _BUTTONS[what]
        _call(action, source_id=source_id, **({"id": request.form.get("id", "")} if what == "revoke" else {}))
        (tk.h.flash_success if what in _GOOD_NEWS else tk.h.flash_notice)(tk._(said))
    elif what == "token":
        made = _call("steamcity_feed_token_create", source_id=source_id, key=request.form.get("key"))
        return {"token": made, "stays": True}
    elif what == "upload":
        upload = request.files.get("upload")
        if not upload or not upload.filename:
            raise tk.ValidationError({"upload": [tk._("Choose a file.")]})
        started = request.form.get("started")
        receipt = _call("steamcity_feed_upload", source_id=source_id, upload=upload, start_time=started)
        return {"receipt": receipt, "reasons": _reasons(receipt), "stays": True}
    return {}


def _reasons(receipt: dict[str, Any]) -> list[str]:
    counts: dict[str, int] = {}
    for row in receipt["rows"]:
        if row["state"] == "rejected":
            counts[row["reason"]] = counts.get(row["reason"], 0) + 1
    return trial.reasons(counts)


def _start(school: dict[str, Any], chosen: dict[str, Any]) -> Any:
    """Add the feed; the file that described it goes into it at once."""
    values = {name: chosen.get(name) for name in choices.NAMES}
    data = _file(chosen) if chosen["provider"] == "file" else None
    made = _call("steamcity_feed_create", owner_org=school["id"], key=request.form.get("key"), **values)
    if data is not None:
        _call("steamcity_feed_upload", source_id=made["id"], text=data, start_time=chosen.get("started"))
        columns.forget(tk.current_user.id, str(chosen["file"]))
    tk.h.flash_success(tk._("The feed is there."))
    return tk.redirect_to("steamcity_feeds.show", source_id=made["id"])


def _try_file(chosen: dict[str, Any]) -> dict[str, Any]:
    data = _file(chosen)
    return trial.of_file(choices.plan(chosen), data, feeds.moments.moment(chosen.get("started")))


def _file(chosen: dict[str, Any]) -> bytes:
    data = columns.kept(tk.current_user.id, str(chosen.get("file") or ""))
    if data is None:
        raise tk.ValidationError({"upload": [tk._("The file was kept for an hour only: choose it again.")]})
    return data


def _faults(chosen: dict[str, Any]) -> dict[str, str]:
    """What is wrong with what was chosen so far."""
    try:
        choices.plan(chosen)
    except tk.ValidationError as error:
        return _sentences(error)
    return {}


def _where(school: dict[str, Any], errors: dict[str, str], provider: str = "") -> str:
    chosen = _chosen(request.values)
    chosen["provider"] = provider or chosen.get("provider")
    given: dict[str, Any] = {"errors": errors, "places": _places(school), "columns": []}
    if chosen["provider"] == "file" and chosen.get("file"):
        data = columns.kept(tk.current_user.id, str(chosen["file"]))
        given["columns"] = columns.of(data) if data else []
        given["meanings"] = columns.meanings()
        for one in given["columns"]:
            one["means"] = chosen["means"].get(one["name"], one["means"])
    return _page("where", school, chosen, **given)


def _page(step: str, school: dict[str, Any], chosen: dict[str, Any] | None = None, **more: Any) -> str:
    errors = more.pop("errors", {})
    data = {
        "school": school,
        "step": step,
        "rail": _rail(step, school, chosen or {}),
        "chosen": chosen or {},
        "errors": errors,
        "summary": _summary(errors),
        **more,
    }
    return tk.render(f"steamcity_harvester/new/{step}.html", data)


def _rail(step: str, school: dict[str, Any], chosen: dict[str, Any]) -> list[dict[str, Any]]:
    titles = {
        "source": tk._("Where from"), "where": tk._("Which ones"), "stations": tk._("What was found"),
        "licence": tk._("Licence and start"),
    }  # fmt: skip
    kept = [name for name in _STEPS if name != "stations"] if chosen.get("provider") == "push" else list(_STEPS)
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
    """What stands in a form or an address."""
    wanted = ("license_id", "attribution", "title", *_CARRIED)
    found: dict[str, Any] = {name: given[name] for name in wanted if given.get(name)}
    names, meant = given.getlist("column"), given.getlist("means")
    found["means"] = dict(zip(names, meant, strict=False))
    found["mapping"] = columns.mapping(names, meant)
    return found


def _carried(chosen: dict[str, Any]) -> dict[str, Any]:
    """What the next step has to know; columns and their meanings go as two lists."""
    found: dict[str, Any] = {name: chosen[name] for name in _CARRIED if chosen.get(name)}
    if chosen.get("means"):
        found |= {"column": list(chosen["means"]), "means": list(chosen["means"].values())}
    return found


def _pairs(carried: dict[str, Any]) -> list[tuple[str, str]]:
    """The same as hidden fields of a form."""
    return [(name, one) for name, value in carried.items() for one in (value if isinstance(value, list) else [value])]


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


def _elsewhere(feed_id: str) -> Any:
    """The dataset of a feed, for those who only read."""
    found = tk.get_action("steamcity_station_list")({}, {"feed": feed_id, "limit": 1})["results"]
    if not found or not found[0]["dataset_id"]:
        tk.abort(404, tk._("There is no such feed."))
    return tk.redirect_to("monitoring.read", id=found[0]["dataset_id"])


def _school(name: str) -> dict[str, Any]:
    found = _call("organization_show", id=name, include_dataset_count=False, include_users=False)
    try:
        tk.check_access("steamcity_feed_list", _who(), {"owner_org": found["id"]})
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))
    return found


def _who() -> Any:
    return {"user": tk.current_user.name, "auth_user_obj": tk.current_user}


def _call(action: str, /, **data: Any) -> Any:
    """An action as the person who is logged in; refusals become pages."""
    try:
        return tk.get_action(action)(_who(), data)
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error))
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))


def _sentences(error: tk.ValidationError) -> dict[str, str]:
    found = {}
    for name, texts in error.error_dict.items():
        found[name] = " ".join(str(text) for text in texts) if isinstance(texts, list) else str(texts)
    return found


def _summary(errors: dict[str, str]) -> list[dict[str, str]]:
    return [{"field": "" if name == "source" else name, "message": text} for name, text in errors.items()]
