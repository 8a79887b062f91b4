"""Readings that others send: taken in, all or nothing, with a receipt for each row (only `harvesters/` imports this).

The pushes of an hour share one run of the feed, so that two hundred devices do not make two hundred runs a minute.
What was sent is in the tables when the receipt is given; sent again, it changes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib.redis import connect_to_redis
from ckanext.harvest.model import HarvestSource
from redis.exceptions import RedisError

from . import config, dataset, feeds, secrets, stages
from .feeds import push, tables
from .source import open_source

log = logging.getLogger(__name__)

_LONGEST_RUN = timedelta(hours=1)
_ATTEMPTS = 20
_SHOW_SECONDS = 10
_WAITING_SECONDS = 24 * 3600


class TooOften(Exception):  # noqa: N818  says what happened
    """More pushes in this minute than a feed may get."""


class Mixed(Exception):  # noqa: N818  says what happened
    """So many values that are stored do not fit this file, as if they were another logger's."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class Busy(Exception):  # noqa: N818  says what happened
    """The feed's run is held by somebody who does not give it back."""


def feed(source_id: str) -> Any | None:
    """The source of a push feed that takes readings in, None when there is none."""
    source: Any = HarvestSource.get(source_id)
    if source is None or source.type != config.SOURCE_TYPE or not source.active:
        return None
    return source if config.read(source.config).provider == push.Push.provider else None


def opens(source_id: str, token: str) -> bool:
    return bool(token) and secrets.opens(source_id, token)


def count(source_id: str) -> None:
    """Note a push. Raises TooOften. Without Redis nobody is refused: readings count for more than the limit."""
    minute = int(time.time() // 60)
    key = f"steamcity:push:{source_id}:{minute}"
    try:
        redis = connect_to_redis()
        pushed: Any = redis.incr(key)
        redis.expire(key, 120)
    except RedisError:
        log.warning("Pushes are not counted: Redis does not answer")
        return
    if int(pushed) > config.pushes_per_minute():
        raise TooOften


def receive(
    source: Any, data: bytes, *, most: int | None = None, by_hand: bool = False, alone: bool = False, **said: Any
) -> dict[str, Any]:
    """Take a body in, of at most so many values. ``by_hand``: somebody looks at the result; ``alone``: not among what
    seems to be another logger's (Mixed); ``said``: device, start and
    order, as `feeds.push.unpack` takes them. Raises feeds.FeedError for one that cannot be read, ValueError for too
    many values, Busy."""
    settings, described = config.read(source.config), dataset.feed_of(source)
    unpacked = partial(
        push.unpack,
        open_source(source.url, settings, secrets.secret(source.id)),
        data,
        home=_home(settings.place),
        most=most or config.push_rows(),
        **said,
    )
    parcel = unpacked()
    if not parcel.readings:
        return _receipt(parcel, {})
    dataset.ensure(source, described)
    receipt, shows = _store(described, unpacked, parcel, hashlib.sha256(data).hexdigest(), alone=alone)
    if by_hand or _worth_showing(source.id, shows):
        dataset.refresh(source, described)
    return receipt


def _worth_showing(source_id: str, shows: bool) -> bool:
    """Whether the dataset is brought up to date with this push: when it shows something else now, but not once for each
    of two hundred devices that arrive together. What is left over is shown with a later push, or when the feed is
    tidied."""
    waiting, shown = f"steamcity:push:waiting:{source_id}", f"steamcity:push:shown:{source_id}"
    try:
        redis = connect_to_redis()
        if not shows and not redis.exists(waiting):
            return False
        if not redis.set(shown, 1, nx=True, ex=_SHOW_SECONDS):
            redis.set(waiting, 1, ex=_WAITING_SECONDS)
            return False
        redis.delete(waiting)
    except RedisError:
        return shows
    return True


@contextlib.contextmanager
def readable(most: int) -> Iterator[None]:
    """What makes a body unreadable (see `receive`) becomes a sentence for `upload`, or for what it asks for, as
    tk.ValidationError."""
    try:
        yield
    except tables.Asked as question:
        raise tk.ValidationError({question.field: [stages.sentence(question.message)]}) from question
    except feeds.FeedError as error:
        raise tk.ValidationError({"upload": [stages.sentence(error.message)]}) from error
    except Mixed as error:
        sentence = tk.ungettext(
            "{number} value that is stored lies among those of this file or differs from one of them, as if it were"
            " another logger’s. Nothing was added. Write which logger this is, or say that it is the same.",
            "{number} values that are stored lie among those of this file or differ from them, as if they were another"
            " logger’s. Nothing was added. Write which logger this is, or say that it is the same.",
            error.count,
        )
        raise tk.ValidationError({"device": [sentence.format(number=error.count)]}) from error
    except ValueError as error:
        raise tk.ValidationError({"upload": [tk._("At most {count} rows at a time.").format(count=most)]}) from error


def preview(source: Any, data: bytes, **more: Any) -> push.Parcel:
    """What `receive` would store."""
    settings = config.read(source.config)
    return unpack(settings, source.url, secrets.secret(source.id), data, **more)


def unpack(
    settings: config.FeedConfig, url: str, secret: str, data: bytes, *, most: int | None = None, **more: Any
) -> push.Parcel:
    """What a feed with these settings would make of a body, whether it is there yet or not."""
    opened = open_source(url, settings, secret)
    return push.unpack(opened, data, home=_home(settings.place), most=most or config.push_rows(), **more)


def _store(
    described: dict[str, Any], unpack: Callable[..., push.Parcel], first: push.Parcel, digest: str, *, alone: bool
) -> tuple[dict[str, Any], bool]:
    """The receipt, and whether the page of the dataset shows something else now: a first push of a run, a station."""
    feed = described["feed_id"]
    for attempt in range(_ATTEMPTS):
        _one_at_a_time(feed)
        run = _open(feed)
        if run is None:
            if _run(feed) is None:  # claiming ends the transaction, so nobody is waited for with the lock in hand
                time.sleep(min(0.05 * 2**attempt, 1.0))
            continue
        cursor, parcel, arrived = _fitting(run["cursor"], feed, unpack, first)
        former = cursor.get("checksum", "") if run["counts"].get("pushes") else ""
        counts = {"rows": len(parcel.receipt), "readings": len(parcel.readings), "pushes": 1}
        counts |= {f"refused_{reason}": number for reason, number in parcel.rejected.items()}
        try:
            stored = _call(
                "steamcity_observation_ingest",
                run_id=run["id"],
                attempt=run["attempt"],
                feed=described | {"time_source": parcel.time_source},
                readings=parcel.readings,
                stations=[(station.to_dict(), since) for station, since in parcel.stations],
                cursor=cursor | {"checksum": hashlib.sha256(f"{former}\npush\n{digest}".encode()).hexdigest()},
                counts=counts,
                alone=alone,
            )
        except tk.ValidationError as error:
            if "mixed" in error.error_dict:
                raise Mixed(int(str(error.error_dict["mixed"][0]))) from error  # type: ignore[index]
            if "run" in error.error_dict:  # closed by another worker a moment ago
                continue
            raise
        return _receipt(parcel, stored), arrived or not run["counts"].get("pushes")
    raise Busy


def _fitting(
    cursor: dict[str, Any], feed: str, unpack: Callable[..., push.Parcel], parcel: push.Parcel
) -> tuple[dict[str, Any], push.Parcel, bool]:
    """The cursor after this body, what of the body there is room for, whether a station is new with it. ``parcel``: the
    body as it is where nothing came before."""
    seen = cursor.get("seen", {})
    if seen:
        parcel = unpack(known_uplinks=seen)
    devices, arrived = set(cursor.get("devices", [])), False
    if not _devices(parcel) <= devices:
        known = frozenset(_call("steamcity_feed_known", feed=feed)["digests"])
        if len(known | _devices(parcel)) > config.most_stations():
            parcel = unpack(known_uplinks=seen, room=push.Room(known, config.most_stations()))
        arrived = not _devices(parcel) <= known
    kept = {name: value for name, value in cursor.items() if name != "uplinks"}  # as they were once kept
    return kept | {"seen": parcel.uplinks.table, "devices": sorted(devices | _devices(parcel))}, parcel, arrived


def _one_at_a_time(feed_id: str) -> None:
    """Until the end of the transaction: what a push adds to the cursor, no other overwrites."""
    lock = sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
    model.Session.execute(lock, {"name": f"push {feed_id}"})


def _devices(parcel: push.Parcel) -> set[str]:
    return {station.source_id for station, _since in parcel.stations}


def _open(feed_id: str) -> dict[str, Any] | None:
    """The feed's run when pushes may go into it."""
    shown = _call("steamcity_run_live", feed=feed_id)
    if not shown or shown["state"] != "running" or not shown["held"]:
        return None
    return shown if datetime.now(UTC) - shown["started"] < _LONGEST_RUN else None


def _run(feed_id: str) -> dict[str, Any] | None:
    """The feed's open run; a new one where there is none or the last has lasted an hour or fallen asleep."""
    if found := _open(feed_id):
        return found
    shown = _call("steamcity_run_live", feed=feed_id)
    if shown and shown["state"] == "running" and shown["held"]:
        close(shown)
    elif shown and shown["state"] in ("running", "queued"):
        claimed = _call("steamcity_run_claim", feed=feed_id)
        if claimed:
            close(claimed)
    return _call("steamcity_run_claim", feed=feed_id)


def tidy(source: Any) -> dict[str, Any]:
    """What a run of a feed is where there is nothing to fetch: end what has fallen asleep, bring the dataset up to
    date."""
    described = dataset.feed_of(source)
    shown = _call("steamcity_run_live", feed=source.id)
    if shown and shown["state"] in ("running", "queued") and not shown["held"]:
        claimed = _call("steamcity_run_claim", feed=source.id)
        if claimed:
            close(claimed)
    dataset.tell(source)
    dataset.refresh(source, described)
    return {"state": "finished"}


def close(run: dict[str, Any]) -> None:
    """End a run of pushes; somebody else's having done so is fine."""
    try:
        _call("steamcity_run_finish", run_id=run["id"], attempt=run["attempt"])
    except tk.ValidationError:
        model.Session.rollback()


def _call(action: str, **parameters: Any) -> Any:
    return tk.get_action(action)({"ignore_auth": True}, parameters)


def _home(place: str) -> feeds.Home | None:
    """The feed's published place: nothing finer is kept of where its devices stand."""
    if not place:
        return None
    try:
        longitude, latitude = tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": place})["centre"]
    except tk.ObjectNotFound:
        return None
    middle = feeds.base.point(latitude, longitude)
    return feeds.Home(*middle, place) if middle else None


def _receipt(parcel: push.Parcel, stored: dict[str, int]) -> dict[str, Any]:
    return {
        "accepted": parcel.accepted,
        "rejected": len(parcel.receipt) - parcel.accepted,
        "new": stored.get("new", 0),
        "changed": stored.get("changed", 0),
        "duplicate": stored.get("duplicate", 0) + sum(bool(row.get("duplicate")) for row in parcel.receipt),
        "rows": parcel.receipt,
    }
