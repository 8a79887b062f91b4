"""Long answers take turns: nobody's questions hold every thread."""

from __future__ import annotations

import threading
import time

import pytest
from ckanext.steamcity import turns


def test_who_finds_long_answers_at_all_turns_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE", 0.2)
    rooms = turns.Turns(lambda: 2)
    give_back = [rooms.take(), rooms.take()]
    time.sleep(0.25)
    started = time.monotonic()
    with pytest.raises(turns.NoTurn):
        rooms.take()
    assert time.monotonic() - started < 0.1
    give_back[0]()
    give_back[0]()  # twice is once
    with rooms.turn(), pytest.raises(turns.NoTurn):
        rooms.take()


def test_who_finds_short_answers_waits_for_one_to_end():
    rooms, got = turns.Turns(lambda: 1), []
    give_back = rooms.take()
    waiting = threading.Thread(target=lambda: got.append(rooms.take()))
    waiting.start()
    time.sleep(0.1)
    assert not got
    give_back()
    waiting.join(2)
    assert got
