"""The life cycle, move by move."""

from __future__ import annotations

import pytest
from ckanext.steamcity.schools import workflow
from ckanext.steamcity.schools.workflow import (
    APPROVE,
    CANCEL,
    DRAFT,
    EDIT,
    PUBLISHED,
    REQUEST,
    RETURN,
    RETURNED,
    SUBMITTED,
    WITHDRAW,
    WITHDRAWN,
)

ALLOWED = {
    (DRAFT, EDIT): DRAFT,
    (DRAFT, REQUEST): SUBMITTED,
    (RETURNED, EDIT): RETURNED,
    (RETURNED, REQUEST): SUBMITTED,
    (SUBMITTED, CANCEL): DRAFT,
    (SUBMITTED, RETURN): RETURNED,
    (SUBMITTED, APPROVE): PUBLISHED,
    (PUBLISHED, WITHDRAW): WITHDRAWN,
}


@pytest.mark.parametrize("event", workflow.EVENTS)
@pytest.mark.parametrize("state", workflow.STATES)
def test_every_pair_of_state_and_event(state, event):
    """What the table allows, and nothing else."""
    assert workflow.may(state, event) == ((state, event) in ALLOWED)
    if (state, event) in ALLOWED:
        assert workflow.move(state, event) == ALLOWED[state, event]
    else:
        with pytest.raises(workflow.IllegalMoveError):
            workflow.move(state, event)


def test_only_an_approval_publishes():
    """There is one way in."""
    assert [pair for pair, after in ALLOWED.items() if after == PUBLISHED] == [(SUBMITTED, APPROVE)]


@pytest.mark.parametrize(("state", "event"), [("active", EDIT), (DRAFT, "publish"), ("", "")])
def test_unknown_words_are_refused(state, event):
    """Neither states nor events are invented on the way."""
    with pytest.raises(workflow.IllegalMoveError):
        workflow.move(state, event)
