"""Plugin `steamcity_schools`: classes, the life cycle of an experiment, review, publication gate. Only wiring."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.common import CKANConfig
from ckan.types import CKANApp

from . import labels, subscriptions, views


@tk.blanket.actions
@tk.blanket.auth_functions
@tk.blanket.helpers
@tk.blanket.blueprints
@tk.blanket.cli
@tk.blanket.config_declarations
class SteamcitySchoolsPlugin(p.SingletonPlugin):
    p.implements(p.IConfigurer)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IPermissionLabels)
    p.implements(p.ISignal)

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "steamcity_schools")

    def make_middleware(self, app: CKANApp, config: CKANConfig) -> CKANApp:
        return views.answer_long_requests(app)

    def create(self, entity: model.Package) -> None:
        subscriptions.package_made(entity)

    def get_dataset_labels(self, dataset_obj: model.Package) -> list[str]:
        return labels.of_dataset(dataset_obj)

    def get_user_dataset_labels(self, user_obj: model.User) -> list[str]:
        return labels.of_user(user_obj)

    def get_signal_subscriptions(self) -> dict[Any, list[Any]]:
        return subscriptions.subscriptions()
