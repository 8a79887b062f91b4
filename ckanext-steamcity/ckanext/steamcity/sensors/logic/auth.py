"""Who may call the sensors actions: everybody reads; writing is for the portal itself, from inside."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

__all__ = [
    "steamcity_coverage_show",
    "steamcity_feed_known",
    "steamcity_latest_list",
    "steamcity_month_list",
    "steamcity_month_write",
    "steamcity_observation_ingest",
    "steamcity_observation_search",
    "steamcity_observation_window",
    "steamcity_run_claim",
    "steamcity_run_finish",
    "steamcity_run_live",
    "steamcity_run_release",
    "steamcity_run_renew",
    "steamcity_run_show",
    "steamcity_run_stop",
    "steamcity_station_gone",
    "steamcity_station_list",
    "steamcity_station_refresh",
    "steamcity_station_search",
    "steamcity_station_show",
    "steamcity_station_upsert",
]


@tk.auth_allow_anonymous_access
def steamcity_station_list(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_station_search(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_station_show(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_observation_search(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_observation_window(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_coverage_show(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_latest_list(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_month_list(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


def steamcity_month_write(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": False, "msg": tk._("Only administrators of the portal do this.")}


def steamcity_run_show(context: Context, data_dict: DataDict | None) -> AuthResult:
    """Whoever may edit the feed."""
    try:
        tk.check_access("package_update", context, {"id": (data_dict or {}).get("feed")})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return {"success": False, "msg": tk._("Only the people who look after this feed see its runs.")}
    return {"success": True}


def _inside_only() -> AuthResult:
    return {"success": False, "msg": tk._("Only the portal itself does this.")}


@tk.auth_sysadmins_check
def steamcity_station_upsert(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_station_refresh(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_station_gone(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_observation_ingest(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_feed_known(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_run_claim(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_run_live(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_run_renew(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_run_release(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_run_stop(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()


@tk.auth_sysadmins_check
def steamcity_run_finish(context: Context, data_dict: DataDict | None) -> AuthResult:
    return _inside_only()
