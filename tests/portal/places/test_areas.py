"""Areas: found by name in five languages, loaded all or nothing, kept when results may hang on them."""

from __future__ import annotations

import json

import ckan.plugins.toolkit as tk
import pytest
from ckan.cli.cli import ckan
from ckan.tests import factories
from ckan.tests.helpers import call_action, call_auth
from ckanext.steamcity.places import outlines

pytestmark = pytest.mark.usefixtures("with_plugins")

LAMBERT = [[[893000, 6247000], [894000, 6247000], [894000, 6248000], [893000, 6247000]]]
SQUARE = [[[5.37, 43.29], [5.38, 43.29], [5.38, 43.30], [5.37, 43.30], [5.37, 43.29]]]
ABOUT = {"source": "City of Marseille", "licence": "etalab-2.0", "attribution": "Ville de Marseille"}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def feature(coordinates=SQUARE, kind="Polygon", **properties):
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def load(geojson, **more):
    return call_action("steamcity_area_load", geojson=geojson, **{**ABOUT, "parent": "marseille-1", **more})


@pytest.mark.usefixtures("demo_places_once")
class TestList:
    """The search for places by name: `steamcity_area_list`."""

    def test_names_are_found_without_accents_in_every_language(self):
        """«vico» is in the middle of no name of ours: it must find nothing, all others their place first."""
        expected = {
            "marsella": ["marseille"],
            "Марсилия": ["marseille"],
            "BELSUNCE": ["marseille-belsunce"],
            "chateau gombert": ["marseille-chateau-gombert"],
            "l'estaque": ["marseille-lestaque"],
            "Ixelles": ["bruxelles-ixelles"],
            "elsene": ["bruxelles-ixelles"],
            "Люлин": ["sofia-lyulin"],
            "chamberi": ["madrid-chamberi"],
            "menilmontant": ["paris-20"],
            "jas de": ["aix-en-provence-jas-de-bouffan"],
            "vico": [],
        }
        assert {q: [area["id"] for area in call_action("steamcity_area_list", q=q)][:1] for q in expected} == expected

    def test_a_whole_name_comes_before_a_part_of_one_and_a_city_before_its_parts(self):
        """`Centre` of Caen and La Rochelle; Paris before what only contains the word."""
        assert call_action("steamcity_area_list", q="paris")[0]["id"] == "paris"
        assert call_action("steamcity_area_list", q="bruxelles")[0]["id"] == "bruxelles"

    def test_filters(self):
        """City, kind, parent, country and limit."""
        assert len(call_action("steamcity_area_list", city="madrid", kind="district")) == 21
        assert {a["id"] for a in call_action("steamcity_area_list", country="it", kind="city")} == {"napoli", "arzano"}
        assert {a["parent"] for a in call_action("steamcity_area_list", parent="marseille-1")} == {"marseille-1"}
        assert len(call_action("steamcity_area_list", limit=3)) == 3
        assert all("geometry" not in area for area in call_action("steamcity_area_list", limit=3))

    def test_everybody_may_ask(self, app):
        """Over the public API."""
        answer = app.get("/api/action/steamcity_area_list?q=evere").json
        assert [area["id"] for area in answer["result"]] == ["bruxelles-evere"]

    def test_hostile_names_find_nothing(self):
        """No wildcard, no SQL."""
        for query in ("%", "_", "'; drop table package; --", "a" * 5000):
            assert call_action("steamcity_area_list", q=query) == [], query[:20]

    def test_a_text_no_database_holds_is_refused(self):
        """NUL is no part of any name: the caller is told."""
        with pytest.raises(tk.ValidationError):
            call_action("steamcity_area_list", q="\x00")


@pytest.mark.usefixtures("demo_places_once")
class TestShow:
    """`steamcity_area_show`, `steamcity_place_show`, `steamcity_place_of_point`."""

    def test_an_area_has_outline_and_ancestors(self):
        """Nearest ancestor first."""
        area = call_action("steamcity_area_show", id="marseille-belsunce")
        assert area["ancestors"] == ["marseille-1", "marseille", "fr"]
        assert area["geometry"]["type"] == "MultiPolygon"
        assert area["approximate"] is True

    def test_an_area_as_a_published_place(self):
        """With names, city and where the outline comes from."""
        place = call_action("steamcity_place_show", place="area:sofia-lyulin")
        assert (place["kind"], place["city"], place["country"]) == ("area", "sofia", "bg")
        assert place["name"]["bg"] == "Люлин"
        assert place["city_name"]["fr"] == "Sofia"
        assert place["licence"] == "CC0-1.0"

    def test_a_cell_belongs_to_the_area_of_its_middle(self):
        """And says how large it is."""
        cell = call_action("steamcity_place_of_point", lat=40.4300, lon=-3.6780, resolution=9)["place"]
        place = call_action("steamcity_place_show", place=cell)
        assert place["ancestors"] == ["madrid-salamanca", "madrid", "es"]
        assert "Salamanca, Madrid" in place["name"]["en"]
        assert place["geometry"]["type"] == "Polygon"

    def test_a_wide_cell_is_not_put_into_a_small_quarter(self):
        """A home's cell of 5 km² says nothing about Belsunce (half a km²)."""
        fine = call_action("steamcity_place_of_point", lat=43.300, lon=5.378, resolution=9)
        wide = call_action("steamcity_place_of_point", lat=43.300, lon=5.378, resolution=7)
        assert fine["ancestors"][0] == "marseille-belsunce"
        assert "marseille-belsunce" not in wide["ancestors"]
        assert "marseille" in wide["ancestors"]

    def test_unknown_places(self):
        """The third is a real cell, but finer than we publish."""
        for place in ("area:atlantis", "cell:zz", "cell:8a39601a6b4ffff", "belsunce", "area:", ""):
            with pytest.raises((tk.ObjectNotFound, tk.ValidationError)):
                call_action("steamcity_place_show", place=place)

    def test_impossible_points(self):
        """Or a resolution finer than we publish."""
        points = [("91", 0, 8), ("nan", 0, 8), ("x", 0, 8), (None, 5, 8), (43, 5, 12), (43, 5, "fine")]
        for lat, lon, resolution in points:
            with pytest.raises(tk.ValidationError):
                call_action("steamcity_place_of_point", lat=lat, lon=lon, resolution=resolution)

    def test_a_point_is_never_part_of_an_address(self, app):
        """Addresses are written into logs."""
        assert app.get("/api/action/steamcity_place_of_point?lat=43.3&lon=5.4").status_code == 400


@pytest.mark.usefixtures("clean_db", "demo_places")
class TestLoad:
    """`steamcity_area_load`."""

    def test_new_and_known_places(self):
        """The name makes the identifier; loading again updates."""
        assert load(collection(feature(nom="Le Cours Julien")), kind="quarter")["created"] == [
            "marseille-1-le-cours-julien"
        ]
        assert load(collection(feature(nom="Le cours Julien")), kind="quarter")["created"] == []
        area = call_action("steamcity_area_show", id="marseille-1-le-cours-julien")
        assert (area["city"], area["country"], area["timezone"]) == ("marseille", "fr", "Europe/Paris")
        assert (area["source"], area["attribution"]) == ("City of Marseille", "Ville de Marseille")
        assert area["approximate"] is False

    def test_the_demo_is_loaded_once(self):
        """A second time updates."""
        about = outlines.source()
        again = call_action(
            "steamcity_area_load",
            geojson=outlines.collection(),
            **{key: about[key] for key in ("source", "licence", "attribution")},
        )
        assert again["created"] == []
        assert len(again["updated"]) == len(outlines.areas())

    def test_a_bad_file_says_what_is_wrong_and_changes_nothing(self):
        """With the number of the place."""
        nowhere = {"type": "Feature", "geometry": None, "properties": {}}
        point = [[[5.3, 43.2], [5.3, 43.2], [5.3, 43.2], [5.3, 43.2]]]
        bad = {
            "this is no GeoJSON file": "not json",
            "FeatureCollection": {"type": "Feature"},
            "no place": collection(),
            "Place 2": collection(feature(nom="a"), nowhere),
            "no polygon": collection(feature([5.3, 43.2], "Point", nom="a")),
            "EPSG:4326": collection(feature(LAMBERT, nom="a")),
            "surface": collection(feature(point, nom="a")),
            "cannot be read": collection(feature([[[5.3, "x"], [1], [2, 3]]], nom="a")),
            "code": collection(feature(code=3)),
            "two places": collection(feature(nom="Même"), feature(nom="meme")),
        }
        before = call_action("steamcity_area_list", parent="marseille-1")
        for words, geojson in bad.items():
            with pytest.raises(tk.ValidationError) as caught:
                load(geojson if isinstance(geojson, str) else json.dumps(geojson), kind="quarter")
            assert words in str(caught.value.error_dict["geojson"])
        assert call_action("steamcity_area_list", parent="marseille-1") == before

    def test_parents_must_exist_and_be_larger(self):
        """A city cannot lie in a district."""
        for more in ({"parent": "atlantis"}, {"parent": None}, {"kind": "city"}, {"kind": "planet"}):
            with pytest.raises(tk.ValidationError):
                load(collection(feature(nom="a")), **{"kind": "quarter", **more})

    def test_a_crossed_outline_is_mended(self):
        """A bow-tie becomes two triangles."""
        bow = [[[5.37, 43.29], [5.38, 43.30], [5.38, 43.29], [5.37, 43.30], [5.37, 43.29]]]
        load(collection(feature(bow, nom="Bow")), kind="quarter")
        assert len(call_action("steamcity_area_show", id="marseille-1-bow")["geometry"]["coordinates"]) == 2

    def test_replaced_places_stay_readable(self):
        """They leave lists and new results, not the results already published."""
        done = load(collection(feature(nom="Belsunce officiel")), kind="quarter", replace=True)
        assert "marseille-belsunce" in done["retired"]
        listed = {area["id"] for area in call_action("steamcity_area_list", parent="marseille-1")}
        assert listed == {"marseille-1-belsunce-officiel"}
        assert call_action("steamcity_place_show", place="area:marseille-belsunce")["name"]["fr"] == "Belsunce"

    def test_only_a_sysadmin_may(self):
        """Neither visitors nor users."""
        user = factories.User()
        for name in ("", user["name"]):
            with pytest.raises(tk.NotAuthorized):
                call_auth("steamcity_area_load", {"user": name, "model": None})

    def test_by_command(self, cli, tmp_path):
        """`ckan steamcity-places load`, with a byte-order mark as some programs write."""
        path = tmp_path / "areas.geojson"
        path.write_text(
            "\ufeff" + json.dumps(collection(feature(QUARTIER="La Plaine", EN="The Plain"))), encoding="utf-8"
        )
        words = ["steamcity-places", "load", str(path), "--source", "s", "--licence", "l", "--attribution", "a"]
        options = ["--kind", "quarter", "--parent", "marseille-1", "--name-field", "QUARTIER", "--name", "en=EN"]
        result = cli.invoke(ckan, words + options)
        assert result.exit_code == 0, result.output
        area = call_action("steamcity_area_show", id="marseille-1-the-plain")
        assert (area["name"]["en"], area["name"]["fr"]) == ("The Plain", "La Plaine")
