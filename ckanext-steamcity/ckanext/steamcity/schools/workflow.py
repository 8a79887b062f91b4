"""The life cycle of an experiment as a table. Pure; anybody may read it, only this plugin moves a state."""

from __future__ import annotations

DRAFT = "draft"
SUBMITTED = "submitted"
RETURNED = "returned"
PUBLISHED = "published"
WITHDRAWN = "withdrawn"
STATES = (DRAFT, SUBMITTED, RETURNED, PUBLISHED, WITHDRAWN)
UNPUBLISHED = (DRAFT, SUBMITTED, RETURNED)

REQUEST = "request"
CANCEL = "cancel"
RETURN = "return"
APPROVE = "approve"
WITHDRAW = "withdraw"
EDIT = "edit"
EVENTS = (EDIT, REQUEST, CANCEL, RETURN, APPROVE, WITHDRAW)

_MOVES = {
    (DRAFT, EDIT): DRAFT,
    (DRAFT, REQUEST): SUBMITTED,
    # A returned draft stays "returned", with its note, until it is asked for again.
    (RETURNED, EDIT): RETURNED,
    (RETURNED, REQUEST): SUBMITTED,
    (SUBMITTED, CANCEL): DRAFT,
    (SUBMITTED, RETURN): RETURNED,
    (SUBMITTED, APPROVE): PUBLISHED,
    (PUBLISHED, WITHDRAW): WITHDRAWN,
}


class IllegalMoveError(ValueError):
    """An event that is not possible in this state."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} is not possible in state {state}")
        self.state, self.event = state, event


def move(state: str, event: str) -> str:
    """The state after `event`; IllegalMoveError when the table does not know the move."""
    try:
        return _MOVES[state, event]
    except KeyError:
        raise IllegalMoveError(state, event) from None


def may(state: str, event: str) -> bool:
    """Whether `event` is possible in `state`."""
    return (state, event) in _MOVES
