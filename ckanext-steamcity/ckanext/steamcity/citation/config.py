"""The citation plugin's configuration options, read by name. This plugin only."""

from __future__ import annotations

import ckan.plugins.toolkit as tk

from . import registrar


def publisher() -> str:
    """Who publishes, in citations."""
    return tk.config["steamcity.citation.publisher"] or tk.config["ckan.site_title"]


def attempts() -> int:
    """How often the outbox tries before it gives up."""
    return tk.config["steamcity.citation.attempts"]


def make_registrar() -> registrar.Registrar:
    """The registrar this portal uses."""
    return registrar.create(tk.config["steamcity.citation.registrar"])
