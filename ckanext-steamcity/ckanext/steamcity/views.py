"""Pages of the frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib.search import SearchError
from ckan.types import Response
from ckanext.steamcity import cards, protocol_views, results, status
from flask import Blueprint, current_app

__all__ = ["steamcity"]

steamcity = Blueprint("steamcity", __name__)
protocol_views.add_to(steamcity)
_DESCRIBED = "ttl, jsonld, rdf, xml, n3"
# Core's page of a file, by the type of its dataset; at `/dataset/…` any type answers.
_FILE_PAGES = {
    "experiment_resource.read": "experiment",
    "monitoring_resource.read": "monitoring",
    "dataset_resource.read": "",
}
_UNREFUSED = {
    "activity.organization_activity": "organization_activity_list",
    "activity.group_activity": "group_activity_list",
    "activity.user_activity": "user_activity_list",
    "activity.package_changes_multiple": "activity_show",
    "activity.group_changes_multiple": "activity_show",
    "activity.organization_changes_multiple": "activity_show",
    "api.user_autocomplete": "user_autocomplete",
}


@steamcity.app_errorhandler(SearchError)
def unreadable_search(error: SearchError) -> tuple[str, int]:
    """Core's feeds catch nothing; what nobody could read is no failure of ours."""
    return tk.render("error_document_template.html", {"code": 400, "content": str(error)}), 400


@steamcity.before_app_request
def type_as_filter() -> Response | None:
    """`/dataset/?type=experiment` is what people and programs try; the index calls it `dataset_type`."""
    if (tk.request.endpoint or "").endswith(".search") and "type" in tk.request.args:
        values = tk.request.args.to_dict(flat=False)
        values["dataset_type"] = values.pop("type")
        return tk.redirect_to(tk.h.url_for(tk.request.path, **values))
    return None


@steamcity.before_app_request
def one_page_of_ours() -> Response | None:
    """Core's second page of what has a page of ours leads there: a file's to its result, a school's to the school."""
    endpoint, values = tk.request.endpoint or "", tk.request.view_args or {}
    if endpoint in _FILE_PAGES and tk.request.method == "GET":
        kind = _FILE_PAGES[endpoint] or getattr(model.Package.get(values["id"]), "type", "")
        if kind in ("experiment", "monitoring"):
            return tk.redirect_to(tk.h.url_for(f"{kind}.read", id=values["id"]) + "#files")
    # These pages of core break, instead of refusing, for those who may not read them.
    if (action := _UNREFUSED.get(endpoint)) and not tk.h.check_access(action, {"id": values.get("id")}):
        tk.abort(403)
    if endpoint == "user.edit" and tk.current_user.is_anonymous:
        return tk.redirect_to("user.login", came_from=tk.h.url_for("user.edit"))
    if endpoint in _OURS_INSTEAD and tk.request.method == "GET" and (page := _OURS_INSTEAD[endpoint](values)):
        return tk.redirect_to(page)
    # Core asks nobody who wants the names of administrators.
    if endpoint in ("organization.admins", "group.admins"):
        action = endpoint.replace(".admins", "_member_create")
        if not tk.h.check_access(action, {"id": values["id"]}):
            tk.abort(403)
    return None


def _members(values: dict[str, Any]) -> str:
    """The list of members for who looks after it; the page of the school for everybody else."""
    found = model.Group.get(values["id"])
    if found is None or found.type != "organization":
        return ""
    if tk.h.check_access("organization_member_create", {"id": found.id}):
        return tk.h.steamcity_url("steamcity_schools.people", name=found.name)
    return tk.h.url_for("organization.read", id=found.name)


def _datasets(values: dict[str, Any]) -> str:
    """Core changes plain datasets in bulk; of results it may change none."""
    found = model.Group.get(values["id"])
    if found is None:
        return ""
    plain = sa.select(model.Package.id).where(model.Package.owner_org == found.id, model.Package.type == "dataset")
    if model.Session.scalar(plain.limit(1)):
        return ""
    return tk.h.url_for("organization.read", id=found.name)


def _desk(values: dict[str, Any]) -> str:
    """What is mine stands on my desk."""
    return tk.h.steamcity_url("steamcity_schools.desk")


def _account(values: dict[str, Any]) -> str:
    return tk.h.url_for("user.read", id=values["id"])


# Core's pages for which there is one of ours: where each leads, nothing where core's page is the right one after all.
_OURS_INSTEAD: dict[str, Callable[[dict[str, Any]], str]] = {
    "organization.about": lambda values: tk.h.url_for("organization.read", id=values["id"]),
    "organization.members": _members,
    "organization.manage_members": _members,
    "organization.bulk_process": _datasets,
    "user.logged_out_page": lambda values: tk.h.url_for("home.index"),
    "user.read_organizations": _account,
    "user.read_groups": _account,
    "activity.dashboard": _desk,
    "dashboard.datasets": _desk,
    "dashboard.organizations": _desk,
    "dashboard.groups": _desk,
}


@steamcity.route("/")
def home() -> str:
    found = tk.get_action("steamcity_home")({}, {})
    return tk.render("steamcity/home.html", {"home": found, "featured": _featured(found["latest"])})


@steamcity.route("/explore")
def explore() -> Response:
    """The search page under the name people see in the menu."""
    return tk.redirect_to(tk.h.url_for("dataset.search", **tk.request.args.to_dict(flat=False)))


@steamcity.route("/developers")
def developers() -> str:
    """Examples name a result and a station that exist, so that they can be tried as they stand."""
    found = tk.get_action("package_search")({}, {"fq": "dataset_type:experiment", "rows": 1})
    try:
        stations = tk.get_action("steamcity_station_search")({}, {"limit": 1})["results"]
    except KeyError:  # the plugin of the sensors is not loaded
        stations = []
    examples = {"example": next(iter(found["results"]), None), "station": next(iter(stations), None)}
    return tk.render("steamcity/developers.html", examples)


@steamcity.route(f"/experiment/<_id>.<any({_DESCRIBED}):_format>")
@steamcity.route(f"/monitoring/<_id>.<any({_DESCRIBED}):_format>")
def description(_id: str, _format: str) -> Any:
    """DCAT at the address of the page, as ckanext-dcat gives it at `/dataset/…`; nothing without that plugin."""
    view = current_app.view_functions.get("dcat.read_dataset")
    if view is None:
        tk.abort(404)
    return view(_id=_id, _format=_format)


@steamcity.route("/status")
def state() -> tuple[str, int]:
    """Whether the parts work, for people; programs ask `status_show`."""
    found = status.parts()
    working = all(part["works"] for part in found)
    readable = all(part["works"] for part in found if part["needed"])
    return tk.render("steamcity/status.html", {"parts": found, "working": working}), 200 if readable else 503


@steamcity.route("/privacy")
def privacy() -> str:
    return tk.render("steamcity/privacy.html")


@steamcity.route("/accessibility")
def accessibility() -> str:
    return tk.render("steamcity/accessibility.html")


def _featured(latest: list[dict[str, Any]]) -> dict[str, Any] | None:
    """One result with a chart, if possible not one of the three at the top of the page."""
    for dataset in (*latest[3:], *latest[:3]):
        if charts := tk.h.steamcity_charts(results.record_like(dataset)):
            return {"card": cards.card(dataset), "charts": charts[:1]}
    return None
