"""What remains at the address of a withdrawn version, and where the address of a concept leads. This plugin only."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from flask import Response as FlaskResponse
from flask import g, has_request_context, redirect, request

from . import config, formats, outbox
from .model import Version

# Views of these take an `id` that is no dataset's.
_OTHERS = {"api", "group", "organization", "user", "dashboard", "admin", "static", "webassets"}
_ASKED_FOR = ("id", "resource_id", "_id")


def work_of(version: Version) -> formats.Work:
    """What the citation formats need of a version."""
    return formats.work(
        version.record,
        published_at=version.published_at.isoformat(),
        publisher=config.publisher(),
        url=outbox.address(version.identifier),
    )


def tombstone(version: Version) -> dict[str, str]:
    """How a withdrawn version was cited, and why, when and by whom it was withdrawn."""
    return {
        "citation": formats.text(work_of(version), tk.h.lang() if has_request_context() else "en"),
        "reason": version.reason,
        "withdrawn_at": version.withdrawn_at.date().isoformat() if version.withdrawn_at else "",
        "withdrawn_by": version.withdrawn_by,
        "identifier": version.identifier,
        "title": version.record["finding"]["text"] or version.record["title"]["text"],
        "concept": version.concept,
        "name": version.name,
    }


def _page(version: Version) -> dict[str, Any]:
    """The tombstone with what its page shows beside."""
    newest = Version.newest(concept=version.concept)
    return {
        **tombstone(version),
        "language": version.record["language"],
        "newest": newest.dictize() if newest else None,
    }


def remember() -> None:
    """Note that what is asked for is withdrawn; `gone` then answers 410 instead of 404."""
    if has_request_context():
        g.steamcity_withdrawn = True


def before_request() -> FlaskResponse | Any | None:
    """The tombstone for every page of a withdrawn version, and the way from a concept to its newest version."""
    arguments = request.view_args or {}
    if request.blueprint in _OTHERS or not any(arguments.get(name) for name in _ASKED_FOR):
        return None
    for name in _ASKED_FOR:
        reference = arguments.get(name)
        if not isinstance(reference, str):
            continue
        version = Version.of_resource(reference) if name == "resource_id" else Version.get(reference)
        if version is not None and version.withdrawn:
            if request.endpoint == "steamcity_citation.cite":
                continue
            return tk.render("steamcity_citation/tombstone.html", {"tombstone": _page(version)}), 410
        if version is None and name != "resource_id":
            newest = Version.newest(concept=reference)
            if newest is not None and request.method in ("GET", "HEAD"):
                return _to(newest.name, reference)
    return None


def _to(name: str, concept: str) -> Any:
    """The same address with the version's name in the place of the concept's."""
    path, root = tk.h.current_url(), f"/{concept}"
    target = path.replace(root, f"/{name}", 1) if root in path else tk.url_for("experiment.read", id=name)
    return redirect(target, 302)


def gone(response: Response) -> Response:
    """410 for an API answer about a withdrawn version."""
    if has_request_context() and g.pop("steamcity_withdrawn", False) and response.status_code == 404:
        response.status_code = 410
    return response
