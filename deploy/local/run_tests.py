"""`./portal test`: every test, on databases, Solr core and ports of its own."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import portal
import setup_site
import software
import supervise
from instance import PROJECT, Instance

TIERS = ("lint", "unit", "portal", "browser", "stack")
_NEED_SERVICES = {"portal", "browser"}
_NONE_COLLECTED = 5  # pytest's exit code
_UNIT = ["-o", "addopts=", "-p", "no:ckan", "-p", "no:ckan_fixtures"]


def run(instance: Instance, words: list[str]) -> int:
    """Run the tiers named in `words` (all without a name); other words go to pytest. Returns 0 when all passed.

    Two lanes run side by side, one for each of two cores: the portal tier, and all others in their order.
    """
    chosen = [tier for tier in TIERS if tier in words] or list(TIERS)
    tests = _Tests(instance, chosen, [word for word in words if word not in TIERS])
    was_running = supervise.pid(instance) is not None
    if _NEED_SERVICES & set(chosen):
        portal.bring_up(instance, development=True)
    else:
        software.ensure_venv(development=True)
    try:
        with ThreadPoolExecutor(1) as beside:
            others = beside.submit(tests.run, [tier for tier in chosen if tier != "portal"])
            tests.run([tier for tier in chosen if tier == "portal"])
        others.result()
    finally:
        if not was_running and supervise.pid(instance) is not None:
            portal.down(instance, [])
    for tier in chosen:
        code, seconds = tests.results[tier]
        print(f"{tier:<8} {'passed' if code == 0 else 'FAILED'}  {seconds:.0f} s")
    return max(code for code, _ in tests.results.values())


class _Tests:
    """One run: what was chosen, and per tier its exit code and seconds."""

    def __init__(self, instance: Instance, chosen: list[str], extra: list[str]):
        self.instance = instance
        self.chosen = chosen
        self.extra = extra
        self.results: dict[str, tuple[int, float]] = {}
        self.beside = len(chosen) > 1 and "portal" in chosen

    def run(self, tiers: list[str]) -> None:
        """One lane. The browser needs the site with the demo, too."""
        for tier in tiers:
            if tier == "browser":
                portal.up(self.instance, [])
            self._run(tier)

    def _run(self, tier: str) -> None:
        started = time.monotonic()
        # The portal tier writes to the screen as it goes; what runs beside it is shown when it is done.
        aside = self.beside and tier != "portal"
        written = subprocess.PIPE if aside else None
        command = [] if tier == "lint" else _command(self.instance, tier, self.extra)
        code, output = _lint() if tier == "lint" else (0, "")
        if command:
            done = subprocess.run(
                command, cwd=PROJECT, env=_environment(self.instance),
                check=False, text=True, stdout=written, stderr=subprocess.STDOUT if aside else None,
            )  # fmt: skip
            code, output = done.returncode, done.stdout or ""
        if output:
            print(f"\n{tier}\n{output}", flush=True)
        # A chosen test may live in one tier only.
        self.results[tier] = (0 if code == _NONE_COLLECTED and self.extra else code, time.monotonic() - started)


def _environment(instance: Instance) -> dict[str, str]:
    return {
        **os.environ,
        "STEAMCITY_SITE": instance.site_url,
        "STEAMCITY_SECRETS": str(instance.path("secrets.json")),
    }


def _command(instance: Instance, tier: str, extra: list[str]) -> list[str]:
    """What runs a tier of pytest; nothing when only tests of other tiers were named."""
    paths = [word for word in extra if word.startswith("tests/")]
    mine = [path for path in paths if path.startswith(f"tests/{tier}")]
    if paths and not mine:
        return []
    words = [*(mine or [f"tests/{tier}"]), *(word for word in extra if word not in paths)]
    command = [software.python(), "-m", "pytest", "-q", "--no-header", *words]
    if tier == "portal":
        setup_site.setup(instance, "_test")
        return [*command, "--ckan-ini", str(instance.path("etc", "test.ini"))]
    return command + _UNIT


def _lint() -> tuple[int, str]:
    """Style, types, changelog fragments, images: an exit code, and what the tools found."""
    tools = software.VENV / "bin"
    checks = [
        [tools / "ruff", "check", "."],
        [tools / "ruff", "format", "--check", "--diff", "--quiet", "."],
        [tools / "pyright", "--pythonpath", software.python()],
        [tools / "towncrier", "build", "--draft", "--version", "next"],
        *([tools / "hadolint", image] for image in sorted((PROJECT / "deploy" / "images").glob("*.Dockerfile"))),
    ]
    found = []
    for check in checks:
        result = subprocess.run([str(word) for word in check], cwd=PROJECT, check=False, capture_output=True, text=True)
        if result.returncode:
            found.append(f"{check[0].name} {check[1]}:\n{result.stdout}{result.stderr}")
    return min(len(found), 1), "\n".join(found)
