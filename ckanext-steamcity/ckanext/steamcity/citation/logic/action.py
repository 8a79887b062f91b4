"""Actions of the citation plugin."""

from __future__ import annotations

import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import Context, DataDict
from ckanext.steamcity import privacy
from ckanext.steamcity.arguments import checked

from .. import config, files, formats, outbox, publish, record, tombstone
from ..model import Version
from . import schema

__all__ = [
    "steamcity_citation_show",
    "steamcity_files_set",
    "steamcity_version_list",
    "steamcity_version_preview",
    "steamcity_version_publish",
    "steamcity_version_show",
    "steamcity_version_withdraw",
]


@tk.side_effect_free
@checked
def steamcity_version_preview(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The record a draft would be frozen as, and its checksum: what a reviewer looks at and approves.

    Nothing is written. From inside, `steamcity_fields` in the context stand in for what the package says, and
    `steamcity_reserving` reserves the identifiers.

    :param id: package id or name of the draft
    :returns: `record`, `sha256`, and `citation` in the five languages
    """
    package = _package(data_dict)
    tk.check_access("steamcity_version_preview", context, {"id": package.id})
    frozen = model.Session.get(Version, package.id)
    if frozen:
        built, sha256 = frozen.record, frozen.record_sha256
    else:
        fields = context.get("steamcity_fields")
        built, sha256 = record.build(package.id, fields, reserving=bool(context.get("steamcity_reserving")))
    work = _work(built, frozen)
    return {
        "record": built,
        "sha256": sha256,
        "citation": {code: formats.text(work, code) for code in formats.LANGUAGES},
    }


@checked
@tk.validate_action_data(schema.version_publish)
def steamcity_version_publish(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Freeze a draft as a version. Only the portal itself calls it, after an approval, with `ignore_auth`.

    :param id: package id of the draft
    :param sha256: checksum of the record that was approved
    :param approved_by: user id of who approved; it stays inside
    """
    tk.check_access("steamcity_version_publish", context, data_dict)
    package = _package(data_dict)
    return publish.publish(package.id, data_dict["sha256"], data_dict["approved_by"]).dictize()


@tk.side_effect_free
@checked
def steamcity_version_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A version, published or withdrawn, with its frozen record (none when it is withdrawn, but how it was cited).

    :param id: package id, name or identifier of a version, or a concept or its identifier for the newest version
    """
    tk.check_access("steamcity_version_show", context, data_dict)
    reference = str(tk.get_or_bust(data_dict, "id"))
    version = (
        Version.get(reference)
        or Version.by_identifier(reference)
        or Version.newest(concept=reference)
        or Version.newest(concept_identifier=reference)
    )
    if version is None:
        raise tk.ObjectNotFound(tk._("There is no published version with this name."))
    shown = {**version.dictize(), "superseded": Version.superseded(version.package_id)}
    if version.withdrawn:
        return {**shown, "tombstone": tombstone.tombstone(version)}
    return {**shown, "record": version.record}


@tk.side_effect_free
@checked
def steamcity_version_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """All versions of a concept, newest first, withdrawn ones marked.

    :param concept: slug of the concept
    """
    tk.check_access("steamcity_version_list", context, data_dict)
    return [version.dictize() for version in Version.of_concept(str(tk.get_or_bust(data_dict, "concept")))]


@checked
@tk.validate_action_data(schema.version_withdraw)
def steamcity_version_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Withdraw a version: nobody can read it any more; at its address stay its citation, who withdrew it, when and why.

    :param id: package id or name of the version
    :param reason: why, in a sentence everybody will read
    """
    tk.check_access("steamcity_version_withdraw", context, data_dict)
    reason = " ".join(str(data_dict["reason"]).split())
    if len(reason) < 10 or len(reason) > 1000:
        raise tk.ValidationError(
            {"reason": [tk._("Say why in a sentence: people who cited this result will read it.")]}
        )
    if privacy.scan_text(reason, "reason"):
        # It stays public for ever.
        raise tk.ValidationError({"reason": [tk._("One or two sentences that everybody can read. No names, please.")]})
    by = "operator" if authz.is_sysadmin(context.get("user")) else "school"
    return publish.withdraw(data_dict["id"], reason, by).dictize()


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.citation_show)
def steamcity_citation_show(context: Context, data_dict: DataDict) -> dict[str, str]:
    """How to cite a version.

    :param id: package id, name or identifier of a version, or a concept
    :param format: `text`, `bib`, `ris` or `json` (CSL-JSON)
    :param language: language of the text
    """
    tk.check_access("steamcity_citation_show", context, data_dict)
    found = tk.get_action("steamcity_version_show")(tk.fresh_context(context), {"id": data_dict["id"]})
    work = tombstone.work_of(model.Session.get_one(Version, found["id"]))
    text = formats.render(work, data_dict["format"], data_dict["language"])
    return {"format": data_dict["format"], "citation": text}


@checked
def steamcity_files_set(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Write files into a draft, each in the place of the one with its role. Only the portal itself calls it.

    :param id: package id
    :param files: list of `{name, role, content (bytes or text), format, description}`; role `data` is the clean table,
        `dictionary` its Table Schema, `repairs` all that differs from what was measured, `media` the zip of its
        pictures; without content (null) the file of this role is taken away
    :param fields: further fields of the package to save with them (optional)
    :param provenance: `{quality, repairs}`, kept in the dictionary and frozen with the record (optional)
    """
    tk.check_access("steamcity_files_set", context, data_dict)
    package = _package(data_dict)
    return files.set_files(
        package.id, data_dict.get("files") or [], data_dict.get("fields") or {}, data_dict.get("provenance") or {}
    )


def _package(data_dict: DataDict) -> model.Package:
    package = model.Package.get(str(tk.get_or_bust(data_dict, "id")))
    if package is None:
        raise tk.ObjectNotFound(tk._("There is no draft with this name."))
    return package


def _work(built: dict[str, Any], version: Version | None) -> formats.Work:
    """A draft is cited as if it were published today: that is what its reviewer wants to see."""
    if version is not None:
        return tombstone.work_of(version)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    url = outbox.address(built["identifier"])
    return formats.work(built, published_at=today, publisher=config.publisher(), url=url)
