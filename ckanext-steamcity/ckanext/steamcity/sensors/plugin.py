"""Plugin `steamcity_sensors`: stations and observations: where sensors stand and what they measured. Only wiring."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig

from . import index, stations


@tk.blanket.actions
@tk.blanket.auth_functions
@tk.blanket.helpers
@tk.blanket.blueprints
@tk.blanket.cli
@tk.blanket.config_declarations
class SteamcitySensorsPlugin(p.SingletonPlugin):
    p.implements(p.IConfigurer)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.ISignal)

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "steamcity_sensors")

    def before_dataset_index(self, document: dict[str, Any]) -> dict[str, Any]:
        return index.before_dataset_index(document)

    def get_signal_subscriptions(self) -> dict[Any, list[Any]]:
        return {tk.signals.ckanext.signal("steamcity_areas_loaded"): [stations.areas_loaded]}
