"""Make CKAN know our licences, so that it names them and counts them as open. Used by the frame's plugin only."""

from __future__ import annotations

from ckan import model
from ckan.model.license import License
from ckanext.steamcity import protocols


def register() -> None:
    """Add the licences of schemas/licences.yaml to CKAN's register; its own stay as they are."""
    known = model.Package.get_license_register()
    there = {licence.id for licence in known.licenses}
    for licence in protocols.licences().by_id.values():
        if licence.id not in there:
            # Every one of them conforms to the Open Definition (opendefinition.org/licenses).
            facts = {
                "id": licence.id,
                "title": licence.title,
                "url": licence.url,
                "status": "active",
                "od_conformance": "approved",
            }
            known.licenses.append(License(facts))
