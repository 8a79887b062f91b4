"""What every adapter says of itself."""

from __future__ import annotations

import pytest
from ckanext.steamcity.harvesters.feeds import PROVIDERS, adapter
from ckanext.steamcity.harvesters.feeds.profiles import EXAMPLES, PROFILES, Body


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_live_data_of_minutes_are_no_complete_list_of_stations(provider):
    """A station that a complete list does not hold is marked as gone."""
    assert adapter(provider).complete is (provider != "sensor_community_live")


@pytest.mark.parametrize("profile", EXAMPLES)
def test_the_example_of_a_shape_can_be_read(profile):
    entries = list(PROFILES[profile](Body(EXAMPLES[profile].encode())))
    assert [float(entry.value) for entry in entries] == [21.5]
    assert not any(entry.bad for entry in entries)
