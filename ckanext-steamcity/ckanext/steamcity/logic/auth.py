"""Who may call the actions of the frame, and who may read about accounts: reading results is for everybody."""

from __future__ import annotations

import ckan.authz as authz
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import AuthFunction, AuthResult, Context, DataDict
from ckanext.steamcity.public import OUR_TYPES

__all__ = [
    "activity_data_show",
    "activity_diff",
    "activity_show",
    "group_activity_list",
    "organization_activity_list",
    "organization_list_for_user",
    "package_activity_list",
    "recently_changed_packages_activity_list",
    "steamcity_file_check",
    "steamcity_home",
    "steamcity_protocol_list",
    "steamcity_protocol_show",
    "steamcity_protocol_twins",
    "steamcity_quality_show",
    "steamcity_result_show",
    "user_activity_list",
    "user_autocomplete",
    "user_list",
    "user_show",
]

_REFUSED: AuthResult = {"success": False}


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
def steamcity_protocol_twins(context: Context, data_dict: DataDict) -> AuthResult:
    """What is compared is published."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_result_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever may see the package; the action asks for it through package_show, which checks."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_quality_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever may see the package; the action asks for it through package_show, which checks."""
    return {"success": True}


def steamcity_file_check(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody with an account: a check costs time, so strangers do not order them."""
    # In CKAN 2.12 a stranger of the API has an (anonymous) account object, so core's own test for one lets them pass.
    return {"success": bool(context.get("user")), "msg": tk._("Please log in to check a file.")}


# Activity names accounts and tells of drafts; who has which account is nobody else's business. Administrators of the
# portal pass before any of these is asked.


@tk.chained_auth_function
def activity_data_show(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    return _REFUSED


@tk.chained_auth_function
def activity_diff(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    return _REFUSED


@tk.chained_auth_function
def activity_show(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    return _REFUSED


@tk.chained_auth_function
def group_activity_list(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    return _REFUSED


@tk.chained_auth_function
def organization_activity_list(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    return _REFUSED


@tk.chained_auth_function
def recently_changed_packages_activity_list(
    next_auth: AuthFunction, context: Context, data_dict: DataDict | None
) -> AuthResult:
    return _REFUSED


@tk.chained_auth_function
def user_activity_list(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    return _REFUSED


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def package_activity_list(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    """Of plain datasets as in CKAN; of ours for administrators of the portal."""
    package = model.Package.get(str((data_dict or {}).get("id") or ""))
    return _REFUSED if package is None or package.type in OUR_TYPES else next_auth(context, data_dict or {})


def _is_me(context: Context, data_dict: DataDict | None) -> bool:
    asked, me = (data_dict or {}).get("id"), model.User.get(context.get("user") or "")
    return me is not None and (not asked or asked in (me.id, me.name))


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def organization_list_for_user(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    """One's own; a stranger's question without a name is answered with nothing, as in CKAN."""
    stranger = not context.get("user") and not (data_dict or {}).get("id")
    return next_auth(context, data_dict or {}) if stranger or _is_me(context, data_dict) else _REFUSED


@tk.chained_auth_function
def user_show(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    """One's own account."""
    return next_auth(context, data_dict or {}) if _is_me(context, data_dict) else _REFUSED


@tk.chained_auth_function
def user_list(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    """Nobody needs the list of all accounts."""
    return _REFUSED


@tk.chained_auth_function
def user_autocomplete(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
    """Coordinators, who add teachers to their school."""
    me = model.User.get(context.get("user") or "")
    coordinates = me is not None and authz.has_user_permission_for_some_org(me.name, "admin")
    return {"success": coordinates}
