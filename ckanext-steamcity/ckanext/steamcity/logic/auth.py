"""Who may call the actions of the frame: reading is for everybody."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

__all__ = [
    "steamcity_file_check",
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


def steamcity_file_check(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody with an account: a check costs time, so strangers do not order them."""
    # In CKAN 2.12 a stranger of the API has an (anonymous) account object, so core's own test for one lets them pass.
    return {"success": bool(context.get("user")), "msg": tk._("Please log in to check a file.")}
