"""Plugin `steamcity`, the frame: pages, dataset types, protocols, headers. Only wiring."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckan.lib.plugins import DefaultTranslation
from ckan.types import CKANApp
from ckanext.steamcity import feed, index, licensing, public, searching, web


@tk.blanket.actions
@tk.blanket.auth_functions
@tk.blanket.helpers
@tk.blanket.blueprints
@tk.blanket.cli
@tk.blanket.validators
@tk.blanket.config_declarations
class SteamcityPlugin(feed.AtomFeeds, p.SingletonPlugin, DefaultTranslation):
    p.implements(p.IConfigurer)
    p.implements(p.ITranslation)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IFacets, inherit=True)
    p.implements(p.IFeed)

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")
        tk.add_resource("assets", "steamcity")
        licensing.register()

    def make_middleware(self, app: CKANApp, config: CKANConfig) -> CKANApp:
        return web.make_middleware(app, config)

    before_dataset_index = staticmethod(index.before_dataset_index)
    before_dataset_search = staticmethod(public.before_dataset_search)

    def after_dataset_show(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        public.after_dataset_show(pkg_dict)

    def after_dataset_search(self, search_results: dict[str, Any], search_params: Any) -> dict[str, Any]:
        return public.after_dataset_search(search_results)

    def dataset_facets(self, facets_dict: Any, package_type: str) -> Any:
        return searching.dataset_facets(facets_dict, package_type)

    def organization_facets(self, facets_dict: Any, organization_type: str, package_type: str | None) -> Any:
        return searching.dataset_facets(facets_dict, organization_type)
