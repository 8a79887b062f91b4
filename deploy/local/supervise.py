"""Keep the processes of one installation running, with supervisord (https://supervisord.org).

Every program asks the kernel for a signal when supervisord dies, so nothing is left half-owned; a small watcher notices
the death of supervisord and starts it again, and supervisord starts the watcher again when that one is killed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

import services
import software
from instance import PROJECT, Instance
from machine import Trouble, answers

PORTAL = str(Path(__file__).parent / "portal.py")
BASE = ("postgres", "redis", "solr")
SITE = ("web", "worker", "feeds")
_ALREADY_STARTED = 60


def write_configuration(instance: Instance) -> None:
    """Write supervisord.conf."""
    memory = Path("/dev/shm")  # noqa: S108  # gunicorn's heartbeat; its files are opened exclusively and unlinked
    gunicorn = [
        str(software.VENV / "bin" / "gunicorn"), "--config", str(PROJECT / "deploy" / "gunicorn.conf.py"),
        "--chdir", str(PROJECT / "deploy"), "--bind", f"127.0.0.1:{instance.port}",
        "--workers", os.environ.get("STEAMCITY_WORKERS", "2"),
        "--threads", "8", "--timeout", "120", "--graceful-timeout", "5", "--no-control-socket",
        "--worker-tmp-dir", str(memory if memory.is_dir() else instance.path("run")), "wsgi:application",
    ]  # fmt: skip
    ckan = [str(software.VENV / "bin" / "ckan"), "-c", str(instance.path("etc", "ckan.ini"))]
    programs = {
        "postgres": (services.postgres_command(instance), "INT", 10),
        "redis": (services.redis_command(instance), "TERM", 10),
        "solr": (services.solr_command(instance), "TERM", 10),
        "feeds": (services.feeds_command(instance), "TERM", 20),
        "web": (_after(instance, gunicorn), "TERM", 30),
        "worker": (_after(instance, [*ckan, "jobs", "worker"]), "TERM", 30),
        "watcher": ([sys.executable, PORTAL, "--instance", instance.name, "_watch"], "", 1),
    }
    rpc = f"127.0.0.1:{instance.ports['supervisor']}"
    password = instance.secret("supervisor")
    text = (
        f"[supervisord]\nlogfile={instance.path('log', 'supervisord.log')}\npidfile={_pidfile(instance)}\n"
        f"loglevel=warn\nchildlogdir={instance.path('log')}\nminfds=1024\nlogfile_maxbytes=1MB\nlogfile_backups=1\n\n"
        f"[inet_http_server]\nport={rpc}\nusername=steamcity\npassword={password}\n\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\n"
    )
    for name, (command, death_signal, priority) in programs.items():
        text += _program(instance, name, command, death_signal, priority)
    target = instance.path("etc", "supervisord.conf")
    target.touch(mode=0o600)
    target.write_text(text)


def _program(instance: Instance, name: str, command: list[str], death_signal: str, priority: int) -> str:
    if death_signal:
        # Credentials first, signal last: the kernel forgets the signal when credentials change.
        at = len(command) - len(_without_prefix(command))
        command = [*command[:at], "setpriv", "--pdeathsig", death_signal, "--", *command[at:]]
    line = shlex.join(command).replace("%", "%%")
    ini = str(instance.path("etc", "ckan.ini"))
    environment = (
        f'CKAN_INI="{ini}",PYTHONUNBUFFERED="1",STEAMCITY_INSTANCE="{instance.name}",STEAMCITY_PORT="{instance.port}"'
    )
    stop = "INT" if name == "postgres" else "TERM"
    wait = 15 if name in ("postgres", "solr") else 8
    return (
        f"[program:{name}]\ncommand={line}\ndirectory={PROJECT}\npriority={priority}\n"
        f"autostart={str(name in (*BASE, 'watcher')).lower()}\nautorestart=true\nstartsecs=2\nstartretries=60\n"
        f"stopsignal={stop}\nstopwaitsecs={wait}\nstopasgroup={str(name in ('web', 'worker')).lower()}\n"
        f"killasgroup={str(name != 'watcher').lower()}\nenvironment={environment}\nredirect_stderr=true\n"
        f"stdout_logfile={instance.path('log', name + '.log')}\nstdout_logfile_maxbytes=5MB\n"
        "stdout_logfile_backups=2\n\n"
    )


def _without_prefix(command: list[str]) -> list[str]:
    for at, word in enumerate(command):
        if word.startswith("/") or word in ("redis-server", "java"):
            return command[at:]
    return command


def _after(instance: Instance, command: list[str]) -> list[str]:
    """The command, begun once the services it needs accept connections."""
    return [sys.executable, PORTAL, "--instance", instance.name, "_after", "--", *command]


def wait_for_services(instance: Instance, seconds: float = 60) -> None:
    """Return when PostgreSQL, Redis and Solr accept connections; Trouble when they do not in time."""
    until = time.monotonic() + seconds
    for name in BASE:
        while not answers(instance.ports[name]):
            if time.monotonic() > until:
                raise Trouble(f"{name} does not answer; its log is {instance.path('log', name + '.log')}")
            time.sleep(0.1)


def _pidfile(instance: Instance) -> Path:
    return instance.path("run", "supervisord.pid")


def pid(instance: Instance) -> int | None:
    """Process id of this installation's supervisord, None when it is not running (a stale pid file does not count)."""
    try:
        number = int(_pidfile(instance).read_text())
        command = Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    return number if str(instance.path("etc", "supervisord.conf")) in command else None


def launch(instance: Instance) -> None:
    """Start supervisord in the background and wait until it can be asked."""
    command = [str(software.VENV / "bin" / "supervisord"), "-c", str(instance.path("etc", "supervisord.conf"))]
    result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode:
        raise Trouble(
            "The process supervisor did not start: " + (result.stdout + result.stderr).strip().splitlines()[-1]
        )
    until = time.monotonic() + 20
    while not answers(instance.ports["supervisor"]):
        if time.monotonic() > until:
            raise Trouble("The process supervisor does not answer.")
        time.sleep(0.1)


def rpc(instance: Instance) -> Any:
    """supervisord's own interface."""
    password = instance.secret("supervisor")
    return xmlrpc.client.ServerProxy(
        f"http://steamcity:{password}@127.0.0.1:{instance.ports['supervisor']}/RPC2"
    ).supervisor


def states(instance: Instance) -> dict[str, str]:
    """State of each program, empty when nothing runs."""
    if pid(instance) is None:
        return {}
    try:
        found: Any = rpc(instance).getAllProcessInfo()
        return {one["name"]: one["statename"] for one in found}
    except (OSError, xmlrpc.client.Error):
        return {}


def start(instance: Instance, names: tuple[str, ...]) -> None:
    """Start these programs; those that run are left alone."""
    running = states(instance)
    for name in names:
        if running.get(name) not in ("RUNNING", "STARTING"):
            try:
                rpc(instance).startProcess(name, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != _ALREADY_STARTED:
                    raise


def restart(instance: Instance, names: tuple[str, ...]) -> None:
    """Stop and start these programs."""
    running = states(instance)
    for name in names:
        if running.get(name) in ("RUNNING", "STARTING", "BACKOFF"):
            rpc(instance).stopProcess(name)
    start(instance, names)


def shut_down(instance: Instance) -> bool:
    """Stop everything; False when nothing ran."""
    number = pid(instance)
    if number is None:
        return False
    try:
        rpc(instance).shutdown()
    except (OSError, xmlrpc.client.Error):
        os.kill(number, 15)
    until = time.monotonic() + 40
    while Path(f"/proc/{number}").exists():
        if time.monotonic() > until:
            os.kill(number, 9)
            break
        time.sleep(0.1)
    _pidfile(instance).unlink(missing_ok=True)
    return True


def watch(instance: Instance) -> None:
    """Run as supervisord's child: when it dies without stopping us, start a new one (with its own watcher) and end."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    # The orphans get their signal from the kernel; give them a moment to leave their ports.
    time.sleep(3)
    was_on = instance.path("run", "site-on").exists()
    launch(instance)
    if was_on:
        start(instance, SITE)
