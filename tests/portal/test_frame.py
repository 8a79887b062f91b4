"""The frame on real services."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


class TestHeaders:
    """What every answer carries."""

    @pytest.mark.parametrize("path", ["/", "/dataset/", "/api/3/action/status_show", "/no-such-page"])
    def test_security_headers(self, app, path):
        """Pages, API and error pages alike."""
        headers = app.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"]

    def test_reading_is_open_to_every_web_page(self, app):
        """CORS."""
        answer = app.get("/api/3/action/package_search", headers={"Origin": "https://example.org"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"

    def test_answers_are_compressed(self, app):
        """A page over 500 bytes."""
        assert app.get("/", headers={"Accept-Encoding": "br"}).headers["Content-Encoding"] == "br"

    def test_sql_search_is_off(self, app):
        """It brought two injections in two years."""
        assert app.get("/api/3/action/datastore_search_sql?sql=select+1").status_code == 400


class TestFileCheck:
    """`steamcity_file_check`: the engine behind the form, for programs."""

    TEXT = "Date;Heure;CO2 (ppm)\n13/03/2026;08:00;450,5\n13/03/2026;08:05;-99\n" + "".join(
        f"13/03/2026;{8 + n // 12:02d}:{n % 12 * 5:02d};{500 + n},5\n" for n in range(2, 40)
    )

    def test_a_text_is_checked_and_nothing_is_stored(self):
        """Findings with row, column and choices."""
        report = call_action(
            "steamcity_file_check", protocol="co2-indoor", text=self.TEXT, hints={"timezone": "Europe/Paris"}
        )
        assert not report["ok"]
        wrong = next(one for one in report["findings"] if one["code"] == "out_of_range")
        assert (wrong["row"], wrong["severity"]) == (3, "error")
        decided = {"timezone": "Europe/Paris", "decisions": {"out_of_range": "leave_out"}}
        assert call_action("steamcity_file_check", protocol="co2-indoor", text=self.TEXT, hints=decided)["ok"]

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            ({"protocol": "no-such"}, tk.ObjectNotFound),
            ({"protocol": "co2-indoor"}, tk.ValidationError),
            ({"protocol": "co2-indoor", "text": "a", "hints": "no json"}, tk.ValidationError),
            ({"text": "a"}, tk.ValidationError),
        ],
    )
    def test_what_is_missing_is_said(self, data, error):
        """By name."""
        with pytest.raises(error):
            call_action("steamcity_file_check", **data)

    def test_strangers_do_not_order_checks(self, app):
        """They cost time."""
        answer = app.post("/api/3/action/steamcity_file_check", json={"protocol": "co2-indoor", "text": self.TEXT})
        assert answer.status_code == 403


class TestNoAccount:
    """A result is made by a class and a school, not by an account."""

    def test_no_answer_names_the_account(self, app, school):
        """Neither package_show nor a search, nor a facet."""
        made = call_action(
            "package_create", context={"user": school["teacher"]["name"], "ignore_auth": False},
            type="experiment", name="air", title="Air", owner_org=school["organization"]["id"],
            author="Somebody", author_email="a@example.org",
        )  # fmt: skip
        shown = call_action("package_show", id=made["id"])
        assert not {"creator_user_id", "author", "author_email"} & set(shown)
        found = call_action(
            "package_search", include_drafts=True, fq="+state:draft", **{"facet.field": ["creator_user_id"]}
        )
        assert found["count"] == 1
        assert "creator_user_id" not in found["results"][0]
        assert found["facets"]["creator_user_id"] == {}


class TestLicences:
    """CKAN knows our licences."""

    def test_a_result_is_open_data(self, school):
        """It has the licence's title and counts as open; core's own licences are still there."""
        made = call_action(
            "package_create", context={"user": school["teacher"]["name"]},
            type="experiment", name="air", title="Air", owner_org=school["organization"]["id"], license_id="CC-BY-4.0",
        )  # fmt: skip
        shown = call_action("package_show", id=made["id"])
        assert (shown["isopen"], shown["license_title"]) == (True, "Creative Commons Attribution 4.0 International")
        assert {"cc-by", "CC-BY-4.0", "ODbL-1.0", "CC0-1.0"} <= {
            licence["id"] for licence in call_action("license_list")
        }
