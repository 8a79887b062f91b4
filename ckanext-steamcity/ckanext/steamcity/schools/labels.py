"""Who sees which dataset. CKAN asks one plugin only; plain datasets keep CKAN's own rules. This plugin only.

A draft of an experiment is seen by its creator, the teachers (editors) and coordinators (admins) of its school, its
collaborators and the reviewer a coordinator has named; not by mere members, partners or other schools.
"""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib.plugins import DefaultPermissionLabels

from .model import Review

EXPERIMENT = "experiment"
# Nobody holds it; sysadmins need none.
_NOBODY = "steamcity-withdrawn"
_CORE = DefaultPermissionLabels()


def of_dataset(package: model.Package) -> list[str]:
    """Labels of a dataset."""
    if package.type != EXPERIMENT:
        return _CORE.get_dataset_labels(package)
    if package.state == "active":
        return [_NOBODY] if package.private else ["public"]
    return [
        f"creator-{package.creator_user_id}",
        f"steamcity-staff-{package.owner_org}",
        f"steamcity-reviewer-{package.id}",
        f"collaborator-{package.id}",
    ]


def of_user(user: model.User | None) -> list[str]:
    """Labels a person holds."""
    labels = _CORE.get_user_dataset_labels(user)  # type: ignore[arg-type]  # CKAN passes anonymous users too
    if user is None or user.is_anonymous:
        return labels
    staff = tk.get_action("organization_list_for_user")({"user": user.id}, {"permission": "update_dataset"})
    labels += [f"steamcity-staff-{organization['id']}" for organization in staff]
    c = Review.__table__.c
    named = model.Session.scalars(sa.select(c.package_id).where(c.reviewer == user.id, c.state == "open"))
    return labels + [f"steamcity-reviewer-{package_id}" for package_id in named]


def sees(user: model.User | None, package: model.Package) -> bool:
    """Whether somebody may see a dataset (sysadmins are asked elsewhere)."""
    held = set(of_user(user))
    return any(label in held for label in of_dataset(package))
