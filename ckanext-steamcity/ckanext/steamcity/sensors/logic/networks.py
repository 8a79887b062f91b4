"""Actions about a network as a whole: days with data, newest values, files of closed months."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict
from ckanext.steamcity.arguments import checked

from .. import months, network, published, query
from . import schema


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.coverage_show)
def steamcity_coverage_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Which days of a year have data: `{year, years, days [{day, stations, of, values}], days_with, longest_gap}`.
    `stations` sent values on that day (UTC), `of` were there. From the daily roll-ups.

    :param feed: id of the feed
    :param year: the year (the newest that has data)
    """
    tk.check_access("steamcity_coverage_show", context, data_dict)
    feed, year = published.network(context, data_dict["feed"]), data_dict.get("year")
    if not year:
        newest = query.summary(model.Session, feed)["latest"]
        year = int(newest[:4]) if newest else datetime.now(UTC).year
    return network.coverage(model.Session, feed, year)


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.latest_list)
def steamcity_latest_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The stations of a feed by code, each with its place, the newest value of every quantity (`latest`: property →
    unit, time, result, quality) and the day since which it is gone at the source (`gone_since`).

    :param feed: id of the feed
    :param limit: at most so many (100)
    """
    tk.check_access("steamcity_latest_list", context, data_dict)
    return network.latest(model.Session, published.network(context, data_dict["feed"]), data_dict["limit"])


@tk.side_effect_free
@checked
def steamcity_month_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The files of closed months of a feed, the newest month first: name, sha256, bytes, rows, and `superseded_by`
    where values came late and a further file of the month has them.

    :param feed: id of the feed
    """
    tk.check_access("steamcity_month_list", context, data_dict)
    return months.listed(published.network(context, str(tk.get_or_bust(data_dict, "feed"))))


@checked
@tk.validate_action_data(schema.month_write)
def steamcity_month_write(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Write the files of closed months that have none or have changed, and return what was written. The worker does it
    every hour. Sysadmins only.

    :param feed: only of the feed with this id
    :param month: only of this month (`2026-03`)
    :param at_once: do not wait for further late values of a month that got a file in the last hours
    """
    tk.check_access("steamcity_month_write", context, data_dict)
    return months.write_due(feed=data_dict["feed"], month=data_dict.get("month"), at_once=data_dict["at_once"])
