"""Charts as inline SVG, drawn on the server so that pages read and print without JavaScript. Used by the frame only.

vl-convert starts threads of its own at the first drawing and hangs in a process forked after it: nothing is drawn
before the web server has forked.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import OrderedDict
from threading import Lock
from typing import Any, Literal

from babel import Locale
from babel.dates import get_day_names, get_month_names
from markupsafe import Markup, escape

log = logging.getLogger(__name__)
_MOST = 256
_PAPER = "#fbf9f4"
# The size comes from the style sheet; the view box keeps the proportions.
_OUTER, _INNER = (
    re.compile(r'<svg ([^>]*?)class="marks" width="[\d.]+" height="[\d.]+"'),
    r'<svg \1class="sc-chart-svg"',
)
# The drawing is one picture with one name; its parts have no names of their own.
_ROLES = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')
_drawn: OrderedDict[str, str] = OrderedDict()
_lock = Lock()


def svg(spec: dict[str, Any], title: str = "", language: str = "en") -> Markup:
    """`spec` (Vega-Lite with its data inside) as an SVG element named `title`; empty when it cannot be drawn."""
    if not spec:
        return Markup("")
    digest = hashlib.sha256((language + json.dumps(spec, sort_keys=True, default=str)).encode()).hexdigest()
    with _lock:
        drawing = _drawn.get(digest)
        if drawing is not None:
            _drawn.move_to_end(digest)
    if drawing is None:
        drawing = _draw(spec, language)
        with _lock:
            _drawn[digest] = drawing
            while len(_drawn) > _MOST:
                _drawn.popitem(last=False)
    if not drawing:
        return Markup("")
    name = escape(title or _title(spec))
    # The drawing is vl-convert's, which escapes every text in it.
    return Markup(drawing.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1))  # noqa: S704


def drawn(specs: dict[str, Any], language: str) -> dict[str, Any]:
    """A chart for a page: `title`, what the drawing leaves to the page (`lines`, `series`), and the SVG `wide` and
    `narrow`. ``specs``: `title`, and a specification for each."""
    return {
        "title": specs["title"],
        **specs["wide"]["usermeta"],
        **{kind: svg(specs[kind], specs["title"], language) for kind in ("wide", "narrow")},
    }


def _title(spec: dict[str, Any]) -> str:
    title = spec.get("title") or spec.get("description") or ""
    return str(title.get("text", "") if isinstance(title, dict) else title)


def _draw(spec: dict[str, Any], language: str) -> str:
    import vl_convert

    # The caption stands in the page, where it can be read, translated and selected.
    bare = {key: value for key, value in spec.items() if key not in ("title", "description")}
    config = spec.get("config", {})
    # Letters are measured with the server's font and shown in the reader's: titles keep a distance.
    bare["config"] = {**config, "aria": False, "axis": {"titlePadding": 16, **config.get("axis", {})}}
    if spec.get("usermeta", {}).get("series"):
        # Beside the names of bars a legend has half a phone: the page shows what the colours mean.
        bare["config"]["legend"] = {**config.get("legend", {}), "disable": True}
    bare["layer"] = [part for layer in spec.get("layer", []) for part in _with_halo(layer)]
    if not bare["layer"]:
        del bare["layer"]
    try:
        drawing = vl_convert.vegalite_to_svg(
            bare,
            format_locale=_number_locale(language),
            time_format_locale=_time_locale(language),
            allowed_base_urls=[],
        )
    except ValueError:
        log.warning("A chart could not be drawn", exc_info=True)
        return ""
    return _OUTER.sub(_INNER, _ROLES.sub("", drawing), count=1)


def _with_halo(layer: dict[str, Any]) -> list[dict[str, Any]]:
    """A text in a chart twice: first as a band of paper, so that it can be read on top of lines."""
    mark = layer.get("mark")
    if not isinstance(mark, dict) or mark.get("type") != "text":
        return [layer]
    return [{**layer, "mark": {**mark, "stroke": _PAPER, "strokeWidth": 4, "strokeJoin": "round"}}, layer]


def _number_locale(language: str) -> dict[str, Any]:
    symbols = Locale.parse(language).number_symbols["latn"]
    return {"decimal": symbols["decimal"], "thousands": symbols["group"], "grouping": [3], "currency": ["", " €"]}


def _time_locale(language: str) -> dict[str, Any]:
    # Babel counts days from Monday = 0 and months from 1; d3 begins with Sunday.
    sunday_first = [6, 0, 1, 2, 3, 4, 5]
    months = range(1, 13)

    def days(width: Literal["abbreviated", "wide"]) -> list[str]:
        names = get_day_names(width, locale=language)
        return [names[number] for number in sunday_first]

    def month_names(width: Literal["abbreviated", "wide"]) -> list[str]:
        names = get_month_names(width, locale=language)
        return [names[number] for number in months]

    return {
        "dateTime": "%A, %e %B %Y %X",
        "date": "%d.%m.%Y",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": days("wide"),
        "shortDays": days("abbreviated"),
        "months": month_names("wide"),
        "shortMonths": month_names("abbreviated"),
    }
