"""Who may call the citation actions."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import AuthResult, Context, DataDict

from ..model import Version

__all__ = [
    "steamcity_citation_show",
    "steamcity_files_set",
    "steamcity_version_list",
    "steamcity_version_preview",
    "steamcity_version_publish",
    "steamcity_version_show",
    "steamcity_version_withdraw",
]


def steamcity_version_preview(context: Context, data_dict: DataDict) -> AuthResult:
    """Who sees the draft."""
    return authz.is_authorized("package_show", context, data_dict)


@tk.auth_sysadmins_check
def steamcity_version_publish(context: Context, data_dict: DataDict) -> AuthResult:
    """Nobody: the portal itself, after an approval."""
    return {"success": False, "msg": tk._("A version is published by approving its review, in no other way.")}


@tk.auth_sysadmins_check
def steamcity_files_set(context: Context, data_dict: DataDict) -> AuthResult:
    """Nobody: the portal itself, when a checked table is accepted."""
    return {"success": False, "msg": tk._("The clean table is written by the portal, after the check.")}


@tk.auth_allow_anonymous_access
def steamcity_version_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_version_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_citation_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody."""
    return {"success": True}


def steamcity_version_withdraw(context: Context, data_dict: DataDict) -> AuthResult:
    """Coordinators of the school (and sysadmins)."""
    version = Version.get(str(data_dict.get("id") or ""))
    package = model.Session.get(model.Package, version.package_id) if version else None
    user = context.get("user") or ""
    if package is not None and user and authz.users_role_for_group_or_org(package.owner_org, user) == "admin":
        return {"success": True}
    return {"success": False, "msg": tk._("Only coordinators of the school can withdraw a version.")}
