"""A brake on guessing passwords, and an answer about forgotten ones that tells nobody who has an account.

Each wrong password for one account from one address makes the next try wait longer. Nobody else waits: neither another
account behind the same address (a school) nor the same account from elsewhere. Only when one address tries many
accounts in a row do those wait that never logged in from there. Counts live in Redis under digests, no name is stored;
without Redis nobody is kept out. Wired by web.py; used by nobody else.
"""

from __future__ import annotations

import hashlib
import logging
import math
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import captcha, mailer, signals
from ckan.lib.redis import connect_to_redis
from ckan.types import CKANApp, Response
from flask import copy_current_request_context, make_response
from flask_login import user_logged_in
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

FREE = 5  # wrong passwords that cost nothing
FIRST_WAIT, LONGEST_WAIT = 30, 3600  # seconds; doubled each time
CROWD = 100  # wrong passwords of one address in an hour, whatever the account
_REMEMBERED = 24 * 3600
_FAMILIAR = 180 * 24 * 3600
_MAILS, _MAILS_PERIOD = 5, 3600
_LONGEST_NAME = 200


def install(app: CKANApp) -> None:
    """Look at log-ins and forgotten passwords before CKAN does."""
    app.before_request(_before_login)
    app.before_request(_before_reset)
    # Kept by the modules, so that the signals do not lose them.
    signals.failed_login.connect(_failed)
    user_logged_in.connect(_logged_in)


def waiting(login: str, address: str) -> int:
    """Seconds this account has to wait at this address; 0 when it may try."""
    try:
        redis = connect_to_redis()
        seconds: Any = redis.ttl(_key("wait", _account(login), address))
        if seconds > 0:
            return int(seconds)
        crowd: Any = redis.get(_key("crowd", address))
        if int(crowd or 0) >= CROWD and not redis.exists(_key("familiar", _account(login), address)):
            left: Any = redis.ttl(_key("crowd", address))
            return max(int(left), 1)
    except RedisError:
        log.warning("Redis does not answer: log-ins are not counted")
    return 0


def wrong(login: str, address: str) -> None:
    """Count a wrong password."""
    try:
        redis = connect_to_redis()
        tries = _count(_key("tries", _account(login), address), _REMEMBERED)
        _count(_key("crowd", address), 3600, renew=False)
        if tries > FREE:
            seconds = min(FIRST_WAIT * 2 ** min(tries - FREE - 1, 20), LONGEST_WAIT)
            redis.set(_key("wait", _account(login), address), 1, ex=seconds)
    except RedisError:
        log.warning("Redis does not answer: log-ins are not counted")


def right(account: str, address: str) -> None:
    """Forget the wrong passwords of somebody who is in."""
    try:
        redis = connect_to_redis()
        redis.delete(_key("tries", account, address), _key("wait", account, address))
        redis.set(_key("familiar", account, address), 1, ex=_FAMILIAR)
    except RedisError:
        log.warning("Redis does not answer: log-ins are not counted")


def _count(key: str, seconds: int, renew: bool = True) -> int:
    redis = connect_to_redis()
    number: Any = redis.incr(key)
    if renew or number == 1:
        redis.expire(key, seconds)
    return int(number)


def _key(*parts: str) -> str:
    digest = hashlib.sha256("\n".join((*parts, tk.config["SECRET_KEY"])).encode(errors="replace")).hexdigest()
    return f"steamcity:brake:{parts[0]}:{digest}"


def _account(login: str) -> str:
    """Id of the account that is meant, by name or e-mail address; what was typed when there is none."""
    found = _find(login)
    return found.id if found else login[:_LONGEST_NAME].strip().casefold()


def _find(login: str) -> model.User | None:
    if not login or len(login) > _LONGEST_NAME or "\x00" in login:
        return None
    return model.User.by_name(login) or model.User.by_email(login)


def _address() -> str:
    return tk.request.remote_addr or ""


def _given(name: str) -> str:
    return str(tk.request.form.get(name) or "")


def _before_login() -> Response | None:
    if tk.request.endpoint != "user.login" or tk.request.method != "POST":
        return None
    seconds = waiting(_given("login"), _address())
    if not seconds:
        return None
    minutes = math.ceil(seconds / 60)
    sentence = tk.ungettext(
        "Too many wrong passwords. Wait {minutes} minute and try again, or ask for a new password.",
        "Too many wrong passwords. Wait {minutes} minutes and try again, or ask for a new password.",
        minutes,
    )
    tk.h.flash_error(sentence.format(minutes=minutes))
    response = make_response(tk.render("user/login.html", {}), 429)
    response.headers["Retry-After"] = str(seconds)
    return response  # type: ignore[return-value]  # CKAN's class of a response


def _failed(login: Any, **_about: Any) -> None:
    wrong(str(login or ""), _address())


def _logged_in(_app: Any, user: model.User, **_about: Any) -> None:
    if tk.request.endpoint == "user.login":
        right(user.id, _address())


def _before_reset() -> Response | None:
    """The same answer whoever is asked for, whether mail can be sent or not; the mail goes out after it."""
    endpoint = tk.request.endpoint
    if endpoint == "user.perform_reset":
        person = model.User.get((tk.request.view_args or {}).get("id", ""))
        if person is None or not mailer.verify_reset_link(person, tk.request.args.get("key")):
            tk.abort(403, tk._("This link is not valid, or no longer. Ask for a new one."))
        return None
    asked = _given("user") if endpoint == "user.request_reset" and tk.request.method == "POST" else ""
    if not asked.strip():
        return None
    try:
        captcha.check_recaptcha(tk.request)
    except captcha.CaptchaError:
        # CKAN's own page says so.
        return None
    tk.h.flash_success(tk._("If there is such an account, an e-mail with a link is on its way to its address."))
    response = make_response(tk.render("user/request_reset.html", {}))
    response.call_on_close(copy_current_request_context(lambda: _send_link(asked.strip(), _address())))
    return response  # type: ignore[return-value]


def _send_link(asked: str, address: str) -> None:
    person = _find(asked)
    if person is None or person.state != "active" or not person.email:
        return
    try:
        if _count(_key("mails", person.id, address), _MAILS_PERIOD, renew=False) > _MAILS:
            return
    except RedisError:
        log.warning("Redis does not answer: mails about passwords are not counted")
    try:
        mailer.send_reset_link(person)
        signals.request_password_reset.send(person.name, user=person)
    except Exception:
        # Whatever the mail server says is for the operator, never for whoever asked.
        log.exception("A mail about a forgotten password could not be sent")
