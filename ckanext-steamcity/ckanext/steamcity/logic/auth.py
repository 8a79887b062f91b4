"""Who may call the actions of the frame: reading is for everybody."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

__all__ = [
    "steamcity_home",
    "steamcity_protocol_list",
    "steamcity_protocol_show",
    "steamcity_result_show",
]


@tk.auth_allow_anonymous_access
def steamcity_home(context: Context, data_dict: DataDict) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_protocol_list(context: Context, data_dict: DataDict) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_protocol_show(context: Context, data_dict: DataDict) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_result_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever may see the package; the action asks for it through package_show, which checks."""
    return {"success": True}
