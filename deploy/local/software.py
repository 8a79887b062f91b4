"""Software the portal fetches for itself: the virtual environment from pinned versions, and Solr's jars."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from instance import LOCAL, PROJECT
from machine import Trouble

VENV = LOCAL / "venv"
SOLR = LOCAL / "solr"
_OFFLINE = (
    "No network: {what} could not be reached. Connect this machine to the internet and run the same command again."
)


def python() -> str:
    """The Python of the virtual environment."""
    return str(VENV / "bin" / "python")


def ensure_venv(*, development: bool = False) -> None:
    """Make the virtual environment and install exactly the pinned versions; nothing when they have not changed."""
    wanted = [PROJECT / "requirements.txt", PROJECT / "pyproject.toml", PROJECT / "setup.py"]
    to_run = _digest(wanted)
    if development:
        wanted.append(PROJECT / "requirements-dev.txt")
    stamp, digest = VENV / f"stamp-{'dev' if development else 'run'}", _digest(wanted)
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Installing Python packages …", flush=True)
    if not (VENV / "bin" / "python").exists():
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(VENV)], "a virtual environment could not be made")
    pip = [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for file in (path for path in wanted if path.suffix == ".txt"):
        _run([*pip, "-r", str(file)], "the Python package index")
    _run([*pip, "--no-deps", "--no-build-isolation", "-e", str(PROJECT)], "this project could not be installed")
    stamp.write_text(digest)
    # What is needed to test holds what is needed to run.
    (VENV / "stamp-run").write_text(to_run)


def ensure_solr() -> None:
    """Fetch Solr's jars by Maven; nothing to do when they are there."""
    stamp, digest = SOLR / "stamp", _digest([PROJECT / "deploy" / "solr" / "pom.xml"])
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Fetching Solr …", flush=True)
    SOLR.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(SOLR / "lib", ignore_errors=True)
    pom = str(PROJECT / "deploy" / "solr" / "pom.xml")
    goal = ["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={SOLR / 'lib'}"]
    _run(goal, "Maven's central repository")
    stamp.write_text(digest)


def _run(command: list[str], what: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    if result.returncode == 0:
        return
    output = result.stdout + result.stderr
    signs = ("NewConnectionError", "Name or service not known", "Temporary failure in name resolution",
             "UnknownHostException", "Could not transfer", "Network is unreachable", "Connection refused")  # fmt: skip
    if any(sign in output for sign in signs):
        raise Trouble(_OFFLINE.format(what=what), 6)
    if "No space left on device" in output:
        raise Trouble("The disk is full: make room and run the same command again.", 4)
    lines = [line for line in output.strip().splitlines() if line.strip()]
    raise Trouble(f"{what[0].upper() + what[1:]}: {lines[-1] if lines else 'no reason given'}")


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
