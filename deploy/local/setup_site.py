"""Databases, permissions, accounts and demo of one installation: made once, brought up to date with the code."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import services
import software
import supervise
from instance import PROJECT, Instance
from machine import Trouble

# Accounts of the demo that people try; the others get passwords nobody knows.
DEMO_ACCOUNTS = {
    "demo-teacher-aix-a": "publishes results of Demo school Aix A",
    "demo-coordinator-aix-a": "reviews them",
}
SOURCE = PROJECT / "ckanext-steamcity" / "ckanext" / "steamcity"


def ckan_command(instance: Instance, *words: str, ini: str = "ckan.ini") -> list[str]:
    """A command line of CKAN with one of the installation's configurations."""
    return [str(software.VENV / "bin" / "ckan"), "-c", str(instance.path("etc", ini)), *words]


def run_ckan(instance: Instance, *words: str, ini: str = "ckan.ini", stdin: str | None = None) -> str:
    """Run CKAN's command line and return what it prints; Trouble with its last line when it fails."""
    result = subprocess.run(
        ckan_command(instance, *words, ini=ini), capture_output=True, text=True, check=False, cwd=PROJECT, input=stdin
    )
    if result.returncode:
        log = instance.path("log", "setup.log")
        log.write_text(result.stdout + result.stderr)
        last = ((result.stdout + result.stderr).strip().splitlines() or ["no reason given"])[-1]
        raise Trouble(f"`ckan {' '.join(words)}` failed: {last} (more in {log})")
    return result.stdout


def setup(instance: Instance, suffix: str = "") -> None:
    """Databases, migrations, DataStore permissions, administrator; nothing to do when nothing changed."""
    key, digest = f"setup{suffix}", _digest()
    stale = not suffix and instance.saved.get("index_stale")
    if instance.saved.get(key) == digest and not stale:
        return
    print("Preparing the databases …", flush=True)
    ini = {"": "ckan.ini", "_test": "test.ini", "_vanilla": "vanilla.ini"}[suffix]
    services.create_databases(instance)
    run_ckan(instance, "db", "upgrade", ini=ini)
    services.psql(instance, run_ckan(instance, "datastore", "set-permissions", ini=ini), f"datastore{suffix}")
    if suffix != "_vanilla":
        services.psql(instance, _freeze_sql(), f"datastore{suffix}")
    if not suffix:
        run_ckan(instance, "steamcity", "administrator", "admin", stdin=instance.secret("user_admin"))
        if stale:
            run_ckan(instance, "search-index", "rebuild", "-q")
        run_ckan(instance, "asset", "build")
        supervise.restart(instance, tuple(n for n in supervise.SITE if supervise.states(instance).get(n) == "RUNNING"))
        # Not when the tests' databases are set up: their index is another one.
        instance.save("index_stale", False)
    instance.save(key, digest)


def _freeze_sql() -> str:
    path = SOURCE / "citation" / "datastore.sql"
    return path.read_text(encoding="utf-8") if path.exists() else "select 1;"


def load_demo(instance: Instance) -> None:
    """Load the demo through the public actions; nothing is doubled when it is there."""
    digest = _digest(SOURCE / "demo", PROJECT / "schemas")
    if instance.saved.get("demo") == digest:
        return
    print("Loading the demo …", flush=True)
    passwords = {name: instance.secret("user_" + name) for name in DEMO_ACCOUNTS}
    run_ckan(instance, "steamcity", "demo", "load", "--feeds", str(instance.path("feeds")),
             "--feeds-url", f"http://127.0.0.1:{instance.ports['feeds']}/", stdin=json.dumps(passwords))  # fmt: skip
    instance.save("demo", digest)


def greet(instance: Instance) -> None:
    """Say where the portal is, who can log in and where to look first."""
    saved = instance.saved
    lines = [f"\nSteamCity Open Data is running: {instance.site_url}\n", "  Log in as"]
    for name, role in {**DEMO_ACCOUNTS, "admin": "runs the portal"}.items():
        if f"user_{name}" in saved:
            lines.append(f"    {name:<24} {saved['user_' + name]:<34} {role}")
    lines += [
        "",
        f"  Look first at   {instance.site_url}/dataset/?type=experiment  and  {instance.site_url}/publish",
        "  More            ./portal status · logs · down · test · bench · ckan",
        "",
    ]
    print("\n".join(lines))


def _digest(*folders: Path) -> str:
    """Digest of what a set-up depends on: migrations, configuration, schemas, assets."""
    digest = hashlib.sha256()
    roots = folders or (SOURCE, PROJECT / "harvesters", PROJECT / "schemas", PROJECT / "deploy")
    suffixes = (".py", ".yaml", ".sql", ".ini", ".js", ".css", ".yml", ".xml", ".mo", ".json")
    for root in roots:
        for file in sorted(root.rglob("*")):
            if file.suffix in suffixes and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(PROJECT)).encode() + file.read_bytes())
    return digest.hexdigest()
