"""Maps: what is drawn, that it reads without JavaScript, and that names cannot become markup."""

from __future__ import annotations

import json
import re

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.usefixtures("with_plugins", "demo_places_once")


def by_place(found):
    return {feature["properties"]["place"]: feature["properties"] for feature in found["features"]["features"]}


class TestFeatures:
    """`steamcity_map_features`."""

    def test_empty_districts_are_drawn_beside_full_ones(self):
        """An empty district must not look like its city."""
        found = call_action("steamcity_map_features", counts={"madrid": 5, "madrid-retiro": 5})
        own = by_place(found)
        assert own["area:madrid-retiro"]["shade"] > 0
        assert own["area:madrid-usera"]["shade"] == 0
        assert own["area:madrid"]["divided"] is True
        assert len(own) == 22

    def test_a_single_place_has_its_city_behind_it(self):
        """Marked, without a number."""
        found = call_action("steamcity_map_features", places=["area:sofia-lyulin", "area:nowhere"])
        assert list(by_place(found)) == ["area:sofia-lyulin"]
        assert by_place(found)["area:sofia-lyulin"]["marked"] is True
        behind = {feature["properties"]["place"] for feature in found["backdrop"]["features"]}
        assert {"area:sofia", "area:sofia-mladost"} <= behind
        # Near a city rough coasts and the rough outline of its country would mislead.
        assert not {"area:bg", "land"} & behind

    def test_a_map_of_several_countries_stands_on_land(self):
        """Coasts in one piece, no rough borders between countries."""
        found = call_action("steamcity_map_features", counts={"madrid": 5, "sofia": 2})
        assert [feature["properties"]["place"] for feature in found["backdrop"]["features"]] == ["land"]

    def test_one_scale_for_cities_and_their_parts(self):
        """The same number has the same colour, and the legend names it."""
        found = call_action("steamcity_map_features", counts={"madrid": 6, "madrid-retiro": 2, "caen": 2})
        own = by_place(found)
        assert own["area:madrid-retiro"]["shade"] == own["area:caen"]["shade"] < own["area:madrid"]["shade"]
        legend = {step["shade"] for step in tk.h.steamcity_map_legend(found)}
        assert {properties["shade"] for properties in own.values()} <= legend

    @pytest.mark.parametrize("data", [{"counts": [1]}, {"places": "area:x"}, {"counts": {"madrid": "many"}}])
    def test_senseless_input(self, data):
        """Refused, or drawn without a number."""
        try:
            found = call_action("steamcity_map_features", **data)
        except tk.ValidationError:
            return
        assert found["features"]["features"] == []


class TestPages:
    """What the browser gets."""

    def test_the_page_of_places_reads_without_javascript(self, app):
        """A drawing with a title, lists of places, no inline script or style."""
        page = app.get("/places/").body
        assert "<h1>" in page
        assert re.search(r'<svg[^>]+role="img"[^>]*>\s*<title', page)
        assert "Jas de Bouffan" in page
        main = page[page.index("steamcity-places") : page.index("</section>")]
        assert "style=" not in main
        assert re.findall(r"<script(?![^>]*application/json)[^>]*>(?!</script>)", main) == []
        block = re.search(r'<script type="application/json" data-steamcity-map-data>(.*?)</script>', page, re.DOTALL)
        assert block
        assert json.loads(block[1])["tiles"] is None

    def test_names_follow_the_language_of_the_page(self, app):
        """Bulgarian names on the Bulgarian page."""
        assert "Марсилия" in app.get("/bg/places/").body

    def test_a_name_cannot_become_markup(self, app):
        """Neither in the drawing nor in the data."""
        square = [[[5.44, 43.52], [5.45, 43.52], [5.45, 43.53], [5.44, 43.53], [5.44, 43.52]]]
        evil = {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": square},
            "properties": {"name": "</script><script>alert(1)</script>", "slug": "evil"},
        }
        call_action(
            "steamcity_area_load",
            geojson={"type": "FeatureCollection", "features": [evil]},
            source="s",
            licence="l",
            attribution="<img src=x onerror=alert(1)>",
            parent="aix-en-provence",
            slug_field="slug",
        )
        page = app.get("/places/").body
        assert "<script>alert" not in page
        assert "<img src=x" not in page

    @pytest.mark.ckan_config("steamcity.places.tile_url", "https://tiles.example.org/{z}/{x}/{y}.png")
    def test_tiles_only_when_the_operator_wants_them(self, app):
        """The address reaches the page and the security header."""
        answer = app.get("/places/")
        assert "https://tiles.example.org/{z}" in answer.body
        assert "img-src 'self' data: https://tiles.example.org" in answer.headers["Content-Security-Policy"]

    def test_outlines_as_a_file(self, app):
        """GeoJSON that caches, narrowed by city."""
        answer = app.get("/places/areas.geojson?city=napoli&kind=district")
        assert answer.headers["Content-Type"].startswith("application/geo+json")
        assert len(json.loads(answer.body)["features"]) == 10
        again = app.get(
            "/places/areas.geojson?city=napoli&kind=district", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304


class TestHelpers:
    """What templates and forms use."""

    def test_place_name(self, app):
        """With its city."""
        with app.flask_app.test_request_context("/"):
            assert tk.h.steamcity_place_name("area:marseille-belsunce") == "Belsunce, Marseille"
            assert tk.h.steamcity_place_name("area:madrid") == "Madrid"
            assert tk.h.steamcity_place_name("area:atlantis") == ""

    def test_city_choices(self, app):
        """For a form, in the reader's language."""
        with app.flask_app.test_request_context("/"):
            choices = tk.h.steamcity_city_choices()
        assert {"value": "napoli", "label": "Naples"} in choices
        assert len(choices) == 10

    def test_legend(self, app):
        """From none to the most."""
        with app.flask_app.test_request_context("/"):
            found = tk.h.steamcity_map_features([{"name": "madrid-retiro", "count": 9}])
            labels = [step["label"] for step in tk.h.steamcity_map_legend(found)]
        assert labels[0] == "none yet"
        assert labels[-1].endswith("9")
