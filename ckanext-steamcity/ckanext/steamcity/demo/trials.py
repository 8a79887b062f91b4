"""Synthetic trials: programs that learn, prototypes, decisions, chatbots, evenings. Pure; for this package.

Answers of people are rows without anything that tells one person from another; the portal publishes their groups.
"""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

from .shapes import Row, by, mean, share


def _step(rng: random.Random, middle: float) -> int:
    """Draw an answer from 1 to 5."""
    return min(5, max(1, round(rng.gauss(middle, 0.8))))


def learning(
    rng: random.Random, agents: dict[str, tuple[float, float]], runs: int = 4, episodes: int = 40
) -> list[Row]:
    """Rewards of programs over rounds. ``agents``: how fast each learns (0: not at all), and where it begins."""
    rows: list[Row] = []
    for agent, (speed, begin) in agents.items():
        for run in range(1, runs + 1):
            for episode in range(1, episodes + 1):
                learned = 1 - math.exp(-speed * episode) if speed else 0.0
                reward = round(rng.gauss(begin + 75 * learned, 9))
                rows.append(
                    {
                        "agent": agent,
                        "run": run,
                        "episode": episode,
                        "reward": reward,
                        "steps": max(8, round(rng.gauss(60 - 38 * learned, 5))),
                        "exploration": max(5, round(100 * math.exp(-0.08 * episode))) if speed else 100,
                        "success": reward > 20,
                    }
                )
    return rows


def learning_facts(rows: list[Row]) -> dict[str, float]:
    """Reward of the first and the last ten rounds, and successes, by program."""
    last = max(row["episode"] for row in rows)
    facts: dict[str, float] = {"rounds": len(rows), "last": last, "runs": max(row["run"] for row in rows)}
    for agent, inside in by(rows, "agent").items():
        end = [row for row in inside if row["episode"] > last - 10]
        facts[f"first_{agent}"] = mean(row["reward"] for row in inside if row["episode"] <= 10)
        facts[f"last_{agent}"] = mean(row["reward"] for row in end)
        facts[f"success_{agent}"] = share(sum(row["success"] for row in end), len(end))
    return facts


def prototypes(
    rng: random.Random, start: date, tests: dict[str, tuple[float, float]], purpose: str, versions: int = 4
) -> list[Row]:
    """Tests of a prototype, version by version. ``tests``: part that works at first, and what each version adds."""
    rows: list[Row] = []
    for version in range(1, versions + 1):
        for number, (test, (first, gain)) in enumerate(tests.items()):
            attempts = rng.choice((10, 12, 15, 20))
            chance = min(0.97, first + gain * (version - 1))
            rows.append(
                {
                    "date": start + timedelta(7 * (version - 1) + number % 3),
                    "version": version,
                    "purpose": purpose,
                    "test": test,
                    "attempts": attempts,
                    "successes": sum(rng.random() < chance for _ in range(attempts)),
                    "hours": round(rng.gauss(18 + 9 * version, 3), 1) if test == "battery" else None,
                    "usability": _step(rng, 1.8 + 0.6 * version) if test == "use" else None,
                }
            )
    return rows


def prototype_facts(rows: list[Row]) -> dict[str, float]:
    """Part of the attempts that worked, first and last version, in all and by test."""
    last = max(row["version"] for row in rows)

    def part(chosen: list[Row]) -> float:
        return share(sum(row["successes"] for row in chosen), sum(row["attempts"] for row in chosen))

    facts: dict[str, float] = {"attempts": sum(row["attempts"] for row in rows), "versions": last}
    for name, version in (("first", 1), ("last", last)):
        chosen = [row for row in rows if row["version"] == version]
        facts[name] = part(chosen)
        facts |= {f"{name}_{test}": part(inside) for test, inside in by(chosen, "test").items()}
        facts |= {f"{name}_hours": row["hours"] for row in chosen if row["hours"]}
    return facts


def decisions(rng: random.Random, cases: list[str], teams: int = 9, turned: float = 0.4) -> list[Row]:
    """Decisions of teams, first from figures alone and then with context. ``turned``: how many change their mind."""
    rows: list[Row] = []
    for case in cases:
        for team in range(1, teams + 1):
            first = rng.choices(("act", "try_out", "measure", "nothing"), (6, 2, 1, 2))[0]
            changed = rng.random() < turned
            second = rng.choice([one for one in ("try_out", "ask", "measure") if one != first]) if changed else first
            both = (("figures", first, 4.1, 2, None), ("context", second, 3.4, 4, changed))
            for information, decision, sure, reasons, moved in both:
                rows.append(
                    {
                        "case": case,
                        "team": team,
                        "information": information,
                        "decision": decision,
                        "certainty": _step(rng, sure),
                        "reasons": max(1, round(rng.gauss(reasons, 1))),
                        "changed": moved,
                    }
                )
    return rows


def decision_facts(rows: list[Row]) -> dict[str, float]:
    """How many decisions changed, and certainty and reasons before and after the context."""
    context = [row for row in rows if row["information"] == "context"]
    facts: dict[str, float] = {
        "decisions": len(rows),
        "teams": len({row["team"] for row in rows}),
        "cases": len({row["case"] for row in rows}),
        "changed": share(sum(row["changed"] for row in context), len(context)),
    }
    for name, inside in by(rows, "information").items():
        facts[f"sure_{name}"] = mean(row["certainty"] for row in inside)
        facts[f"reasons_{name}"] = mean(row["reasons"] for row in inside)
        facts[f"ask_{name}"] = sum(row["decision"] == "ask" for row in inside)
    return facts


def chats(
    rng: random.Random, versions: dict[str, tuple[float, float]], tasks: dict[str, float], answers: int = 9
) -> list[Row]:
    """Tests of a chatbot. ``versions``: part solved, part with a wrong answer; ``tasks``: how much harder each is."""
    rows = []
    for version, (solving, erring) in versions.items():
        for task, cost in tasks.items():
            for _ in range(answers + rng.randrange(4)):
                solved = rng.random() < solving - cost
                rows.append(
                    {
                        "version": version,
                        "task": task,
                        "solved": solved,
                        "turns": max(2, round(rng.gauss(5 if solved else 8, 1.6))),
                        "wrong": rng.random() < erring + cost / 2,
                        "useful": _step(rng, 3.9 if solved else 2.1),
                        "fun": _step(rng, 3.6),
                    }
                )
    rng.shuffle(rows)
    return rows


def chat_facts(rows: list[Row]) -> dict[str, float]:
    """Solved tasks, wrong answers, usefulness by version, and solved tasks by kind."""
    facts: dict[str, float] = {"tests": len(rows)}
    for version, inside in by(rows, "version").items():
        facts[f"solved_{version}"] = share(sum(row["solved"] for row in inside), len(inside))
        facts[f"wrong_{version}"] = share(sum(row["wrong"] for row in inside), len(inside))
        facts[f"useful_{version}"] = mean(row["useful"] for row in inside)
        facts[f"fun_{version}"] = mean(row["fun"] for row in inside)
    for task, inside in by(rows, "task").items():
        facts[f"solved_{task}"] = share(sum(row["solved"] for row in inside), len(inside))
    return facts


def evenings(rng: random.Random, kinds: dict[str, tuple[int, float, float, float]]) -> list[Row]:
    """Nights by kind of evening. ``kinds``: number of answers, lux, minutes to fall asleep, hours of sleep."""
    rows = []
    for evening, (number, light, minutes, hours) in kinds.items():
        for _ in range(number):
            slept = rng.gauss(hours, 0.6)
            rows.append(
                {
                    "evening": evening,
                    "nights": rng.choice((2, 3, 3, 4, 5)),
                    "illuminance": round(max(1, rng.lognormvariate(math.log(light), 0.4))),
                    "fall_asleep": round(max(3, rng.gauss(minutes, 7))),
                    "sleep": round(slept * 4) / 4,
                    "rested": _step(rng, 3.2 + (slept - 8) * 0.5),
                }
            )
    rng.shuffle(rows)
    return rows


def evening_facts(rows: list[Row]) -> dict[str, float]:
    """Minutes to fall asleep, hours of sleep and how rested, by kind of evening."""
    facts: dict[str, float] = {"answers": len(rows), "nights": sum(row["nights"] for row in rows)}
    for evening, inside in by(rows, "evening").items():
        facts[f"minutes_{evening}"] = mean(row["fall_asleep"] for row in inside)
        facts[f"sleep_{evening}"] = mean(row["sleep"] for row in inside)
        facts[f"rested_{evening}"] = mean(row["rested"] for row in inside)
        facts[f"light_{evening}"] = mean(row["illuminance"] for row in inside)
    return facts
