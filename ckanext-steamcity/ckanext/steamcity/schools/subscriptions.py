"""What the schools plugin does when a version is published or withdrawn. Wired by plugin.py."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from . import workflow
from .model import Draft


def subscriptions() -> dict[Any, list[Any]]:
    signal = tk.signals.ckanext.signal
    return {
        signal("steamcity_version_published"): [_published],
        signal("steamcity_version_withdrawn"): [_withdrawn],
    }


def _published(package_id: str, **_kwargs: Any) -> None:
    _follow(package_id, workflow.PUBLISHED)


def _withdrawn(package_id: str, **_kwargs: Any) -> None:
    _follow(package_id, workflow.WITHDRAWN)


def _follow(package_id: str, state: str) -> None:
    """The life cycle follows the ledger, also for a version that was published without a review (a test, a repair)."""
    package = model.Package.get(package_id)
    if package is None or package.type != "experiment":
        return
    draft = Draft.of_package(package)
    if draft.state != state:
        draft.state = state
        model.Session.commit()
