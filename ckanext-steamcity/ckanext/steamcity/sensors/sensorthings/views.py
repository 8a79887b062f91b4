"""The addresses of SensorThings: `/sensorthings/v1.1/…`, for reading, the same for everybody."""

from __future__ import annotations

import json
import time
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Response
from ckanext.steamcity import protocols, turns
from ckanext.steamcity.protocols.units import units
from flask import Blueprint, make_response
from sqlalchemy.exc import DataError, InternalError, NotSupportedError, OperationalError

from .. import published
from . import refusal, shapes
from .grammar import Options, Step, parse_path, parse_query
from .reading import Reader
from .refusal import Refusal

__all__ = ["steamcity_sensorthings"]

steamcity_sensorthings = Blueprint("steamcity_sensorthings", __name__, url_prefix="/sensorthings/v1.1")
_READ, _WRITE = ["GET", "HEAD"], ["POST", "PUT", "PATCH", "DELETE"]
#: Milliseconds the statements of one question may take; nobody's question keeps the portal from answering others.
_LONGEST = 10_000
_CANCELED = "57014"
_UNRECKONABLE = (DataError, InternalError, NotSupportedError)
_TURNS = turns.Turns(lambda: tk.config["steamcity.sensors.questions_at_once"])


@steamcity_sensorthings.route("", methods=_READ)
@steamcity_sensorthings.route("/", methods=_READ)
@steamcity_sensorthings.route("/<path:path>", methods=_READ)
def read(path: str = "") -> Response:
    """The service's root, a list, an entity, one property, or addresses only."""
    try:
        with _TURNS.turn():
            return _answer(path)
    except turns.NoTurn:
        return _come_back(_refused(Refusal(503, turns.BUSY)))
    except Refusal as refused:
        model.Session.rollback()
        return _refused(refused)
    except _UNRECKONABLE:  # what fits by its kind and yet cannot be reckoned, by PostGIS too
        model.Session.rollback()
        return _refused(Refusal(400, refusal.DOES_NOT_FIT, what="$filter"))
    except OperationalError as error:
        if getattr(error.orig, "pgcode", "") != _CANCELED:
            raise
        model.Session.rollback()
        return _come_back(_refused(Refusal(503, refusal.TOO_SLOW)))


@steamcity_sensorthings.route("", methods=_WRITE)
@steamcity_sensorthings.route("/", methods=_WRITE)
@steamcity_sensorthings.route("/<path:path>", methods=_WRITE)
def write(path: str = "") -> Response:
    """Nothing is written here: readings come in through feeds."""
    response = _refused(Refusal(405, refusal.READ_ONLY))
    response.headers["Allow"] = ", ".join(_READ)
    return response


def _answer(path: str) -> Response:
    root = tk.url_for("steamcity_sensorthings.read", _external=True, locale="default").rstrip("/")
    steps = parse_path(path)
    if not steps:
        return _json(shapes.service_root(root))
    options = parse_query(tk.request.query_string.decode("utf-8", "replace"))
    model.Session.execute(sa.text("select set_config('statement_timeout', :longest, true)"), {"longest": str(_LONGEST)})
    reader = Reader(model.Session, _frame(root), _bound(), time.monotonic() + _LONGEST / 1000)
    if steps[-1].name == "$ref":
        return _json(reader.references(_before(steps), options))
    if steps[-1].name == "$value":
        value = _property(reader, _before(steps), options)
        if not isinstance(value, str | int | float):
            raise Refusal(404, refusal.NOT_HERE)
        return _open(str(value), "text/plain")
    if len(steps) > 1 and steps[-1].key is None and steps[-1].name[0].islower():
        return _json({steps[-1].name: _property(reader, steps, options)})
    return _json(reader.answer(steps, options))


def _before(steps: list[Step]) -> list[Step]:
    if len(steps) < 2:
        raise Refusal(404, refusal.NOT_HERE)
    return steps[:-1]


def _property(reader: Reader, steps: list[Step], options: Options) -> Any:
    """The value of one property of an entity."""
    if options.texts:
        raise refusal.unreadable(", ".join(options.texts))
    entity = reader.answer(_before(steps), Options())
    name = steps[-1].name
    if "@iot.id" not in entity or steps[-1].key is not None or (name != "id" and name not in entity):
        raise Refusal(404, refusal.NOT_HERE)
    return entity["@iot.id" if name == "id" else name]


def _frame(root: str) -> shapes.Frame:
    station = tk.url_for("steamcity_sensors.station", identifier="-", _external=True, locale="default")
    titles = {name: found["titles"] for name, found in protocols.observed_properties().items()}
    return shapes.Frame(root, titles, lambda identifier: station[:-1] + identifier)


def _bound() -> dict[str, Any]:
    """What every statement may use: datasets a stranger may not see, and what our codes are called."""
    titles = {name: {"en": found["titles"]["en"]} for name, found in protocols.observed_properties().items()}
    names = {code: {"symbol": unit.symbol, "name": unit.label["en"]} for code, unit in units().items()}
    return {
        "hidden": published.hidden_from_strangers(),
        "titles": json.dumps(titles, ensure_ascii=False),
        "units": json.dumps(names, ensure_ascii=False),
    }


def _refused(refused: Refusal) -> Response:
    message = tk.h.steamcity_message(refused.message)
    response = _json({"code": refused.status, "type": "error", "message": str(message)})
    response.status_code = refused.status
    return response


def _come_back(response: Response) -> Response:
    response.headers["Retry-After"] = "10"
    return response


def _json(answer: dict[str, Any]) -> Response:
    return _open(json.dumps(answer, ensure_ascii=False, allow_nan=False), "application/json")


def _open(body: str, media_type: str) -> Response:
    """Whoever reads from another site's page may: it is what a stranger sees, whoever asks."""
    response = make_response(body)
    response.headers["Content-Type"] = f"{media_type}; charset=utf-8"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
