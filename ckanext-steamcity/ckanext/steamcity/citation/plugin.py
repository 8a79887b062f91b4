"""Plugin `steamcity_citation`: versions: freezing, identifiers, citation, withdrawal. Only wiring."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig

from . import files, guards, index


@tk.blanket.actions(guards.actions)
@tk.blanket.auth_functions(guards.auth_functions)
@tk.blanket.helpers
@tk.blanket.blueprints
@tk.blanket.cli
@tk.blanket.config_declarations
class SteamcityCitationPlugin(p.SingletonPlugin):
    p.implements(p.IConfigurer)
    p.implements(p.IConfigurable)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IUploader, inherit=True)

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "steamcity_citation")

    def configure(self, config: CKANConfig) -> None:
        guards.listen()

    def get_resource_uploader(self, data_dict: dict[str, Any]) -> files.BlobUpload | None:
        return files.resource_uploader(data_dict)

    before_dataset_index = staticmethod(index.before_dataset_index)
    before_dataset_search = staticmethod(index.before_dataset_search)
