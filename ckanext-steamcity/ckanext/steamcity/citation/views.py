"""Pages of the citation plugin: identifiers, citations to download, the frozen record, withdrawal."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Response
from ckanext.steamcity import blobs
from ckanext.steamcity.protocols import picture_sets, pictures
from flask import Blueprint, make_response, redirect, request

from . import canonical, files, formats, outbox, tombstone
from .errors import Frozen
from .model import Version
from .record import resource_with_role

__all__ = ["steamcity_citation"]

steamcity_citation = Blueprint("steamcity_citation", __name__)
steamcity_citation.before_app_request(outbox.keep_scheduled)
steamcity_citation.before_app_request(tombstone.before_request)
steamcity_citation.after_app_request(tombstone.gone)
steamcity_citation.after_app_request(files.attach)


@steamcity_citation.app_errorhandler(Frozen)
def frozen(error: Frozen) -> tuple[str, int]:
    """403 with the reason, where core would show its error page."""
    return tk.render("steamcity_citation/frozen.html", {"message": error.message}), 403


@steamcity_citation.route("/id/<path:identifier>")
def resolve(identifier: str) -> Any:
    """The page of an identifier: a version's, or the newest version's for a concept's."""
    version = Version.by_identifier(identifier) or Version.newest(concept_identifier=identifier)
    if version is None:
        tk.abort(
            404, tk._("This portal has no result with the identifier {identifier}.").format(identifier=identifier[:80])
        )
    return redirect(tk.url_for("experiment.read", id=version.name), 302)


@steamcity_citation.route("/experiment/<id>/cite.<extension>")
def cite(id: str, extension: str) -> Response:
    """A citation as a file; also of a withdrawn version, for those who cited it."""
    version = _version(id)
    if extension not in formats.FORMATS:
        tk.abort(404, tk._("A citation can be had as bib, ris or json."))
    answer = make_response(formats.render(tombstone.work_of(version), extension))
    answer.headers["Content-Type"] = f"{formats.FORMATS[extension]}; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{version.name}.{extension}"'
    return answer


@steamcity_citation.route("/experiment/<id>/record.json")
def frozen_record(id: str) -> Response:
    """The frozen record, byte for byte what its checksum was made of."""
    version = _version(id)
    answer = make_response(canonical.dump(version.record))
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    answer.headers["ETag"] = f'"{version.record_sha256}"'
    return answer


@steamcity_citation.route("/experiment/<id>/picture/<name>")
def picture(id: str, name: str) -> Any:
    """One picture out of the zip of a result, for everybody who sees the result."""
    who: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user}
    try:
        package = tk.get_action("package_show")(who, {"id": id})
        # The index may not yet know what a draft's file is now.
        file: Any = model.Resource.get((resource_with_role(package, "media") or {})["id"])
        packed = (file.extras or {})["sha256"]
        with blobs.path(packed).open("rb") as archive:
            content = picture_sets.unpack(archive, name)
        small = request.args.get("size") == "small"
        content = pictures.smaller(content) if small else content
    except (tk.ObjectNotFound, tk.NotAuthorized, KeyError, FileNotFoundError, ValueError):
        tk.abort(404, tk._("There is no such picture."))
    answer = make_response(content)
    answer.headers["Content-Type"] = "image/jpeg"
    answer.headers["ETag"] = f'"{packed[:32]}-{name}{"-small" if small else ""}"'
    if package["state"] != "active":
        answer.headers["Cache-Control"] = "private, no-store"
    return answer.make_conditional(request)


@steamcity_citation.route("/experiment/<id>/withdraw", methods=["GET", "POST"])
def withdraw(id: str) -> Any:
    """Ask why, and withdraw."""
    version = _version(id)
    context: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user}
    try:
        tk.check_access("steamcity_version_withdraw", context, {"id": version.name})
    except tk.NotAuthorized as error:
        tk.abort(403, str(error.message))
    errors: dict[str, Any] = {}
    reason = tk.request.form.get("reason", "")
    if tk.request.method == "POST":
        try:
            tk.get_action("steamcity_version_withdraw")(context, {"id": version.name, "reason": reason})
            return redirect(tk.url_for("experiment.read", id=version.name), 303)
        except tk.ValidationError as error:
            errors = error.error_dict
    values = {"version": version.dictize(), "record": version.record, "errors": errors, "reason": reason}
    values["summary"] = [{"field": field, "message": " ".join(texts)} for field, texts in errors.items()]
    return tk.render("steamcity_citation/withdraw.html", values), 422 if errors else 200


def _version(reference: str) -> Version:
    version = Version.get(reference) or Version.newest(concept=reference)
    if version is None:
        tk.abort(404, tk._("There is no published version with this name."))
    return version
