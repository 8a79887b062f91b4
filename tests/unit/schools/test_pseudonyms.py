"""Names of classes."""

from __future__ import annotations

from ckanext.steamcity.schools import pseudonyms


def test_there_are_enough_different_names():
    """A large school has a name for each class of a year."""
    assert len(pseudonyms.NAMES) == len(set(pseudonyms.NAMES)) >= 120
    assert all(name.isalpha() and name[0].isupper() for name in pseudonyms.NAMES)


def test_names_do_not_repeat_until_all_are_used_and_then_are_numbered():
    """Two hundred classes, two hundred names; the next one gets a number."""
    taken: set[str] = set()
    for _ in pseudonyms.NAMES:
        name = pseudonyms.pick(taken, "school 2025-2026")
        assert name not in taken
        taken.add(name)
    assert taken == {f"Team {name}" for name in pseudonyms.NAMES}
    assert pseudonyms.pick(taken, "school 2025-2026").endswith(" 2")


def test_the_same_school_gets_the_same_name_and_another_one_another():
    """Deterministic, so that a demo loaded twice is the same."""
    assert pseudonyms.pick((), "a") == pseudonyms.pick((), "a")
    assert len({pseudonyms.pick((), f"school {n}") for n in range(40)}) > 20
