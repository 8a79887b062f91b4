"""An installation of its own for the tests that kill and stop its parts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "deploy" / "local"))

from instance import Instance

STACK = Instance("stacktest")
ENVIRONMENT = {**os.environ, "STEAMCITY_INSTANCE": "stacktest", "STEAMCITY_PORT": "5160", "STEAMCITY_WORKERS": "1"}


def portal(*words: str) -> subprocess.CompletedProcess[str]:
    """`./portal` for this installation."""
    return subprocess.run(
        [str(PROJECT / "portal"), *words], capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=300
    )


@pytest.fixture(scope="session", autouse=True)
def stack() -> Instance:
    """The installation, up; `test_supervision.py` comes last and brings it down."""
    STACK.__dict__["port"] = 5160
    result = portal("up", "--no-demo")
    assert result.returncode == 0, result.stdout + result.stderr
    yield STACK
    portal("down")
