"""Pages on which a school looks after its feeds. Those on which it adds one are in `wizard.py`."""

from __future__ import annotations

import secrets
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity.messages import N_
from flask import Blueprint, request

from . import asking, trial
from .feeds import profiles

__all__ = ["steamcity_feeds"]

steamcity_feeds = Blueprint("steamcity_feeds", __name__)


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
    school = asking.school(name)
    found = asking.call("steamcity_feed_list", owner_org=school["id"])
    return tk.render("steamcity_harvester/feeds.html", {"school": school, "feeds": found})


@steamcity_feeds.route("/feed/<source_id>", methods=["GET", "POST"])
def show(source_id: str) -> Any:
    """How a feed stands; for everybody else the page of its dataset."""
    package = model.Package.get(source_id)
    if package is None or package.type != "harvest" or package.state != "active":
        tk.abort(404, tk._("There is no such feed."))
    try:
        found = tk.get_action("steamcity_feed_show")(asking.who(), {"source_id": package.id})
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
            given["errors"] = asking.sentences(error)
        else:
            if not given.get("stays"):
                return tk.redirect_to("steamcity_feeds.show", source_id=package.id)
        found = asking.call("steamcity_feed_show", source_id=package.id)
    data = {
        "feed": found,
        "school": asking.call("organization_show", id=package.owner_org, include_users=False),
        "tokens": asking.call("steamcity_feed_token_list", source_id=package.id) if found["pushed"] else [],
        "address": tk.url_for("steamcity_harvester.receive", source_id=package.id, _external=True),
        "example": profiles.EXAMPLES.get(found["profile"], ""),
        "key": secrets.token_urlsafe(12),
        "summary": asking.summary(given["errors"]),
        "said": request.form,
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
        asking.call(action, source_id=source_id, **({"id": request.form.get("id", "")} if what == "revoke" else {}))
        (tk.h.flash_success if what in _GOOD_NEWS else tk.h.flash_notice)(tk._(said))
    elif what == "token":
        made = asking.call("steamcity_feed_token_create", source_id=source_id, key=request.form.get("key"))
        return {"token": made, "stays": True}
    elif what == "upload":
        said = {name: request.form.get(name) for name in ("device", "start_time", "date_order", "same_logger")}
        receipt = asking.call("steamcity_feed_upload", source_id=source_id, upload=request.files.get("upload"), **said)
        return {"receipt": receipt, "reasons": _reasons(receipt), "stays": True}
    return {}


def _reasons(receipt: dict[str, Any]) -> list[str]:
    counts: dict[str, int] = {}
    for row in receipt["rows"]:
        if row["state"] == "rejected":
            counts[row["reason"]] = counts.get(row["reason"], 0) + 1
    return trial.reasons(counts)


def _elsewhere(feed_id: str) -> Any:
    """The dataset of a feed, for those who only read."""
    found = tk.get_action("steamcity_station_list")({}, {"feed": feed_id, "limit": 1})["results"]
    if not found or not found[0]["dataset_id"]:
        tk.abort(404, tk._("There is no such feed."))
    return tk.redirect_to("monitoring.read", id=found[0]["dataset_id"])
