"""Atom feeds: core's, with entries that lead to the page of a result, and a feed of a search whose links work.

Core's entries lead to the API, and it writes the links of a searched feed as `?query=q&query=co2`. The frame's plugin
only.
"""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import ckan.plugins.toolkit as tk
from ckan.views.feed import CKANFeed


class Feed(CKANFeed):
    """Core's feed, with the page of each entry as its link."""

    def __init__(self, feed_title: str, feed_link: str, feed_description: str, **about: Any) -> None:
        links = {name: _link(value) for name, value in about.items() if name.endswith(("_page", "_url"))}
        super().__init__(feed_title, _link(feed_link), feed_description, **{**about, **links})

    def add_item(self, **fields: Any) -> None:
        page = fields.pop("page", "")
        super().add_item(**{**fields, "link": page or fields.get("link")})


def _link(address: str | None) -> Any:
    """A link as it was meant, with the name of the site."""
    if not address:
        return address
    parts = urlsplit(address)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if pairs and all(name == "query" for name, _value in pairs):
        said = dict(zip([v for _n, v in pairs[::2]], [v for _n, v in pairs[1::2]], strict=False))
        pairs = [(name, value) for name, value in tk.request.args.items(multi=True) if name != "page"]
        # Core divides to find the last page and forgets to round.
        pairs += [("page", str(math.ceil(float(said["page"]))))] if "page" in said else []
    return urljoin(tk.config["ckan.site_url"], parts._replace(query=urlencode(pairs)).geturl())


class AtomFeeds:
    """What the plugin implements of IFeed."""

    def get_feed_class(self) -> type[Feed]:
        return Feed

    def get_item_additional_fields(self, dataset_dict: dict[str, Any]) -> dict[str, Any]:
        """What core hands on to `Feed.add_item` beside its own fields."""
        kind = dataset_dict.get("type") or "dataset"
        name = dataset_dict.get("name") or dataset_dict["id"]
        return {"page": tk.h.url_for(f"{kind}.read", id=name, qualified=True)}
