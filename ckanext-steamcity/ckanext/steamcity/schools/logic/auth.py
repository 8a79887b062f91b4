"""Who may call the schools actions, and what members of schools may create."""

from __future__ import annotations

from typing import Any

import ckan.authz as authz
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import AuthFunction, AuthResult, Context, DataDict

from .. import labels, workflow
from ..model import Draft, Review, SchoolClass, extra

# Reference datasets come from cities and from the operator; these kinds of organisation publish results of classes.
_KINDS_WITHOUT_DATASETS = ("school", "association", "fablab", "library", "museum", "company")

__all__ = [
    "package_create", "package_update", "steamcity_class_create", "steamcity_class_list", "steamcity_class_show",
    "steamcity_class_update", "steamcity_draft_create", "steamcity_draft_delete",
    "steamcity_draft_file_accept", "steamcity_draft_file_set", "steamcity_draft_list", "steamcity_draft_show",
    "steamcity_draft_pictures_set", "steamcity_draft_update",
    "steamcity_gate_check", "steamcity_review_approve", "steamcity_review_assign",
    "steamcity_review_cancel", "steamcity_review_list", "steamcity_review_request", "steamcity_review_return",
    "steamcity_review_show",
]  # fmt: skip


def _yes(allowed: bool, message: str) -> AuthResult:
    return {"success": True} if allowed else {"success": False, "msg": message}


def _user(context: Context) -> model.User | None:
    user = context.get("auth_user_obj")
    if user is None or getattr(user, "is_anonymous", False):
        user = model.User.get(context.get("user") or "")
    return user  # type: ignore[return-value]


def _logged_in(context: Context) -> AuthResult:
    # CKAN's own test for an account lets the anonymous one pass, which is an object like any other.

    return _yes(_user(context) is not None, tk._("Please log in first."))


def _may(context: Context, organization: str | None, permission: str) -> bool:
    return bool(organization) and authz.has_user_permission_for_group_or_org(
        organization, context.get("user"), permission
    )


def _package(data_dict: DataDict) -> model.Package:
    package = model.Package.get(data_dict.get("id") or "")
    if package is None or package.type != labels.EXPERIMENT:
        raise tk.ObjectNotFound(tk._("There is no such draft."))
    return package


def _is_coordinator(context: Context, organization: str | None) -> bool:
    return _may(context, organization, "update")


# CKAN's own


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def package_create(next_auth: AuthFunction, context: Context, data_dict: DataDict | None = None) -> AuthResult:
    data = data_dict or {}
    owner = data.get("owner_org")
    kind_of_dataset = data.get("type") or "dataset"
    if owner and kind_of_dataset != labels.EXPERIMENT:
        organization = model.Group.get(owner)
        if organization is not None and extra(organization, "kind") in _KINDS_WITHOUT_DATASETS:
            message = tk._("Schools and partners publish results of classes: press “Publish a result” to begin.")
            return {"success": False, "msg": message}
    return next_auth(context, data)


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
@tk.auth_sysadmins_check
def package_update(next_auth: AuthFunction, context: Context, data_dict: DataDict | None = None) -> AuthResult:
    data = data_dict or {}
    package = context.get("package") or model.Package.get(data.get("id") or "")
    if isinstance(package, model.Package) and package.type == labels.EXPERIMENT:
        draft = Draft.get(package.id)
        if draft is not None and draft.state == workflow.SUBMITTED:
            message = tk._("A coordinator is reviewing this draft. Take the request back before you change anything.")
            return {"success": False, "msg": message}
    elif authz.is_sysadmin(context.get("user")):
        # Sysadmins come here because a version must refuse them too; other datasets are theirs as ever.
        return {"success": True}
    return next_auth(context, data)


# Classes


@tk.auth_allow_anonymous_access
def steamcity_class_list(context: Context, data_dict: DataDict) -> AuthResult:
    return {"success": True}


@tk.auth_allow_anonymous_access
def steamcity_class_show(context: Context, data_dict: DataDict) -> AuthResult:
    return {"success": True}


def steamcity_class_create(context: Context, data_dict: DataDict) -> AuthResult:
    organization = model.Group.get(data_dict.get("school") or "")
    allowed = organization is not None and _may(context, organization.id, "update_dataset")
    return _yes(allowed, tk._("Only teachers and coordinators of a school make its classes."))


def steamcity_class_update(context: Context, data_dict: DataDict) -> AuthResult:
    found = SchoolClass.get(data_dict.get("id") or "")
    allowed = found is not None and _may(context, found.school, "update_dataset")
    return _yes(allowed, tk._("Only teachers and coordinators of a school change its classes."))


# Drafts


def steamcity_draft_create(context: Context, data_dict: DataDict) -> AuthResult:
    organization = model.Group.get(data_dict.get("owner_org") or "")
    allowed = organization is not None and _may(context, organization.id, "create_dataset")
    return _yes(allowed, tk._("Only teachers and coordinators of a school publish its results."))


def steamcity_draft_list(context: Context, data_dict: DataDict) -> AuthResult:
    return _logged_in(context)


def steamcity_draft_show(context: Context, data_dict: DataDict) -> AuthResult:
    package = _package(data_dict)
    allowed = _may(context, package.owner_org, "update_dataset")
    if not allowed and package.state != "active":
        allowed = labels.sees(_user(context), package)
    return _yes(allowed, tk._("Only the school that works on this draft sees it."))


def steamcity_draft_update(context: Context, data_dict: DataDict) -> AuthResult:
    package = _package(data_dict)
    return authz.is_authorized("package_update", context, {"id": package.id})


def steamcity_draft_delete(context: Context, data_dict: DataDict) -> AuthResult:
    return steamcity_draft_update(context, data_dict)


def steamcity_draft_file_set(context: Context, data_dict: DataDict) -> AuthResult:
    return steamcity_draft_update(context, data_dict)


def steamcity_draft_pictures_set(context: Context, data_dict: DataDict) -> AuthResult:
    return steamcity_draft_update(context, data_dict)


def steamcity_draft_file_accept(context: Context, data_dict: DataDict) -> AuthResult:
    return steamcity_draft_update(context, data_dict)


def steamcity_gate_check(context: Context, data_dict: DataDict) -> AuthResult:
    return steamcity_draft_show(context, data_dict)


# Reviews


def steamcity_review_request(context: Context, data_dict: DataDict) -> AuthResult:
    package = _package(data_dict)
    writes = _may(context, package.owner_org, "update_dataset")
    user = _user(context)
    if not writes and user is not None:
        writes = authz.user_is_collaborator_on_dataset(user.id, package.id, ["admin", "editor"])
    return _yes(writes, tk._("Only teachers and coordinators of the school ask for publication."))


def steamcity_review_cancel(context: Context, data_dict: DataDict) -> AuthResult:
    return steamcity_review_request(context, data_dict)


def steamcity_review_list(context: Context, data_dict: DataDict) -> AuthResult:
    return _logged_in(context)


def _review(data_dict: DataDict) -> Review:
    review = Review.get(data_dict.get("id") or "")
    if review is None:
        raise tk.ObjectNotFound(tk._("There is no such request."))
    return review


def steamcity_review_show(context: Context, data_dict: DataDict) -> AuthResult:
    review, user = _review(data_dict), _user(context)
    allowed = _may(context, review.school, "update_dataset") or (user is not None and user.id in _named(review))
    return _yes(allowed, tk._("Only the school this request belongs to sees it."))


def _named(review: Review) -> tuple[Any, ...]:
    return (review.requested_by, review.reviewer)


def _decides(context: Context, data_dict: DataDict) -> AuthResult:
    review, user = _review(data_dict), _user(context)
    if user is None:
        return {"success": False}
    if user.id == review.requested_by:
        return _yes(False, tk._("Four eyes: somebody else of your school decides about what you have asked for."))
    allowed = bool(user.sysadmin) or user.id == review.reviewer or _is_coordinator(context, review.school)
    return _yes(allowed, tk._("Only coordinators of the school, or the reviewer they named, decide about this."))


@tk.auth_sysadmins_check
def steamcity_review_approve(context: Context, data_dict: DataDict) -> AuthResult:
    return _decides(context, data_dict)


@tk.auth_sysadmins_check
def steamcity_review_return(context: Context, data_dict: DataDict) -> AuthResult:
    return _decides(context, data_dict)


def steamcity_review_assign(context: Context, data_dict: DataDict) -> AuthResult:
    review = _review(data_dict)
    return _yes(_is_coordinator(context, review.school), tk._("Only coordinators of the school name a reviewer."))
