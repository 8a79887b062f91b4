"""Identifiers of the local registrar."""

from __future__ import annotations

import pytest
from ckanext.steamcity.citation import registrar


@pytest.fixture
def local():
    return registrar.create("local")


class TestReserve:
    """Deterministic, checkable, different for each seed."""

    def test_the_same_seed_gives_the_same(self, local):
        """A reservation can be made again."""
        assert local.reserve("package:1", 2026) == local.reserve("package:1", 2026)

    def test_a_collision_has_a_way_out(self, local):
        """The next attempt is another identifier."""
        assert local.reserve("package:1", 2026, 0) != local.reserve("package:1", 2026, 1)

    def test_form(self, local):
        """Year, a dot, eight characters without look-alikes; no DOI and nothing like one."""
        identifier = local.reserve("package:1", 2026)
        assert registrar.valid(identifier)
        assert identifier.startswith("steamcity:2026.")
        assert not set("ilou") & set(identifier.split(".")[1])
        assert not local.is_doi
        assert "10." not in identifier

    def test_many_differ(self, local):
        """Ten thousand seeds, ten thousand identifiers."""
        assert len({local.reserve(f"package:{n}", 2026) for n in range(10_000)}) == 10_000


class TestCheck:
    """Typing errors are found."""

    def test_every_single_error(self, local):
        """Each character replaced by each other one."""
        identifier = local.reserve("package:1", 2026)
        head, body = identifier.split(".")
        for place, right in enumerate(body):
            for wrong in set("0123456789abcdefghjkmnpqrstvwxyz") - {right}:
                assert not registrar.valid(f"{head}.{body[:place]}{wrong}{body[place + 1 :]}")
        assert not registrar.valid(identifier.replace("2026", "2027"))

    @pytest.mark.parametrize("text", ["", "10.5281/zenodo.1", "steamcity:2026.", "steamcity:2026.UUUUUUUU", "x"])
    def test_other_things(self, text):
        """What is no identifier of ours."""
        assert not registrar.valid(text)

    def test_register_refuses_nonsense_for_good(self, local):
        """Trying again would not help."""
        with pytest.raises(registrar.RegistrarError) as error:
            local.register("nonsense", {}, "")
        assert error.value.permanent

    def test_unknown_back_end(self):
        """A typing error in the configuration."""
        with pytest.raises(KeyError):
            registrar.create("datacite")
