"""Pages of the frame."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import Response
from flask import Blueprint

__all__ = ["steamcity"]

steamcity = Blueprint("steamcity", __name__)


@steamcity.route("/protocol")
def protocols() -> str:
    return tk.render("steamcity/protocols.html", {"protocols": tk.get_action("steamcity_protocol_list")({}, {})})


@steamcity.route("/developers")
def developers() -> str:
    return tk.render("steamcity/developers.html")


@steamcity.route("/privacy")
def privacy() -> str:
    return tk.render("steamcity/privacy.html")


@steamcity.route("/accessibility")
def accessibility() -> str:
    return tk.render("steamcity/accessibility.html")


@steamcity.route("/explore")
def explore() -> Response:
    """The search page under the name people see in the menu."""
    return tk.redirect_to("dataset.search", **tk.request.args.to_dict(flat=False))
