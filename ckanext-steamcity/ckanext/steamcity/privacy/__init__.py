"""Privacy, pure: what may be published how finely, and the search for personal data in tables and texts.

Anybody may import this package; inside it only ``ckanext.steamcity.messages`` and h3 are used. The rules and their
reasons are told in docs/privacy.md.
"""

from __future__ import annotations

from .model import PersonalData
from .policy import (
    SETTINGS,
    Policy,
    coarsen_point,
    coarsen_time,
    merge_cells,
    network_place,
    policy,
    resolution_of,
    round_point,
    station_place,
)
from .suppress import Suppressed, suppress
from .tables import scan_table
from .texts import scan_file_name, scan_text

__all__ = [
    "SETTINGS",
    "PersonalData",
    "Policy",
    "Suppressed",
    "coarsen_point",
    "coarsen_time",
    "merge_cells",
    "network_place",
    "policy",
    "resolution_of",
    "round_point",
    "scan_file_name",
    "scan_table",
    "scan_text",
    "station_place",
    "suppress",
]
