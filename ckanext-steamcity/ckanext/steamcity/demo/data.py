"""From a recipe of the content to rows, facts and a file. Pure; for this package and the loader.

A recipe names its generator through the protocol, a seed of its own through the result's id, and parameters.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from . import answers, counts, observed, series, trials, walks
from .shapes import Row

Generator = Callable[..., list[Row]]
Facts = Callable[..., dict[str, float]]

GENERATORS: Mapping[str, tuple[Generator, Facts]] = {
    "ai-odyssey": (walks.devices, walks.device_facts),
    "bio-inspired": (trials.learning, trials.learning_facts),
    "birdsong": (counts.birds, counts.bird_facts),
    "bot-buddy": (trials.chats, trials.chat_facts),
    "city-detective": (answers.opinions, answers.opinion_facts),
    "co2-indoor": (series.classroom_air, series.classroom_facts),
    "data-vs-context": (trials.decisions, trials.decision_facts),
    "decibel-detectives": (answers.exercises, answers.exercise_facts),
    "energy-mix": (series.generators, series.generator_facts),
    "energy-perspective": (series.devices, series.device_facts),
    "factbusters": (answers.claims, answers.claim_facts),
    "light-vs-zzz": (trials.evenings, trials.evening_facts),
    "mobility-regulation": (counts.traffic, counts.traffic_facts),
    "negawatt": (answers.households, answers.household_facts),
    "outdoor-air": (series.outdoor_air, series.outdoor_facts),
    "plants-city": (observed.plants, observed.plant_facts),
    "pollinators": (counts.pollinators, counts.pollinator_facts),
    "road-signs": (answers.signs, answers.sign_facts),
    "shine-smart": (counts.light_walk, counts.light_facts),
    "smart-objects-safari": (trials.prototypes, trials.prototype_facts),
    "soundsquad": (counts.sound_walk, counts.sound_facts),
    "trees-vs-cars": (observed.vehicles, observed.vehicle_facts),
    "warm-walls": (series.walls, series.wall_facts),
    "waste-sorting": (answers.waste_images, answers.image_facts),
    "whisper-walls": (walks.quiet_places, walks.quiet_facts),
}


def make_rows(
    key: str, protocol: str, recipe: Mapping[str, Any], zone: str, centre: tuple[float, float]
) -> tuple[list[Row], dict[str, float]]:
    """Make the rows of a result and the facts that are true of them. ``key`` seeds the chance: the same every time."""
    generate, judge = GENERATORS[protocol]
    options = dict(recipe)
    split = options.pop("split", None)
    wanted = inspect.signature(generate).parameters
    if isinstance(options.get("start"), str):
        options["start"] = date.fromisoformat(options["start"])
    options |= {name: value for name, value in (("zone", zone), ("centre", centre)) if name in wanted}
    rows = generate(random.Random(f"steamcity demo {key}"), **options)
    return rows, judge(rows, split=split) if split else judge(rows)
