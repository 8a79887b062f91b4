"""CKAN's own actions, chained so that no experiment is published past its review and no draft shines through.

Registered by ``action.py``; nobody calls these directly. `steamcity_publishing` and `steamcity_inside` in a
context come from code of the portal, never from a request.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.authz import has_user_permission_for_group_or_org
from ckan.types import Action, Context, DataDict
from ckanext.steamcity import blobs, privacy
from ckanext.steamcity.arguments import checked

from .. import files, labels, workflow
from ..model import Draft, Review

EXPERIMENT = labels.EXPERIMENT
# CKAN's fields for persons and free keys: a person never enters an experiment.
_EMPTY_TEXTS = ("author", "author_email", "maintainer", "maintainer_email", "url")
_EMPTY_LISTS = ("extras", "tags")
_DROPPED = ("tag_string", "relationships_as_subject", "relationships_as_object", "plugin_data")
_RESOURCE_KEYS = {
    "cache_last_updated", "cache_url", "clear_upload", "created", "datastore_active", "description", "format", "hash",
    "id", "last_modified", "metadata_modified", "mimetype", "mimetype_inner", "name", "package_id", "position",
    "resource_type", "size", "state", "upload", "url", "url_type",
}  # fmt: skip

# What the portal says of a file; texts of people belong into fields that the gate reads.
_WRITTEN_INSIDE = (
    "cache_last_updated", "cache_url", "description", "format", "hash", "mimetype", "mimetype_inner", "resource_type",
)  # fmt: skip

__all__ = [
    "dataset_purge", "format_autocomplete", "member_list", "package_create", "package_delete",
    "package_owner_org_update", "package_update", "resource_view_create", "resource_view_update",
    "tag_autocomplete", "tag_list", "tag_search",
]  # fmt: skip


def experiment(data_dict: DataDict, key: str = "id") -> model.Package | None:
    """The experiment a request means; None when it means something else."""
    package = model.Package.get(data_dict.get(key) or data_dict.get("name") or "")
    return package if package is not None and package.type == EXPERIMENT else None


@tk.chained_action
@checked
def package_create(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    if data_dict.get("type") != EXPERIMENT:
        return next_action(context, data_dict)
    _no_person(data_dict)
    _no_text_in_files(None, data_dict)
    data_dict |= {"state": "draft", "private": False}
    context["allow_state_change"] = True
    return next_action(context, data_dict)


@tk.chained_action
@checked
def package_update(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    package = experiment(data_dict)
    if package is None or context.get("steamcity_publishing") == package.id:
        return next_action(context, data_dict)
    draft = Draft.of_package(package)
    if draft.state in (workflow.PUBLISHED, workflow.WITHDRAWN):
        # What may still be done with a version is for the freeze to say.
        return next_action(context, data_dict)
    inside = bool(context.get("steamcity_inside"))
    if not inside:
        _refuse_while_reviewed(draft)
        _no_text_in_files(package, data_dict)
    _keep_draft(package, data_dict)
    context["allow_state_change"] = True
    before = dict(_extras(package))
    result = next_action(context, data_dict)
    if not inside:
        _answers_follow(package.id, before, context)
    return result


@tk.chained_action
@checked
def package_delete(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    package = experiment(data_dict)
    if package is None or package.state == "active":
        return next_action(context, data_dict)
    draft = Draft.of_package(package)
    if not context.get("steamcity_inside"):
        _refuse_while_reviewed(draft)
    result = next_action(context, data_dict)
    files.forget(package.id)
    return result


@tk.chained_action
@checked
def dataset_purge(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    package = experiment(data_dict)
    if package is None or package.state == "active":
        return next_action(context, data_dict)
    package_id = package.id
    media = [one.extras.get("sha256") for one in package.resources_all if (one.extras or {}).get("role") == "media"]
    # CKAN's purge stumbles over collaborators after the search document is gone.
    collaborators = sa.delete(model.PackageMember).where(model.PackageMember.package_id == package_id)
    model.Session.execute(collaborators.execution_options(synchronize_session=False))
    for table, column in ((Draft.__table__, "id"), (Review.__table__, "package_id")):
        model.Session.execute(sa.delete(table).where(table.c[column] == package_id))
    result = next_action(context, data_dict)
    files.forget(package_id)
    blobs.drop_unused(*filter(None, media))
    return result


@tk.chained_action
@checked
def package_owner_org_update(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    package = experiment(data_dict)
    if package is not None and package.owner_org:
        organization = model.Group.get(data_dict.get("organization_id") or "")
        if organization is None or organization.id != package.owner_org:
            raise tk.NotAuthorized(
                tk._("A result stays with its school. Make a new draft at the other school instead.")
            )
    return next_action(context, data_dict)


def _refuse_while_reviewed(draft: Draft) -> None:
    if not workflow.may(draft.state, workflow.EDIT):
        raise tk.NotAuthorized(
            tk._("A coordinator is reviewing this draft. Take the request back before you change anything.")
        )


def _extras(package: Any) -> dict[str, Any]:
    return package.extras


def _no_person(data_dict: DataDict) -> None:
    data_dict |= dict.fromkeys(_EMPTY_TEXTS, "")
    data_dict |= {name: [] for name in _EMPTY_LISTS}
    for name in _DROPPED:
        data_dict.pop(name, None)
    resources = data_dict.get("resources")
    if isinstance(resources, list):
        schema = tk.h.scheming_get_dataset_schema(EXPERIMENT)
        known = _RESOURCE_KEYS | {field["field_name"] for field in schema["resource_fields"]}
        data_dict["resources"] = [
            {key: value for key, value in resource.items() if key in known} if isinstance(resource, dict) else resource
            for resource in resources
        ]


def _no_text_in_files(package: model.Package | None, data_dict: DataDict) -> None:
    """Of a file only the portal itself says more than its name: what is sent gives way to what is stored."""
    stored = {resource.id: resource for resource in (package.resources_all if package is not None else [])}
    for resource in data_dict.get("resources") or []:
        if not isinstance(resource, dict):
            continue
        known = stored.get(str(resource.get("id") or ""))
        for name in _WRITTEN_INSIDE:
            resource.pop(name, None)
            if known is not None and getattr(known, name, None):
                resource[name] = getattr(known, name)
        for name in ("name", "url", "role"):
            _no_person_in_name(name, resource.get(name))


def _no_person_in_name(field: str, given: Any) -> None:
    """The gate does not read names of files: publishing gives them new ones, and until then they are not stored."""
    text = unquote(given) if isinstance(given, str) else ""
    if privacy.scan_text(text, field) or privacy.scan_file_name(text.rpartition("/")[2]):
        raise tk.ValidationError({field: [tk._("There is something about a person in the name of this file.")]})


def _no_view(next_action: Action, context: Context, data_dict: DataDict, resource_id: Any) -> Any:
    resource = model.Resource.get(str(resource_id or ""))
    if resource is not None and resource.package.type == EXPERIMENT and not context.get("ignore_auth"):
        raise tk.NotAuthorized(tk._("A result shows its data itself; it has no further views."))
    return next_action(context, data_dict)


@tk.chained_action
@checked
def resource_view_create(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    return _no_view(next_action, context, data_dict, data_dict.get("resource_id"))


@tk.chained_action
@checked
def resource_view_update(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    view = model.ResourceView.get(str(data_dict.get("id") or ""))
    return _no_view(next_action, context, data_dict, view.resource_id if view else data_dict.get("resource_id"))


def _keep_draft(package: model.Package, data_dict: DataDict) -> None:
    """Whatever was asked for: a draft stays a draft of its school. It may be thrown away."""
    _no_person(data_dict)
    thrown_away = data_dict.get("state") == "deleted"
    data_dict |= {
        "state": "deleted" if thrown_away else "draft",
        "private": False,
        "owner_org": package.owner_org,
        "creator_user_id": package.creator_user_id,
    }


def _answers_follow(package_id: str, before: dict[str, Any], context: Context) -> None:
    """What was written into the package without the wizard becomes the wizard's answers."""
    from .. import compose

    package, draft = model.Package.get(package_id), Draft.get(package_id)
    if package is None or draft is None or dict(_extras(package)) == before:
        return
    shown = tk.get_action("package_show")({"ignore_auth": True, "for_view": False}, {"id": package_id})
    draft.answers = compose.answers_of(shown, draft.answers)
    draft.protocol = shown.get("protocol") or draft.protocol
    if not context.get("defer_commit"):
        model.Session.commit()


# What drafts would show to everybody: their tags, formats, and that they exist.


@tk.chained_action
@tk.side_effect_free
@checked
def tag_list(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    _texts(data_dict, "query", "q")
    return _without_hidden(next_action(context, data_dict))


@tk.chained_action
@tk.side_effect_free
@checked
def tag_autocomplete(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    _texts(data_dict, "query", "q", several=True)
    return _without_hidden(next_action(context, data_dict))


@tk.chained_action
@tk.side_effect_free
@checked
def tag_search(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    _texts(data_dict, "query", "q", several=True)
    found = next_action(context, data_dict)
    kept = _without_hidden(found["results"])
    return {**found, "results": kept, "count": found["count"] - (len(found["results"]) - len(kept))}


@tk.chained_action
@tk.side_effect_free
@checked
def format_autocomplete(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    _texts(data_dict, "q")
    found = next_action(context, {name: value for name, value in data_dict.items() if name != "limit" or value != ""})
    if not found:
        return found
    visible = (
        sa.select(sa.func.lower(model.Resource.format))
        .join(model.Package, model.Package.id == model.Resource.package_id)
        .where(sa.func.lower(model.Resource.format).in_(found), model.Resource.state == "active", sa.not_(_hidden()))
    )
    shown = set(model.Session.scalars(visible))
    return [name for name in found if name in shown]


@tk.chained_action
@tk.side_effect_free
@checked
def member_list(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    members = next_action(context, data_dict)
    user = context.get("auth_user_obj")
    if context.get("ignore_auth") or (user is not None and getattr(user, "sysadmin", False)):
        return members
    if not has_user_permission_for_group_or_org(data_dict.get("id"), context.get("user"), "read"):
        # Who belongs to a school is known in the school.
        members = [member for member in members if member[1] != "user"]
    ids = [member[0] for member in members if member[1] == "package"]
    if not ids:
        return members
    drafts = model.Session.scalars(sa.select(model.Package).where(model.Package.id.in_(ids), _hidden()))
    held = set(labels.of_user(user))  # type: ignore[arg-type]
    unseen = {package.id for package in drafts if not held.intersection(labels.of_dataset(package))}
    return [member for member in members if member[0] not in unseen]


def _texts(data_dict: DataDict, *names: str, several: bool = False) -> None:
    """Refuse words to look for that are no text; core would break on them."""
    for name in names:
        value = data_dict.get(name)
        texts = value if several and isinstance(value, list) else [value]
        if value is not None and not all(isinstance(text, str) for text in texts):
            raise tk.ValidationError({name: [tk._("Write a text here.")]})


def _hidden() -> Any:
    """Packages the public does not see because they are experiments that are not published."""
    package = model.Package
    return sa.and_(package.type == EXPERIMENT, sa.or_(package.state != "active", package.private.is_(True)))


def _without_hidden(tags: list[Any]) -> list[Any]:
    """Tags without those that only drafts carry."""
    names = [tag["name"] if isinstance(tag, dict) else tag for tag in tags]
    if not names:
        return tags
    uses = (
        sa.select(model.Tag.name, sa.func.bool_and(_hidden()))
        .join(model.PackageTag, model.PackageTag.tag_id == model.Tag.id)
        .join(model.Package, model.Package.id == model.PackageTag.package_id)
        .where(model.Tag.name.in_(names), model.PackageTag.state == "active")
        .group_by(model.Tag.name)
    )
    secret = {name for name, only_hidden in model.Session.execute(uses) if only_hidden}
    return [tag for tag, name in zip(tags, names, strict=True) if name not in secret]
