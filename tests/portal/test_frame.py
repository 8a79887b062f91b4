"""The frame on real services."""

from __future__ import annotations

import pytest

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
