"""From the published place into the index and back out by box and by area; and never from anything finer."""

from __future__ import annotations

import json

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan.lib.search import index_for
from ckan.tests import factories
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index", "demo_places")

AROUND_MARSEILLE = "5.2,43.2,5.6,43.4"
AROUND_MADRID = "-3.9,40.3,-3.5,40.6"


def result(place, **more):
    organization = factories.Organization()
    return call_action(
        "package_create",
        type="experiment",
        name=factories.Dataset.stub().name,
        title="Noise before school",
        owner_org=organization["id"],
        published_place=place,
        **more,
    )


def found(box="", **more):
    extras = {"ext_bbox": box} if box else {}
    return [
        dataset["id"]
        for dataset in call_action("package_search", include_drafts=True, extras=extras, rows=50, **more)["results"]
    ]


def document(dataset):
    from ckan.lib.search.common import make_connection

    return next(iter(make_connection().search(f'id:"{dataset["id"]}"', fl="*").docs))


class TestBox:
    """`ext_bbox`, as ckanext-spatial asks Solr."""

    def test_a_box_finds_what_was_published_inside(self):
        """And not what was published elsewhere."""
        marseille, madrid = result("area:marseille-belsunce"), result("area:madrid-retiro")
        assert found(AROUND_MARSEILLE) == [marseille["id"]]
        assert found(AROUND_MADRID) == [madrid["id"]]
        assert found("10,50,11,51") == []

    def test_a_cell_is_found_too(self):
        """By its hexagon."""
        place = call_action("steamcity_place_of_point", lat=43.3, lon=5.378, resolution=9)["place"]
        dataset = result(place)
        assert found(AROUND_MARSEILLE) == [dataset["id"]]
        assert found(AROUND_MADRID) == []

    def test_a_small_box_touching_the_area_finds_it_and_one_beside_it_does_not(self):
        """The outline counts, not its surrounding rectangle."""
        dataset = result("area:sofia-lyulin")
        west, south, east, north = (document(dataset)[name] for name in ("minx", "miny", "maxx", "maxy"))
        x, y = (west + east) / 2, (south + north) / 2
        middle = f"{x - 0.001},{y - 0.001},{x + 0.001},{y + 0.001}"
        assert found(middle) == [dataset["id"]]
        assert found(f"{west},{south},{west + 0.002},{south + 0.002}") == []

    def test_plain_datasets_keep_their_own_geometry(self):
        """CKAN's and ckanext-spatial's behaviour is untouched."""
        square = {"type": "Polygon", "coordinates": [[[2, 48], [3, 48], [3, 49], [2, 49], [2, 48]]]}
        dataset = factories.Dataset(extras=[{"key": "spatial", "value": json.dumps(square)}])
        assert found("2.2,48.2,2.4,48.4") == [dataset["id"]]

    @pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "nan,nan,nan,nan", "5,5,1,1", "1e400,0,1,1"])
    def test_a_senseless_box_is_an_answer_not_a_crash(self, app, box):
        """A clear refusal or nothing found."""
        assert app.get(f"/api/action/package_search?ext_bbox={box}").status_code in (200, 400, 409)


class TestAreas:
    """`steamcity_area` and `steamcity_cell`."""

    def test_an_area_and_all_that_hold_it(self):
        """So that a search for the city finds its quarters' results."""
        dataset = result("area:marseille-belsunce")
        assert document(dataset)["steamcity_area"] == ["marseille-belsunce", "marseille-1", "marseille", "fr"]
        for area in ("marseille-belsunce", "marseille", "fr"):
            assert found(fq=f"steamcity_area:{area}") == [dataset["id"]]
        assert found(fq="steamcity_area:madrid") == []

    def test_a_cell_has_the_areas_of_its_middle(self):
        """And itself."""
        place = call_action("steamcity_place_of_point", lat=40.43, lon=-3.678, resolution=9)["place"]
        indexed = document(result(place))
        assert indexed["steamcity_cell"] == [place.removeprefix("cell:")]
        assert indexed["steamcity_area"] == ["madrid-salamanca", "madrid", "es"]

    def test_nothing_finer_than_the_published_place_is_indexed(self):
        """Not even when somebody smuggles a geometry in: it would let a box search find a home."""
        home = {"type": "Point", "coordinates": [5.3781234, 43.3001234]}
        dataset = result("area:marseille")
        pkg = {
            **call_action("package_show", id=dataset["id"]),
            "extras": [{"key": "spatial", "value": json.dumps(home)}],
        }
        pkg["with_custom_schema"] = {**pkg}
        index_for("package").index_package(pkg)
        indexed = document(dataset)
        assert "extras_spatial" not in indexed
        assert "POINT" not in str(indexed["spatial_geom"])
        assert len(found("5.45,43.23,5.46,43.24")) == 1

    def test_a_place_that_is_gone_does_not_hide_the_dataset(self):
        """It is still found by its words."""
        dataset = result("area:marseille-belsunce")
        from ckan import model

        model.Session.execute(sa.text("delete from steamcity_places_area"))
        model.Session.commit()
        index_for("package").update_dict(
            tk.get_action("package_show")({"ignore_auth": True, "use_cache": False}, {"id": dataset["id"]})
            | {"with_custom_schema": tk.get_action("package_show")({"ignore_auth": True}, {"id": dataset["id"]})}
        )
        assert found(q="noise") == [dataset["id"]]


class TestValidator:
    """The field `published_place` (`steamcity_place`)."""

    @pytest.mark.parametrize("place", ["area:marseille-belsunce", " area:madrid ", ""])
    def test_known_places_pass(self, place):
        """A draft may have none yet."""
        assert (result(place).get("published_place") or "") == place.strip()

    @pytest.mark.parametrize(
        "place", ["area:atlantis", "Belsunce", "cell:8a39601a6b4ffff", "43.3001,5.3781", "area:", "cell:<script>"]
    )
    def test_others_are_refused_in_words(self, place):
        """Coordinates too; and a cell that is too fine is not repeated."""
        with pytest.raises(tk.ValidationError) as caught:
            result(place)
        (message,) = caught.value.error_dict["published_place"]
        assert message
        assert "8a39601a6b4ffff" not in message

    @pytest.mark.parametrize(
        ("city", "kept"),
        [
            ("Marsella", "marseille"),
            ("София", "sofia"),
            ("napoli", "napoli"),
            ("Ruse", "Ruse"),
            (" Sant  Pol ", "Sant Pol"),
        ],
    )
    def test_a_city_becomes_its_identifier_when_it_is_known(self, city, kept):
        """The field `city` (`steamcity_city`): in any language; other cities stay as they were written."""
        assert result("", city=city)["city"] == kept

    @pytest.mark.parametrize("city", ["x" * 101, "a\x00b"])
    def test_no_city(self, city):
        """Too long, or not to be printed."""
        with pytest.raises(tk.ValidationError):
            result("", city=city)
