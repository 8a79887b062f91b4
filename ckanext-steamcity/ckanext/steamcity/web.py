"""What every answer of the portal carries: security headers, compression, caching of fingerprinted files.

Used by the frame's plugin only.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from ckan.common import CKANConfig
from ckan.config.middleware.flask_app import ckan_before_request, csrf
from ckan.types import CKANApp, Response
from ckanext.steamcity import brake
from flask import abort, current_app, g, request
from flask_compress import Compress
from flask_login import current_user

CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Bootstrap's icons on core's own forms are data: URLs.
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
# DataTables (core's table view, not on pages of ours) writes style attributes.
_STYLE_ATTRIBUTE_ENDPOINTS = {"resource.view", "dataset_resource.view", "datatablesview.ajax"}
# Core's pages that send people on to an address they were given.
_SENDING_ON = {"user.login", "user.logout", "util.internal_redirect"}
_NUL = re.compile(rb"\x00|%00")
_UNREAD_SIGNS = re.compile(r"[\x00-\x20\x7f]")
_SCHEME, _WHOLE_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.I), re.compile(r"https?://[^/]", re.I)
# Webassets names every bundle by its content, so the file at an address never changes.
_IMMUTABLE = "public, max-age=31536000, immutable"


def make_middleware(app: CKANApp, config: CKANConfig) -> CKANApp:
    """Add headers and compression to `app` (CKAN's Flask application)."""
    app.config.setdefault("COMPRESS_MIN_SIZE", 500)
    app.config.setdefault("COMPRESS_ALGORITHM", ["br", "gzip"])
    app.config.setdefault("COMPRESS_BR_LEVEL", 3)
    app.config.setdefault(
        "COMPRESS_MIMETYPES",
        [
            "text/html", "text/css", "text/csv", "text/plain", "text/turtle", "text/xml", "image/svg+xml",
            "application/json", "application/javascript", "text/javascript", "application/ld+json",
            "application/geo+json", "application/xml", "application/atom+xml", "application/rdf+xml",
        ],
    )  # fmt: skip
    if longest := config.get("MAX_CONTENT_LENGTH"):
        # CKAN does not hand it to Flask. Flask's own limit for texts, 500 kB, is less than a pasted table may have.
        app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = int(longest)
    # Files are streamed; brotli and deflate are what Flask-Compress can stream.
    app.config.setdefault("COMPRESS_ALGORITHM_STREAMING", ["br", "deflate"])
    Compress(app)
    # Flask calls the first one last: after CKAN's, which would forbid caching of what never changes.
    app.after_request_funcs.setdefault(None, []).insert(0, _headers)
    # Straight after CKAN's own: plugins look up what an address names before they hand over.
    first = app.before_request_funcs.setdefault(None, [])
    at = first.index(ckan_before_request) + 1
    first[at:at] = [_no_unstorable_signs, _no_way_out]
    app.before_request(_no_forged_forms)
    app.register_error_handler(RecursionError, _too_deep)
    brake.install(app)
    return app


def _no_unstorable_signs() -> None:
    """A NUL in an address or a form is nobody's text: PostgreSQL would refuse it in the middle of a page."""
    if "\x00" in request.path or any("\x00" in text for pair in request.args.items(multi=True) for text in pair):
        abort(400)
    # The body as it came, kept for whoever reads it: curl says of every body that it is a form.
    if request.mimetype == "application/x-www-form-urlencoded" and _NUL.search(request.get_data()):
        abort(400)


def _too_deep(error: RecursionError) -> tuple[str, int, dict[str, str]]:
    """JSON that nests thousands of times is a mistake of who sent it; anywhere else it would be ours."""
    if not (request.endpoint or "").startswith("api."):
        raise error
    return '"Bad request: this nests too deeply."', 400, {"Content-Type": "application/json; charset=utf-8"}


def _no_way_out() -> None:
    """Where to go after log-in or log-out is a place of this site, also as browsers read it.

    CKAN looks for a scheme and two slashes. Browsers leave out white space and take a backslash for a slash.
    """
    if request.endpoint not in _SENDING_ON:
        return
    for target in (request.values.get(name) or "" for name in ("next", "came_from", "url")):
        read = _UNREAD_SIGNS.sub("", unquote(target)).replace("\\", "/")
        if read.startswith("//") or (_SCHEME.match(read) and not _WHOLE_ADDRESS.match(read)):
            abort(400)


def _no_forged_forms() -> None:
    """A form of somebody logged in by cookie carries its token, whatever view it goes to.

    CKAN exempts a view from this for good as soon as an anonymous request or one with an API token has reached it.
    """
    enabled = current_app.config.get("WTF_CSRF_ENABLED") and current_app.config.get("WTF_CSRF_CHECK_DEFAULT")
    by_token = g.get("login_via_auth_header") or (request.endpoint or "").startswith("api.")
    if enabled and current_user.is_authenticated and not by_token:
        csrf.protect()


def _headers(response: Response) -> Response:
    policy = dict(CONTENT_SECURITY_POLICY)
    if request.endpoint in _STYLE_ATTRIBUTE_ENDPOINTS:
        policy["style-src-attr"] = "'unsafe-inline'"
    tiles = _tile_origin()
    if tiles:
        policy["img-src"] += f" {tiles}"
    if request.endpoint == "steamcity.embed":
        policy["frame-ancestors"] = "*"
    headers = response.headers
    headers.setdefault("Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in policy.items()))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if current_user.is_authenticated:
        # A shared cache must not show one person's pages to another.
        headers["Cache-Control"] = "private, no-store"
        response.vary.update(("Cookie", "Authorization"))
    if request.path.startswith("/webassets/") and response.status_code == 200:
        headers["Cache-Control"] = _IMMUTABLE
    return response


def _tile_origin() -> str:
    """Scheme and host of the tile server the operator configured, empty when there is none (the default)."""
    import ckan.plugins.toolkit as tk

    url = tk.config.get("steamcity.places.tile_url") or ""
    return "/".join(url.split("/")[:3]) if url.startswith(("http://", "https://")) else ""
