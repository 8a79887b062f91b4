"""What a client asked and cannot have, as the standard wants it said: a status and a sentence (pure)."""

from __future__ import annotations

from typing import Any

from ckanext.steamcity.messages import N_, Message

UNREADABLE = N_("This cannot be understood: {text}")
TOO_MUCH = N_("This asks for too much at once: {what}")
NO_SUCH = N_("{kind} has no {name}.")
NOT_HERE = N_("There is nothing at this address.")
NOT_SUPPORTED = N_("This portal does not support: {what}")
DOES_NOT_FIT = N_("These cannot be compared or put together: {what}")
READ_ONLY = N_("This service is for reading only.")
TOO_SLOW = N_("This question takes too long. Ask for a shorter time, or for one datastream at a time.")
TOO_MANY_TO_COUNT = N_("More than {number} fit; they are not counted. Leave $count out, or ask for a shorter time.")


class Refusal(Exception):  # noqa: N818  says what it is
    """The answer is an error of this status; ``message`` says why."""

    def __init__(self, status: int, sentence: str, /, **params: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.message = Message(sentence, params)


def unreadable(text: object) -> Refusal:
    """400: only the beginning of what was sent is said back."""
    return Refusal(400, UNREADABLE, text=shortened(text))


def shortened(text: object) -> str:
    shown = str(text)
    return shown if len(shown) <= 60 else shown[:60] + "…"
