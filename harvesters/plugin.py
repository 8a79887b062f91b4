"""Plugin `steamcity_harvester`: the harvest source type `steamcity_feed`. Only wiring."""

from __future__ import annotations

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckanext.harvest.interfaces import IHarvester

from .doors import ClosedDoors
from .stages import FeedStages


@tk.blanket.actions
@tk.blanket.auth_functions
@tk.blanket.blueprints
@tk.blanket.cli
@tk.blanket.config_declarations
@tk.blanket.helpers
class SteamcityHarvesterPlugin(FeedStages, ClosedDoors, p.SingletonPlugin):
    p.implements(IHarvester)
    p.implements(p.IConfigurer)
    p.implements(p.IPackageController, inherit=True)

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "steamcity_harvester")
