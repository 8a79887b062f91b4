"""What ckanext-harvest leaves open and this portal closes (only `harvesters/` imports this; see also `logic/auth.py`).

Sources with their configuration are for those who look after them: anonymous searches don't find them.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import has_request_context

#: Pages of ckanext-harvest that change something and would do so on a mere link.
CHANGING = frozenset(f"harvester.{name}" for name in ("delete", "refresh", "clear", "job_abort"))


class ClosedDoors:
    """What the plugin implements of IPackageController."""

    def before_dataset_search(self, search_params: dict[str, Any]) -> dict[str, Any]:
        if has_request_context() and tk.current_user.is_anonymous:
            filters = search_params.setdefault("fq_list", [])
            search_params["fq_list"] = [*filters, "-dataset_type:harvest"]
        return search_params


def refuse_links() -> None:
    """Before every request: what changes something needs a form that was sent from a page of ours."""
    if tk.request.endpoint in CHANGING and tk.request.method != "POST":
        tk.abort(405, tk._("This needs a button, not a link."))
