"""What the schools plugin does when a package is made, and a version published or withdrawn. Wired by plugin.py."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from . import workflow
from .labels import EXPERIMENT
from .model import Draft


def subscriptions() -> dict[Any, list[Any]]:
    signal = tk.signals.ckanext.signal
    return {
        signal("steamcity_version_published"): [_published],
        signal("steamcity_version_withdrawn"): [_withdrawn],
    }


def package_made(package: model.Package) -> None:
    """An experiment begins its life as a draft, in the transaction that makes the package."""
    if package.type == EXPERIMENT:
        Draft.begin(package)


def _published(package_id: str, **_kwargs: Any) -> None:
    _follow(package_id, workflow.PUBLISHED)


def _withdrawn(package_id: str, **_kwargs: Any) -> None:
    _follow(package_id, workflow.WITHDRAWN)


def _follow(package_id: str, state: str) -> None:
    """The life cycle follows the ledger, also for a version that was published without a review (a test, a repair)."""
    package = model.Package.get(package_id)
    if package is None or package.type != EXPERIMENT:
        return
    draft = Draft.of_package(package)
    if draft.state != state:
        draft.state = state
        model.Session.commit()
