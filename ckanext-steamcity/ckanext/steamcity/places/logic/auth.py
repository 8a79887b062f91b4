"""Who may do what with places: everybody may read them, only a sysadmin loads them."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

__all__ = [
    "steamcity_area_list",
    "steamcity_area_load",
    "steamcity_area_show",
    "steamcity_map_features",
    "steamcity_place_of_point",
    "steamcity_place_show",
]


@tk.auth_allow_anonymous_access
def steamcity_area_list(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_area_show(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_place_show(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_place_of_point(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_map_features(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": True}


def steamcity_area_load(context: Context, data_dict: DataDict | None) -> AuthResult:
    return {"success": False, "msg": tk._("Only a system administrator may load boundaries.")}
