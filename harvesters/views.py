"""Addresses of the harvester plugin: where devices push to, and a guard before ckanext-harvest's pages."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response, jsonify, request

from . import config, feeds, pauses, preview, push, watch
from .doors import refuse_links
from .wizard import steamcity_feeds

__all__ = ["steamcity_feeds", "steamcity_harvester"]

steamcity_harvester = Blueprint("steamcity_harvester", __name__)
steamcity_harvester.before_app_request(refuse_links)
steamcity_harvester.before_app_request(watch.keep_scheduled)

_DEVICE = re.compile(r"[A-Za-z0-9:_-]{1,64}")


@steamcity_harvester.route("/api/steamcity/push/<source_id>", methods=["POST"])
def receive(source_id: str) -> Response:
    """Readings for a feed, with its token in a header or as password of Basic; 202 and a receipt for each row. With
    `dry_run=1`: 200 and what would be stored."""
    source = push.feed(source_id)
    if source is None or not push.opens(source_id, _token()):
        # The same for a feed that is not there: an address gives nothing away.
        answer = _refusal(401, tk._("This needs the token of the feed."))
        answer.headers["WWW-Authenticate"] = 'Basic realm="push"'
        return answer
    if pauses.since(source_id):
        return _refusal(409, tk._("This feed is paused: nothing was stored."))
    try:
        push.count(source_id)
    except push.TooOften:
        answer = _refusal(429, tk._("Too many requests: try again in a minute."))
        answer.headers["Retry-After"] = "60"
        return answer
    largest = config.push_bytes()
    data = _body(largest)
    if data is None:
        return _refusal(413, tk._("At most {count} bytes at a time.").format(count=largest))
    try:
        if request.args.get("dry_run") in ("1", "true"):
            tried = push.preview(source, data, device=_device())
            return _answer(200, preview.of_parcel(tried))
        receipt = push.receive(source, data, device=_device())
    except feeds.FeedError as error:
        return _refusal(400, tk.h.steamcity_message(error.message))
    except ValueError:
        return _refusal(413, tk._("At most {count} rows at a time.").format(count=config.push_rows()))
    except push.Busy:
        answer = _refusal(503, tk._("The feed is busy: try again in a minute."))
        answer.headers["Retry-After"] = "60"
        return answer
    return _answer(202, receipt)


def _body(largest: int) -> bytes | None:
    """What was sent, whatever its type is said to be; None when it is longer than ``largest``."""
    if (request.content_length or 0) > largest:
        return None
    # What is said to be a form (curl says so of everything) was looked at before, and is kept.
    form = request.mimetype == "application/x-www-form-urlencoded"
    data = request.get_data() if form else request.stream.read(largest + 1)
    return data if len(data) <= largest else None


def _token() -> str:
    """`X-Push-Token`, `Authorization: Bearer`, the bare token as openSenseMap's devices send it, or the password of
    Basic as the airRohr firmware does."""
    given = request.headers.get("X-Push-Token") or request.headers.get("Authorization", "")
    scheme, _space, rest = given.strip().partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return rest.strip() if scheme.lower() == "bearer" else scheme


def _device() -> str:
    """What the device calls itself in its envelope (airRohr: `X-Sensor`)."""
    given = request.headers.get("X-Sensor") or request.headers.get("X-Device") or ""
    return given if _DEVICE.fullmatch(given) else ""


def _refusal(status: int, sentence: str) -> Response:
    return _answer(status, {"error": sentence})


def _answer(status: int, content: dict[str, Any]) -> Response:
    answer = jsonify(content)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
