"""`./portal test`: every test, on databases, Solr core and ports of its own."""

from __future__ import annotations

import os
import subprocess
import time

import setup_site
import software
import supervise
from instance import PROJECT, Instance

TIERS = ("lint", "unit", "portal", "browser", "stack")
_UNIT = ["-o", "addopts=", "-p", "no:ckan", "-p", "no:ckan_fixtures"]


def run(instance: Instance, words: list[str]) -> int:
    """Run the tiers named in `words` (all without a name); other words go to pytest. Returns 0 when all passed."""
    import portal

    chosen = [tier for tier in TIERS if tier in words] or list(TIERS)
    extra = [word for word in words if word not in TIERS]
    was_running = supervise.pid(instance) is not None
    results: dict[str, tuple[int, float]] = {}
    portal.bring_up(instance, development=True) if {"portal", "browser"} & set(chosen) else _software()
    try:
        if "browser" in chosen:
            portal.up(instance, [])
        for tier in chosen:
            started = time.monotonic()
            results[tier] = (_tier(instance, tier, extra), time.monotonic() - started)
    finally:
        if not was_running and supervise.pid(instance) is not None:
            portal.down(instance, [])
    for tier, (code, seconds) in results.items():
        print(f"{tier:<8} {'passed' if code == 0 else 'FAILED'}  {seconds:.0f} s")
    return max(code for code, _ in results.values())


def _software() -> None:
    software.ensure_venv(development=True)


def _tier(instance: Instance, tier: str, extra: list[str]) -> int:
    if tier == "lint":
        return _lint()
    environment = {
        **os.environ,
        "STEAMCITY_SITE": instance.site_url,
        "STEAMCITY_SECRETS": str(instance.path("secrets.json")),
    }
    paths = [word for word in extra if word.startswith("tests/")]
    mine = [path for path in paths if path.startswith(f"tests/{tier}")]
    if paths and not mine:
        return 0
    words = [*(mine or [f"tests/{tier}"]), *(word for word in extra if word not in paths)]
    command = [software.python(), "-m", "pytest", "-q", "--no-header", *words]
    if tier == "portal":
        setup_site.setup(instance, "_test")
        command += ["--ckan-ini", str(instance.path("etc", "test.ini"))]
    else:
        command += _UNIT
    code = subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode
    # A chosen test may live in one tier only.
    return 0 if code == 5 and extra else code


def _lint() -> int:
    """Style, types, changelog fragments, images; each tool says itself what it found."""
    tools = software.VENV / "bin"
    checks = [
        [tools / "ruff", "check", "."],
        [tools / "ruff", "format", "--check", "--diff", "--quiet", "."],
        [tools / "pyright", "--pythonpath", software.python()],
        [tools / "towncrier", "build", "--draft", "--version", "next"],
        *([tools / "hadolint", image] for image in sorted((PROJECT / "deploy" / "images").glob("*.Dockerfile"))),
    ]
    failed = 0
    for check in checks:
        result = subprocess.run([str(word) for word in check], cwd=PROJECT, check=False, capture_output=True, text=True)
        if result.returncode:
            failed += 1
            print(f"{check[0].name} {check[1]}:\n{result.stdout}{result.stderr}")
    return min(failed, 1)
