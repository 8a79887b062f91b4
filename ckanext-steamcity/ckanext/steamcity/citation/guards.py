"""Early refusals in Python, so that a change of a version fails in clear words and before the index is touched.

The locks themselves are in the stores: row triggers, table ownership, write-once files. This plugin only.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.plugins import plugin_loaded
from ckan.types import Action, AuthFunction, AuthResult, Context, DataDict
from ckanext.steamcity.arguments import checked
from sqlalchemy import event

from . import tombstone
from .errors import Frozen, Withdrawn
from .logic import action, auth
from .model import Version

# SQLSTATE of our triggers, and PostgreSQL's "must be owner of", which is how a frozen DataStore table refuses.
_OURS, _NOT_OWNER = "SF001", "42501"
_PACKAGE_ACTIONS = ("package_update", "package_delete", "dataset_purge", "package_owner_org_update")
_DATASTORE_ACTIONS = ("datastore_create", "datastore_upsert", "datastore_delete", "datastore_records_delete",
                      "datastore_run_triggers")  # fmt: skip
_HARVEST_ACTIONS = ("harvest_source_clear", "harvest_source_index_clear")
# Core's group_delete changes the index before the database refuses.
_GROUP_ACTIONS = ("group_delete", "group_purge", "organization_delete", "organization_purge")
_READ_PACKAGE = ("package_show",)
_READ_RESOURCE = ("resource_show",)
_READ_TABLE = ("datastore_search", "datastore_info")
_AUTH = ("package_update", "package_delete")


def actions() -> dict[str, Any]:
    """The plugin's actions and the chained ones; those only of plugins that are loaded, else CKAN does not start."""
    chained = {name: _refusing(name, _package_of) for name in _PACKAGE_ACTIONS}
    chained["package_update"] = _package_update
    chained.update({name: _refusing(name, _version_of_group) for name in _GROUP_ACTIONS})
    chained.update({name: _reading(_package_of) for name in _READ_PACKAGE})
    chained.update({name: _reading(_resource_of) for name in _READ_RESOURCE})
    if plugin_loaded("datastore"):
        chained.update({name: _refusing(name, _resource_of) for name in _DATASTORE_ACTIONS})
        chained["datastore_create"] = _datastore_create
        chained.update({name: _reading(_resource_of) for name in _READ_TABLE})
    if plugin_loaded("harvest"):
        chained.update({name: _refusing(name, _version_of_source) for name in _HARVEST_ACTIONS})
    return {**_public(action), **chained}


def auth_functions() -> dict[str, Any]:
    """Chained so that nobody, sysadmins included, is offered to edit a version."""
    return {**_public(auth), **{name: _auth(name) for name in _AUTH}}


def _public(module: Any) -> dict[str, Any]:
    return {name: getattr(module, name) for name in module.__all__}


def _package_of(data_dict: DataDict) -> Version | None:
    reference = data_dict.get("id") or data_dict.get("name") or data_dict.get("name_or_id")
    return Version.get(reference) if isinstance(reference, str) else None


def _resource_of(data_dict: DataDict) -> Version | None:
    reference = data_dict.get("resource_id") or data_dict.get("id")
    return Version.of_resource(reference) if isinstance(reference, str) else None


def _version_of_group(data_dict: DataDict) -> Version | None:
    """Any version among the datasets of a group or organisation."""
    group = model.Group.get(data_dict.get("id") or "")
    if group is None:
        return None
    query = sa.text(
        "select v.package_id from member m join steamcity_citation_version v on v.package_id = m.table_id"
        " where m.group_id = :id and m.table_name = 'package' and m.state = 'active' limit 1"
    )
    found = model.Session.execute(query, {"id": group.id}).scalar()
    return Version.get(found) if found else None


def _version_of_source(data_dict: DataDict) -> Version | None:
    """Any version among the packages of a harvest source; core clears those by SQL, and the index first."""
    query = sa.text(
        "select v.package_id from steamcity_citation_version v join harvest_object o on o.package_id = v.package_id"
        " join harvest_source s on s.id = o.harvest_source_id where s.id = :id limit 1"
    )
    found = model.Session.execute(query, {"id": str(data_dict.get("id") or "")}).scalar()
    return Version.get(found) if found else None


def _refusing(name: str, find: Any) -> Any:
    @tk.chained_action
    @checked
    def refuse(next_action: Action, context: Context, data_dict: DataDict) -> Any:
        if name == "datastore_run_triggers" and not data_dict.get("resource_id"):
            raise tk.ValidationError({"resource_id": [tk._("Write a text here.")]})
        if find(data_dict):
            raise Frozen
        return next_action(context, data_dict)

    refuse.__name__ = name
    # Core exempts plugins' actions from its audit of auth checks, and a chain has to say so again.
    refuse.auth_audit_exempt = name not in _PACKAGE_ACTIONS + _GROUP_ACTIONS  # type: ignore[attr-defined]
    return refuse


@tk.chained_action
@checked
def _package_update(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    if _package_of(data_dict):
        raise Frozen
    package = model.Package.get(data_dict.get("id") or data_dict.get("name") or "")
    if package is not None and package.type == "experiment":
        # The uploader sees one resource at a time and has to know whose it is.
        for resource in data_dict.get("resources") or []:
            if isinstance(resource, dict):
                resource["package_id"] = package.id
    return next_action(context, data_dict)


@tk.chained_action
@checked
def _datastore_create(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    if _resource_of(data_dict):
        raise Frozen
    if not isinstance(data_dict.get("resource") or {}, dict):
        raise tk.ValidationError({"resource": [tk._("Give the parameters as an object.")]})
    if _of_experiment(data_dict):
        # A table of its own, or an alias of one, would stand in the way of the frozen one, and no gate has read it.
        raise tk.NotAuthorized(tk._("The portal itself makes the table of a result, when it is published."))
    return next_action(context, data_dict)


_datastore_create.auth_audit_exempt = True  # type: ignore[attr-defined]


def _of_experiment(data_dict: DataDict) -> bool:
    """Whether the table would belong to a result: to a file it has, or to one that would be made for it."""
    reference, described = data_dict.get("resource_id"), data_dict.get("resource")
    resource = model.Resource.get(reference) if isinstance(reference, str) else None
    package = resource.package if resource is not None else None
    if package is None and isinstance(described, dict) and isinstance(described.get("package_id"), str):
        package = model.Package.get(described["package_id"])
    return package is not None and package.type == "experiment"


def _reading(find: Any) -> Any:
    @tk.chained_action
    @tk.side_effect_free
    @checked
    def read(next_action: Action, context: Context, data_dict: DataDict) -> Any:
        if not context.get("ignore_auth"):
            version = find(data_dict)
            if version is not None and version.withdrawn:
                tombstone.remember()
                raise Withdrawn(tombstone.tombstone(version))
        return next_action(context, data_dict)

    return read


def _auth(name: str) -> Any:
    @tk.chained_auth_function
    @tk.auth_sysadmins_check
    def allowed(next_auth: AuthFunction, context: Context, data_dict: DataDict | None) -> AuthResult:
        package: Any = context.get("package")
        reference = (data_dict or {}).get("id") or (package.id if package is not None else "")
        if isinstance(reference, str) and reference and Version.get(reference):
            return {"success": False, "msg": str(Frozen().message)}
        user = context.get("auth_user_obj")
        if user is None and context.get("user"):
            user = model.User.get(context.get("user", ""))
        if getattr(user, "sysadmin", False) and getattr(user, "state", "") == "active":
            # This function is asked for sysadmins too; what lies under it never was.
            return {"success": True}
        return next_auth(context, data_dict or {})

    allowed.__name__ = name
    return allowed


def listen() -> None:
    """Turn what the databases answer to a change of a version into `Frozen`, once per process."""
    if not event.contains(sa.Engine, "handle_error", _translate):
        event.listen(sa.Engine, "handle_error", _translate)


def _translate(context: Any) -> None:
    code = getattr(context.original_exception, "pgcode", None)
    if code == _OURS or (code == _NOT_OWNER and _is_datastore(context.engine)):
        raise Frozen from context.original_exception


def _is_datastore(engine: sa.Engine | None) -> bool:
    url = tk.config.get("ckan.datastore.write_url")
    return bool(url) and engine is not None and engine.url == sa.make_url(url)
