"""What the scripts of the benchmarks share: being inside CKAN, and taking away what a feed has written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ckan(ini: str) -> Iterator[None]:
    """As in a request, with this configuration."""
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    app = make_app(load_config(ini))
    with app._wsgi_app.test_request_context():
        yield


def context() -> dict[str, Any]:
    """What an action is called with, as the portal's own user."""
    import ckan.plugins.toolkit as tk

    return {"ignore_auth": True, "user": tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]}


def take_away(feed_id: str) -> None:
    """Stations of a feed, their observations, runs and months. Commits."""
    import sqlalchemy as sa
    from ckan import model

    model.Session.rollback()
    mine = (
        "(select d.id from steamcity_sensors_datastream d"
        " join steamcity_sensors_station s on s.id = d.station_id where s.feed_id = :feed)"
    )
    where = {f"datastream_id in {mine}": ("observation", "hour", "day"), "feed_id = :feed": ("station", "run", "month")}
    for condition, tables in where.items():
        for table in tables:
            statement = f"delete from steamcity_sensors_{table} where {condition}"  # noqa: S608  fixed words
            model.Session.execute(sa.text(statement), {"feed": feed_id})
    model.Session.commit()
