"""Plugin `steamcity_harvester`: the harvest source type `steamcity_feed`. Only wiring."""

from __future__ import annotations

import ckan.plugins as p


class SteamcityHarvesterPlugin(p.SingletonPlugin):
    pass
