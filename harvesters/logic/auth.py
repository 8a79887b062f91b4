"""Who may call the harvester's actions, and the doors of ckanext-harvest that are closed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.authz as authz
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import AuthResult, Context, DataDict
from ckanext.harvest.model import HarvestObject

__all__ = [
    "harvest_job_list",
    "harvest_jobs_run",
    "harvest_log_list",
    "harvest_object_list",
    "harvest_object_show",
    "harvest_source_clear",
    "harvest_objects_import",
    "harvest_source_list",
    "harvest_source_reindex",
    "harvest_source_show",
    "harvest_source_show_status",
    "harvest_sources_clear",
    "harvest_sources_reindex",
    "package_show",
    "steamcity_feed_create",
    "steamcity_feed_list",
    "steamcity_feed_pause",
    "steamcity_feed_preview",
    "steamcity_feed_resume",
    "steamcity_feed_run",
    "steamcity_feed_show",
    "steamcity_feed_stop",
    "steamcity_feed_token_create",
    "steamcity_feed_token_list",
    "steamcity_feed_token_revoke",
    "steamcity_feed_try",
    "steamcity_feed_update",
    "steamcity_feed_upload",
]


def _looks_after(context: Context, source_id: str | None) -> AuthResult:
    """Whoever may edit the source; nobody where none is named."""
    try:
        tk.check_access("package_update", {"user": context.get("user", "")}, {"id": source_id})
    except (tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError):
        return {"success": False, "msg": tk._("Only the people who look after this feed see it.")}
    return {"success": True}


def _adds(context: Context, data_dict: DataDict | None) -> AuthResult:
    """Whoever publishes results for an organisation may also add feeds to it."""
    organization = model.Group.get((data_dict or {}).get("owner_org") or "")
    allowed = (
        organization is not None
        and organization.is_organization
        and authz.has_user_permission_for_group_or_org(organization.id, context.get("user"), "create_dataset")
    )
    if allowed:
        return {"success": True}
    return {"success": False, "msg": tk._("Only teachers and coordinators of a school look after its feeds.")}


def steamcity_feed_try(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _adds(context, data_dict)


def steamcity_feed_create(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _adds(context, data_dict)


def steamcity_feed_list(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _adds(context, data_dict)


def steamcity_feed_show(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_pause(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_resume(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_stop(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_update(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_preview(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_upload(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_token_create(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_token_list(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_token_revoke(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


def steamcity_feed_run(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


@tk.chained_auth_function
def harvest_object_show(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    """The description of a station as it was read; the published one is at `steamcity_station_show`."""
    found: Any = HarvestObject.get((data_dict or {}).get("id", ""))
    return _looks_after(context, found.harvest_source_id if found else None)


@tk.chained_auth_function
def harvest_job_list(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    """Without a source the list would be of all of them."""
    return _looks_after(context, (data_dict or {}).get("source_id"))


@tk.chained_auth_function
def harvest_log_list(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    """What harvesters wrote is for administrators of the portal, whom nobody asks. ckanext-harvest registers the action
    itself as its auth function, which then asks itself for ever."""
    return {"success": False, "msg": tk._("Only administrators of the portal read this log.")}


@tk.chained_auth_function
def harvest_object_list(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("source_id"))


@tk.chained_auth_function
def harvest_source_show(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return _looks_after(context, (data_dict or {}).get("id"))


@tk.chained_auth_function
def harvest_source_show_status(
    next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None
) -> AuthResult:
    """The status goes with the page of the source, which asks for it again for everybody it lets in."""
    return _looks_after(context, (data_dict or {}).get("id"))


@tk.chained_auth_function
def harvest_source_list(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": False, "msg": tk._("Sources are seen by the people who look after them.")}


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def package_show(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    """A harvest source is a package to CKAN; its configuration is nobody else's business."""
    package = context.get("package") or model.Package.get((data_dict or {}).get("id", ""))
    if package is not None and package.type == "harvest":
        return _looks_after(context, package.id)
    return next_auth(context, data_dict)


@tk.chained_auth_function
@tk.auth_sysadmins_check
def harvest_source_clear(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    """It deletes datasets by raw SQL: nobody may, not even a sysadmin."""
    return {"success": False, "msg": tk._("Clearing a source would delete datasets for good; this portal does not.")}


@tk.chained_auth_function
@tk.auth_sysadmins_check
def harvest_sources_clear(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": False, "msg": tk._("Clearing sources would delete datasets for good; this portal does not.")}


# ckanext-harvest's own functions for these break where nobody is logged in.


def _administrators() -> AuthResult:
    return {"success": False, "msg": tk._("Only administrators of the portal do this.")}


@tk.chained_auth_function
def harvest_jobs_run(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return _administrators()


@tk.chained_auth_function
def harvest_objects_import(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return _administrators()


@tk.chained_auth_function
def harvest_source_reindex(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return _administrators()


@tk.chained_auth_function
def harvest_sources_reindex(next_auth: Callable[..., Any], context: Context, data_dict: DataDict | None) -> AuthResult:
    return _administrators()
