"""Feeds as ckanext-harvest keeps them: which one is meant, and whose they are (only `harvesters/` imports this)."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import DataDict
from ckanext.harvest.model import HarvestSource
from ckanext.steamcity import natural

from . import config


def asked_for(data_dict: DataDict) -> Any:
    """The feed that `source_id` names. Raises tk.ObjectNotFound, tk.ValidationError where none is named."""
    source: Any = HarvestSource.get(str(tk.get_or_bust(data_dict, "source_id")))
    if source is None or source.type != config.SOURCE_TYPE or not source.active:
        raise tk.ObjectNotFound(tk._("There is no such feed."))
    return source


def of_organization(organization_id: str) -> list[Any]:
    """The feeds of a school or partner, by title."""
    query: Any = (
        model.Session.query(HarvestSource)
        .filter_by(type=config.SOURCE_TYPE, active=True)
        .join(model.Package, model.Package.id == HarvestSource.id)
        .filter(model.Package.owner_org == organization_id, model.Package.state == "active")
    )
    return sorted(query, key=lambda source: (natural.key(source.title or ""), source.id))
