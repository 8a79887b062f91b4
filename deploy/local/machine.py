"""What the machine must have before anything starts: Debian packages, room, free ports."""

from __future__ import annotations

import contextlib
import ctypes.util
import importlib.util
import os
import shutil
import socket
import subprocess
import sysconfig
from pathlib import Path


class Trouble(Exception):  # noqa: N818  # a sentence for a person, not an error of the program
    """Something a person has to know or do; the text is one clear sentence. `code` is the exit code."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


POSTGRES = Path("/usr/lib/postgresql/15/bin")
_NEEDED_BYTES = 3 * 1024**3


def missing_packages(*, browser: bool = False) -> list[str]:
    """Debian packages that have to be installed, in a stable order."""
    found = {
        "postgresql-15": (POSTGRES / "initdb").exists(),
        "postgresql-15-postgis-3": Path("/usr/share/postgresql/15/extension/postgis.control").exists(),
        "redis-server": shutil.which("redis-server") is not None,
        "openjdk-17-jdk-headless": shutil.which("javac") is not None,
        "maven": shutil.which("mvn") is not None,
        "python3-venv": importlib.util.find_spec("ensurepip") is not None,
        # psycopg2, which CKAN pins, is built from source.
        "libpq-dev": shutil.which("pg_config") is not None and Path("/usr/include/postgresql/libpq-fe.h").exists(),
        "build-essential": shutil.which("gcc") is not None,
        "python3-dev": (Path(sysconfig.get_paths()["include"]) / "Python.h").exists(),
        "libmagic1": ctypes.util.find_library("magic") is not None,
    }
    if browser:
        found["chromium"] = chromium() is not None
    return [package for package, there in found.items() if not there]


def chromium() -> str | None:
    """The system's Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def install_packages(packages: list[str]) -> None:
    """Install Debian packages, or raise Trouble that names the command to run."""
    if not packages:
        return
    command = "apt-get install " + " ".join(packages)
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    may = shutil.which("apt-get") and (not sudo or (shutil.which("sudo") and _quiet([*sudo, "true"])))
    if not may:
        raise Trouble(f"These Debian packages are missing; ask an administrator to run: {command}", 3)
    print(f"Installing {', '.join(packages)} …", flush=True)
    with _no_services(sudo):
        environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
        _quiet([*sudo, *environment, "apt-get", "update", "-qq"])
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        result = subprocess.run([*sudo, *environment, *install], capture_output=True, text=True, check=False)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Trouble(f"apt could not install {', '.join(packages)}: {reason}", 3)


def check_room(folder: Path) -> None:
    """Raise Trouble when the disk below `folder` has too little room for an installation."""
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise Trouble(f"There is too little room: {free / 1024**3:.1f} GB are free below {folder}, 3 GB are needed.", 4)


def check_port(port: int, what: str) -> None:
    """Raise Trouble when somebody else listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Trouble(
                f"Port {port}, which {what} needs, is in use by another program; "
                "free it or choose other ports with STEAMCITY_PORT=… (the portal uses that one and the nine after it).",
                5,
            ) from error


def answers(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _quiet(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def _no_services(sudo: list[str]):
    """Keep Debian from starting the machine-wide PostgreSQL and Redis that come with the packages.

    Nothing that was there before is changed, and both files are removed afterwards.
    """
    policy = Path("/usr/sbin/policy-rc.d")
    cluster = Path("/etc/postgresql-common/createcluster.d/steamcity.conf")
    files = {cluster: "create_main_cluster = false\n"}
    if not policy.exists():
        files[policy] = "#!/bin/sh\nexit 101\n"
    for path, text in files.items():
        _quiet([*sudo, "mkdir", "-p", str(path.parent)])
        subprocess.run([*sudo, "tee", str(path)], input=text, text=True, capture_output=True, check=False)
        _quiet([*sudo, "chmod", "755", str(path)])
    try:
        yield
    finally:
        for path in files:
            _quiet([*sudo, "rm", "-f", str(path)])
