"""Titles and units as sources write them."""

from __future__ import annotations

import pytest
from ckanext.steamcity.harvesters.feeds import quantities
from ckanext.steamcity.protocols import loader


@pytest.mark.parametrize(
    ("title", "unit", "observed", "ours"),
    [
        ("UV-Index", "", "uv_index", 2.0),
        ("UV-Index", "UV-Index", "uv_index", 2.0),
        ("UV-Index", "Sonnenbrand", None, None),
        ("Temperatur", "", None, None),
        ("UV Index", "index", "uv_index", 2.0),
        ("UV-Intensität", "μW/cm²", "uv_irradiance", 2.0),
        ("UV-Intensität", "µW/cm²", "uv_irradiance", 2.0),
        ("UV intensity", "W/m²", "uv_irradiance", 200.0),
        ("UV intensity", "mW/cm2", "uv_irradiance", 2000.0),
        ("Bodenfeuchte", "%", "soil_moisture", 2.0),
        ("PM1", "µg/m³", "pm1", 2.0),
        ("PM1.0", "µg/m³", "pm1", 2.0),
        ("pm1_0", "ug/m3", "pm1", 2.0),
        ("PM 1.0", "µg/m³", "pm1", 2.0),
        ("PM10", "µg/m³", "pm10", 2.0),
        ("PM 10", "µg/m³", "pm10", 2.0),
        ("PM10.0", "µg/m³", None, None),
        ("PM2.5", "µg/m³", "pm25", 2.0),
        ("Ozon", "µg/m³", "ozone", 2.0),
        ("O3", "ppb", None, None),
        ("rel. Luftfeuchte", "% rF", "relative_humidity", 2.0),
        ("rel. Luftfeuchte", "% r. F.", "relative_humidity", 2.0),
    ],
)
def test_what_a_title_and_a_unit_mean(title, unit, observed, ours):
    found = quantities.quantity((title,), (unit,))
    assert (found and found.observed, found and found.convert(2.0)) == (observed, ours)


def test_every_quantity_a_feed_can_have_has_a_page():
    assert quantities.known().keys() <= loader.observed_properties().keys()


def test_no_quantity_of_feeds_is_an_angle():
    """Hours, days and charts take the arithmetic mean, and that of 350° and 10° points the other way. A wind direction
    needs a mean of its own (of vectors) before it may be read."""
    assert {"deg", "rad", "gon"} & set(quantities.known().values()) == set()
    for title in ("wind direction", "Windrichtung", "direction du vent", "direzione del vento", "dirección del viento"):
        assert quantities.quantity((title,), ("°",)) is None
