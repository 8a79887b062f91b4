"""Synthetic answers, verdicts and labels: tests, households, claims, images. Pure; for this package.

A row is one answer, never a person: there is no age, no name, no code. What is published of tests and households are
groups; the portal aggregates them when the file is accepted.
"""

from __future__ import annotations

import random

from . import pictures
from .shapes import Row, by, correlation, mean, share


def _step(rng: random.Random, middle: float) -> int:
    """Draw an answer from 1 to 5."""
    return min(5, max(1, round(rng.gauss(middle, 0.9))))


def exercises(
    rng: random.Random, conditions: dict[str, tuple[float, float]], tasks: dict[str, float], answers: int = 22
) -> list[Row]:
    """Results of short exercises. ``conditions``: level in dB and what it costs in points; ``tasks``: usual score."""
    rows = []
    for condition, (level, cost) in conditions.items():
        for task, usual in tasks.items():
            for _ in range(answers + rng.randrange(4)):
                score = min(100.0, max(5.0, rng.gauss(usual - cost, 13)))
                rows.append(
                    {
                        "condition": condition,
                        "task": task,
                        "sound_level": round(rng.gauss(level, 1.5), 1),
                        "score": round(score / 5) * 5,
                        "seconds": round(max(20, rng.gauss(95 + cost * 1.5, 18))),
                        "disturbance": _step(rng, 1.2 + (level - 35) / 12),
                    }
                )
    rng.shuffle(rows)
    return rows


def exercise_facts(rows: list[Row]) -> dict[str, float]:
    """Mean score, time and disturbance by condition and by task."""
    facts: dict[str, float] = {
        "answers": len(rows),
        "link": correlation([row["sound_level"] for row in rows], [row["score"] for row in rows]),
    }
    for condition, inside in by(rows, "condition").items():
        facts[f"score_{condition}"] = mean(row["score"] for row in inside)
        facts[f"seconds_{condition}"] = mean(row["seconds"] for row in inside)
        facts[f"disturbance_{condition}"] = mean(row["disturbance"] for row in inside)
        for task, part in by(inside, "task").items():
            facts[f"{task}_{condition}"] = mean(row["score"] for row in part)
    return facts


def households(
    rng: random.Random, heating: dict[str, tuple[int, float]], saving: float, habits: dict[str, float]
) -> list[Row]:
    """Electricity of a normal and a saving week. ``heating``: households and kWh a week; ``saving``: part saved."""
    rows = []
    for kind, (number, usual) in heating.items():
        for _ in range(number):
            people = rng.choices((1, 2, 3, 4, 5), (1, 2, 4, 5, 2))[0]
            normal = max(12.0, rng.gauss(usual * (0.5 + people / 6), usual * 0.15))
            for week in ("normal", "saving"):
                habit = rng.choices(list(habits), list(habits.values()))[0] if week == "saving" else "no_habit"
                part = 1 - (rng.gauss(saving, 0.05) if week == "saving" and habit != "no_habit" else 0)
                rows.append(
                    {
                        "week": week,
                        "heating": kind,
                        "people": people,
                        "electricity": round(normal * part * rng.gauss(1, 0.03), 1),
                        "habit": habit,
                        "easy": _step(rng, 3.8) if week == "saving" else None,
                    }
                )
    rng.shuffle(rows)
    return rows


def household_facts(rows: list[Row]) -> dict[str, float]:
    """Electricity of both weeks, all and by heating, and what was saved in percent."""
    facts: dict[str, float] = {"households": len(rows) / 2}
    groups = {"": rows} | {f"_{kind}": inside for kind, inside in by(rows, "heating").items()}
    for name, inside in groups.items():
        week = {key: mean(row["electricity"] for row in part) for key, part in by(inside, "week").items()}
        facts |= {f"normal{name}": week["normal"], f"saving{name}": week["saving"]}
        facts[f"saved{name}"] = 100 * (week["normal"] - week["saving"]) / week["normal"]
    facts["easy"] = mean(row["easy"] for row in rows if row["easy"])
    return facts


def claims(
    rng: random.Random, channels: dict[str, tuple[int, float]], topics: list[str], sources: float = 3.0
) -> list[Row]:
    """Claims with a verdict. ``channels``: number of claims and the part of them that holds."""
    rows: list[Row] = []
    for channel, (number, honest) in channels.items():
        for _ in range(number):
            holds = rng.random() < honest
            verdict = rng.choices(
                ("is_true", "mostly_true", "misleading", "is_false", "not_provable"),
                (6, 4, 1, 0, 1) if holds else (0, 1, 6, 5, 2),
            )[0]
            checked = max(1, round(rng.gauss(sources + (1.5 if verdict == "misleading" else 0), 1.1)))
            best = rng.choices(("open_data", "research", "authority", "news", "expert"), (5, 3, 4, 2, 1))[0]
            rows.append(
                {
                    "topic": rng.choice(topics),
                    "channel": channel,
                    "sources_checked": checked,
                    "best_source": "not_found" if verdict == "not_provable" else best,
                    "verdict": verdict,
                    "certainty": _step(rng, 2.0 if verdict == "not_provable" else 4.0),
                }
            )
    rng.shuffle(rows)
    return [{"claim": number, **row} for number, row in enumerate(rows, 1)]


def claim_facts(rows: list[Row]) -> dict[str, float]:
    """Part of the claims that hold, all and by channel; sources read; open data as the best source."""

    def held(chosen: list[Row]) -> float:
        return share(sum(row["verdict"] in ("is_true", "mostly_true") for row in chosen), len(chosen))

    verdicts = by(rows, "verdict")
    facts: dict[str, float] = {
        "claims": len(rows),
        "held": held(rows),
        "wrong": sum(row["verdict"] in ("misleading", "is_false") for row in rows),
        "not_provable": len(verdicts.get("not_provable", [])),
        "sources": mean(row["sources_checked"] for row in rows),
        "sources_misleading": mean(row["sources_checked"] for row in verdicts["misleading"]),
        "sources_false": mean(row["sources_checked"] for row in verdicts["is_false"]),
        "open_data": share(sum(row["best_source"] == "open_data" for row in rows), len(rows)),
    }
    for channel, inside in by(rows, "channel").items():
        facts |= {f"held_{channel}": held(inside), f"claims_{channel}": len(inside)}
    return facts


def waste_images(
    rng: random.Random, classes: dict[str, float], confusions: dict[str, str], images: int = 40, busy: float = 0.2
) -> list[Row]:
    """Test images of a trained program. ``classes``: part recognised; ``confusions``: what it is taken for instead."""
    rows: list[Row] = []
    for kind, part in classes.items():
        for _ in range(images):
            background = rng.choices(("plain", "busy", "outdoors"), (5, 3, 2))[0]
            light = rng.choices(("good", "dim", "backlight"), (6, 3, 1))[0]
            chance = part - (busy if background == "busy" else busy / 2 if background == "outdoors" else 0)
            right = rng.random() < chance - (0.05 if light == "dim" else 0)
            other = (
                confusions.get(kind) if rng.random() < 0.7 else rng.choice([name for name in classes if name != kind])
            )
            rows.append(
                {
                    "true_class": kind,
                    "predicted_class": kind if right else other,
                    "confidence": round(min(99.9, max(25.0, rng.gauss(88 if right else 68, 9))), 1),
                    "background": background,
                    "light": light,
                }
            )
    rng.shuffle(rows)
    return pictures.named([{"image": number, **row} for number, row in enumerate(rows, 1)], "test")


def image_facts(rows: list[Row]) -> dict[str, float]:
    """Part recognised: all, by kind, by background and light; confidence of right and wrong answers."""

    def right(chosen: list[Row]) -> float:
        return share(sum(row["true_class"] == row["predicted_class"] for row in chosen), len(chosen))

    wrong = [row for row in rows if row["true_class"] != row["predicted_class"]]
    facts: dict[str, float] = {
        "images": len(rows),
        "right": right(rows),
        "sure_wrong": share(sum(row["confidence"] >= 70 for row in wrong), len(wrong)),
    }
    for column, prefix in (("true_class", ""), ("background", "on_"), ("light", "in_")):
        facts |= {f"right_{prefix}{key}": right(inside) for key, inside in by(rows, column).items()}
    return facts


def opinions(
    rng: random.Random, themes: dict[str, tuple[int, float, float]], links: dict[str, float], willing: float = 0.4
) -> list[Row]:
    """Answers of passers-by. ``themes``: number, importance, satisfaction; ``links``: weight of each link."""
    rows = []
    for theme, (number, importance, satisfaction) in themes.items():
        for _ in range(number):
            rows.append(
                {
                    "theme": theme,
                    "link": rng.choices(list(links), list(links.values()))[0],
                    "importance": _step(rng, importance),
                    "satisfaction": _step(rng, satisfaction),
                    "frequency": rng.choices(("daily", "weekly", "monthly", "rarely"), (4, 3, 2, 1))[0],
                    "would_help": rng.random() < willing,
                }
            )
    rng.shuffle(rows)
    return rows


def opinion_facts(rows: list[Row]) -> dict[str, float]:
    """Answers, importance and satisfaction by theme, and how many would take part."""
    facts: dict[str, float] = {
        "answers": len(rows),
        "would_help": share(sum(row["would_help"] for row in rows), len(rows)),
    }
    for theme, inside in by(rows, "theme").items():
        facts[f"answers_{theme}"] = len(inside)
        facts[f"importance_{theme}"] = mean(row["importance"] for row in inside)
        facts[f"satisfaction_{theme}"] = mean(row["satisfaction"] for row in inside)
        facts[f"gap_{theme}"] = facts[f"importance_{theme}"] - facts[f"satisfaction_{theme}"]
    return facts


def signs(rng: random.Random, designs: dict[str, float], answers: int = 18) -> list[Row]:
    """Tests of road signs at three distances. ``designs``: how well each is understood from near."""
    rows = []
    for design, quality in designs.items():
        for distance, cost, slower in (("near", 0.0, 1.0), ("middle", 0.08, 1.3), ("far", 0.25, 1.9)):
            for _ in range(answers + rng.randrange(5)):
                understood = rng.random() < quality - cost
                seconds = max(0.6, rng.gauss((3.4 - 2 * quality) * slower + (0 if understood else 1.5), 0.6))
                rows.append(
                    {
                        "design": design,
                        "distance": distance,
                        "understood": understood,
                        "seconds": round(seconds, 1),
                        "clarity": _step(rng, 1.2 + 3.4 * quality),
                    }
                )
    rng.shuffle(rows)
    return rows


def sign_facts(rows: list[Row]) -> dict[str, float]:
    """Part of the answers that are right, time and clarity, by design and from afar."""
    facts: dict[str, float] = {"answers": len(rows)}
    for design, inside in by(rows, "design").items():
        far = [row for row in inside if row["distance"] == "far"]
        facts[f"right_{design}"] = share(sum(row["understood"] for row in inside), len(inside))
        facts[f"far_{design}"] = share(sum(row["understood"] for row in far), len(far))
        facts[f"seconds_{design}"] = mean(row["seconds"] for row in inside)
        facts[f"clarity_{design}"] = mean(row["clarity"] for row in inside)
    return facts
