"""From the published place into the index and back out by box and by area; and never from anything finer."""

from __future__ import annotations

import json

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.search import index_for, rebuild
from ckan.tests import factories
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.usefixtures("with_plugins", "demo_places_once")

AROUND_MARSEILLE = "5.2,43.2,5.6,43.4"
AROUND_MADRID = "-3.9,40.3,-3.5,40.6"


class School:
    """A school of its own for each test, so that no test needs an empty index."""

    def __init__(self) -> None:
        self.user = factories.Sysadmin()
        self.id = factories.Organization(user=self.user)["id"]

    def result(self, place, **more):
        """A published result; the review is not what these tests look at, so it becomes public by hand."""
        made = self.draft(place, **more)
        model.Session.query(model.Package).filter_by(id=made["id"]).update({"state": "active"})
        model.Session.commit()
        rebuild(made["id"])
        return made

    def draft(self, place, **more):
        """A draft at a place."""
        dataset = {"type": "experiment", "title": "Noise before school", "name": factories.Dataset.stub().name}
        context = {"user": self.user["name"], "ignore_auth": True}
        return call_action(
            "package_create", context=context, owner_org=self.id, published_place=place, **{**dataset, **more}
        )

    def found(self, box="", fq="", **more):
        search = {"include_drafts": True, "fq": f"{fq} +owner_org:{self.id}", "rows": 50, **more}
        if box:
            search["extras"] = {"ext_bbox": box}
        return sorted(dataset["id"] for dataset in call_action("package_search", **search)["results"])


@pytest.fixture
def school(demo_places_once):
    return School()


def document(dataset):
    from ckan.lib.search.common import make_connection

    return next(iter(make_connection().search(f'id:"{dataset["id"]}"', fl="*").docs))


class TestBox:
    """`ext_bbox`, as ckanext-spatial asks Solr."""

    def test_a_box_finds_what_was_published_inside(self, school):
        """And not what was published elsewhere."""
        marseille, madrid = school.result("area:marseille-belsunce"), school.result("area:madrid-retiro")
        assert school.found(AROUND_MARSEILLE) == [marseille["id"]]
        assert school.found(AROUND_MADRID) == [madrid["id"]]
        assert school.found("10,50,11,51") == []

    def test_a_cell_is_found_too(self, school):
        """By its hexagon."""
        place = call_action("steamcity_place_of_point", lat=43.3, lon=5.378, resolution=9)["place"]
        dataset = school.result(place)
        assert school.found(AROUND_MARSEILLE) == [dataset["id"]]
        assert school.found(AROUND_MADRID) == []

    def test_a_small_box_touching_the_area_finds_it_and_one_beside_it_does_not(self, school):
        """The outline counts, not its surrounding rectangle."""
        dataset = school.result("area:sofia-lyulin")
        west, south, east, north = (document(dataset)[name] for name in ("minx", "miny", "maxx", "maxy"))
        x, y = (west + east) / 2, (south + north) / 2
        middle = f"{x - 0.001},{y - 0.001},{x + 0.001},{y + 0.001}"
        assert school.found(middle) == [dataset["id"]]
        assert school.found(f"{west},{south},{west + 0.002},{south + 0.002}") == []

    def test_a_draft_stands_on_no_map(self, school):
        """Its place counts once it is published; its school finds it by its words."""
        draft = school.draft("area:marseille-belsunce", title="Crickets at noon")
        assert school.found(AROUND_MARSEILLE) == []
        assert school.found(q="crickets") == [draft["id"]]
        assert not {"spatial_geom", "minx", "steamcity_area", "text_en"} & set(document(draft))

    def test_plain_datasets_keep_their_own_geometry(self, school):
        """CKAN's and ckanext-spatial's behaviour is untouched."""
        square = {"type": "Polygon", "coordinates": [[[2, 48], [3, 48], [3, 49], [2, 49], [2, 48]]]}
        dataset = factories.Dataset(
            user=school.user, owner_org=school.id, extras=[{"key": "spatial", "value": json.dumps(square)}]
        )
        assert school.found("2.2,48.2,2.4,48.4") == [dataset["id"]]

    def test_a_box_may_begin_at_any_corner_and_come_as_json(self, app, school):
        """As a client sends it that puts `extras` into an address."""
        school.result("area:marseille-belsunce")
        asked = f"/api/action/package_search?rows=0&fq=owner_org:{school.id}"
        west, south, east, north = AROUND_MARSEILLE.split(",")
        turned = f"{east},{north},{west},{south}"
        for box in (f"ext_bbox={turned}", f"extras={json.dumps({'ext_bbox': AROUND_MARSEILLE})}"):
            assert app.get(f"{asked}&{box}").json["result"]["count"] == 1, box
        assert app.get(f"{asked}&extras=[1]").status_code == 409
        assert app.get(f"{asked}&extras=box").status_code == 409

    def test_a_senseless_box_is_an_answer_not_a_crash(self, app):
        """A clear refusal or nothing found."""
        for box in ("1,2,3", "a,b,c,d", "nan,nan,nan,nan", "5,5,1,1", "1e400,0,1,1"):
            assert app.get(f"/api/action/package_search?ext_bbox={box}").status_code in (200, 400, 409), box


class TestAreas:
    """`steamcity_area` and `steamcity_cell`."""

    def test_an_area_and_all_that_hold_it(self, school):
        """So that a search for the city finds its quarters' results."""
        dataset = school.result("area:marseille-belsunce")
        assert document(dataset)["steamcity_area"] == ["marseille-belsunce", "marseille-1", "marseille", "fr"]
        for area in ("marseille-belsunce", "marseille", "fr"):
            assert school.found(fq=f"steamcity_area:{area}") == [dataset["id"]]
        assert school.found(fq="steamcity_area:madrid") == []

    def test_a_cell_has_the_areas_of_its_middle(self, school):
        """And itself."""
        place = call_action("steamcity_place_of_point", lat=40.43, lon=-3.678, resolution=9)["place"]
        indexed = document(school.result(place))
        assert indexed["steamcity_cell"] == [place.removeprefix("cell:")]
        assert indexed["steamcity_area"] == ["madrid-salamanca", "madrid", "es"]

    def test_nothing_finer_than_the_published_place_is_indexed(self, school):
        """Not even when somebody smuggles a geometry in: it would let a box search find a home."""
        home = {"type": "Point", "coordinates": [5.3781234, 43.3001234]}
        dataset = school.result("area:marseille")
        pkg = {
            **call_action("package_show", id=dataset["id"]),
            "extras": [{"key": "spatial", "value": json.dumps(home)}],
        }
        pkg["with_custom_schema"] = {**pkg}
        index_for("package").index_package(pkg)
        indexed = document(dataset)
        assert "extras_spatial" not in indexed
        assert "POINT" not in str(indexed["spatial_geom"])
        assert len(school.found("5.45,43.23,5.46,43.24")) == 1

    def test_a_place_that_is_gone_does_not_hide_the_dataset(self, school):
        """It is still found by its words."""
        dataset = school.result("area:marseille-belsunce")
        model.Session.execute(sa.text("delete from steamcity_places_area where slug = 'marseille-belsunce'"))
        model.Session.commit()
        index_for("package").update_dict(
            tk.get_action("package_show")({"ignore_auth": True, "use_cache": False}, {"id": dataset["id"]})
            | {"with_custom_schema": tk.get_action("package_show")({"ignore_auth": True}, {"id": dataset["id"]})}
        )
        assert school.found(q="noise") == [dataset["id"]]


class TestValidator:
    """The fields `published_place` (`steamcity_place`) and `city` (`steamcity_city`)."""

    def test_known_places_pass(self, school):
        """A draft may have none yet."""
        for place in ("area:marseille-belsunce", " area:madrid ", ""):
            assert (school.result(place).get("published_place") or "") == place.strip()

    def test_others_are_refused_in_words(self, school):
        """Coordinates too; and a cell that is too fine is not repeated."""
        for place in ("area:atlantis", "Belsunce", "cell:8a39601a6b4ffff", "43.3001,5.3781", "area:", "cell:<script>"):
            with pytest.raises(tk.ValidationError) as caught:
                school.result(place)
            (message,) = caught.value.error_dict["published_place"]
            assert message
            assert "8a39601a6b4ffff" not in message

    def test_a_city_becomes_its_identifier_when_it_is_known(self, school):
        """In any language; other cities stay as they were written."""
        expected = {
            "Marsella": "marseille",
            "София": "sofia",
            "napoli": "napoli",
            "Ruse": "Ruse",
            " Sant  Pol ": "Sant Pol",
        }
        assert {city: school.result("", city=city)["city"] for city in expected} == expected

    def test_no_city(self, school):
        """Too long, or not to be printed."""
        for city in ("x" * 101, "a\u202eb"):
            with pytest.raises(tk.ValidationError):
                school.result("", city=city)
