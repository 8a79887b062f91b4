"""Refusals of the citation plugin. Its own modules import them; others see CKAN's classes they derive from."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import click


class Frozen(tk.NotAuthorized, click.ClickException):
    """Somebody tried to change a published version. Not a ValidationError: core's resource_delete breaks on one.

    Core's commands (`ckan dataset purge`, `delete`) catch nothing; click ends on an exception of its own with the
    sentence and exit code 1.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or tk._(
                "This version is published and cannot be changed any more, so that a citation always leads to the same "
                "data."
            )
        )


class Withdrawn(tk.ObjectNotFound):
    """What was asked for is a withdrawn version; the answer carries how it was cited and why it was withdrawn."""

    def __init__(self, tombstone: dict[str, str]) -> None:
        self.tombstone = tombstone
        super().__init__(
            tk._("This version was withdrawn: {reason} It was cited as: {citation}").format(
                reason=_sentence(tombstone["reason"]), citation=tombstone["citation"]
            )
        )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
