"""Charts as inline SVG, drawn on the server so that pages read and print without JavaScript. Used by the frame only.

vl-convert starts threads of its own at the first drawing and hangs in a process forked after it: nothing is drawn before
the web server has forked.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import OrderedDict
from threading import Lock
from typing import Any

from babel import Locale
from babel.dates import get_day_names, get_month_names
from markupsafe import Markup, escape

log = logging.getLogger(__name__)
_MOST = 256
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


def _title(spec: dict[str, Any]) -> str:
    title = spec.get("title") or spec.get("description") or ""
    return str(title.get("text", "") if isinstance(title, dict) else title)


def _draw(spec: dict[str, Any], language: str) -> str:
    import vl_convert

    # The caption stands in the page, where it can be read, translated and selected.
    bare = {key: value for key, value in spec.items() if key not in ("title", "description")}
    bare["config"] = {**spec.get("config", {}), "aria": False}
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
    # The size comes from the style sheet; the view box keeps the proportions.
    return re.sub(r'(<svg[^>]*?) width="[\d.]+" height="[\d.]+"', r'\1 class="sc-chart-svg"', drawing.replace('class="marks" ', "", 1), count=1)


def _number_locale(language: str) -> dict[str, Any]:
    symbols = Locale.parse(language).number_symbols["latn"]
    return {"decimal": symbols["decimal"], "thousands": symbols["group"], "grouping": [3], "currency": ["", " €"]}


def _time_locale(language: str) -> dict[str, Any]:
    # Babel counts days from Monday = 0 and months from 1; d3 begins with Sunday.
    sunday_first = [6, 0, 1, 2, 3, 4, 5]
    months = range(1, 13)

    def days(width: str) -> list[str]:
        names = get_day_names(width, locale=language)
        return [names[number] for number in sunday_first]

    def month_names(width: str) -> list[str]:
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
