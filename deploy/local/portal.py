"""The command `./portal`: up, down, status, logs, test, bench, ckan.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import machine
import services
import setup_site
import software
import supervise
from instance import LOCAL, PROJECT, Instance
from machine import Trouble

HELP = """SteamCity Open Data

  ./portal up            install what is missing, start everything, load the demo     [--no-demo]
  ./portal status        what runs and what does not; exit code 0 when all is well
  ./portal down          stop everything
  ./portal logs [NAME]   what web, worker, postgres, redis, solr, feeds wrote         [-f]
  ./portal ckan …        CKAN's own command line, with this configuration
  ./portal test [TIER …] every test, or: lint unit portal browser stack; further words go to pytest
  ./portal bench [SUITE] measure: search check ingest feed push  [--json FILE]
                         [--datasets N] [--rows N] [--observations N] [--stations N]
                         [--devices N]

STEAMCITY_PORT chooses the site's port (5000); the services use the nine after it.
STEAMCITY_INSTANCE names another installation beside the first, with data of its own.
"""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    name = os.environ.get("STEAMCITY_INSTANCE", "portal")
    if arguments[:1] == ["--instance"]:
        name, arguments = arguments[1], arguments[2:]
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    commands = {
        "up": up, "down": down, "status": status, "logs": logs, "ckan": ckan, "test": test, "bench": bench,
        "_watch": _watch, "_after": _after,
    }  # fmt: skip
    if command in ("help", "-h", "--help"):
        print(HELP)
        return 0
    if command not in commands:
        print(f"There is no command {command!r}.\n\n{HELP}", file=sys.stderr)
        return 2
    try:
        return commands[command](Instance(name), rest)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return trouble.code
    except KeyboardInterrupt:
        return 130


def up(instance: Instance, rest: list[str]) -> int:
    """Bring the whole portal up; harmless when it is up already."""
    demo = "--no-demo" not in rest
    LOCAL.mkdir(exist_ok=True)
    # Pages say that this is a demonstration as long as the demo is in it.
    instance.save("without_demo", not demo and not instance.saved.get("demo"))
    bring_up(instance)
    setup_site.setup(instance)
    _start_site(instance)
    if demo:
        setup_site.load_demo(instance)
    setup_site.greet(instance)
    return 0


def bring_up(instance: Instance, *, development: bool = False) -> None:
    """Install what is missing and start PostgreSQL, Redis and Solr."""
    LOCAL.mkdir(exist_ok=True)
    if not (software.VENV / "bin" / "ckan").exists():
        machine.check_room(LOCAL)
    machine.install_packages(machine.missing_packages(browser=development))
    software.ensure_venv(development=development)
    software.ensure_solr()
    running = supervise.pid(instance) is not None
    if not running:
        for name, port in instance.ports.items():
            machine.check_port(port, "the site" if name == "site" else name)
    instance.save("port", instance.port)
    instance.write_configuration()
    supervise.write_configuration(instance)
    services.prepare_postgres(instance)
    services.prepare_redis(instance)
    changed = services.prepare_solr(instance)
    if not running:
        supervise.launch(instance)
    supervise.start(instance, supervise.BASE)
    if changed and running:
        supervise.restart(instance, ("solr",))
    supervise.wait_for_services(instance)
    if changed:
        instance.save("index_stale", True)
    _when_ready(instance)


def _when_ready(instance: Instance) -> None:
    """PostgreSQL accepts connections a little before it answers them."""
    until = time.monotonic() + 30
    while True:
        try:
            services.psql(instance, "select 1")
        except Trouble:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
        else:
            return


def _start_site(instance: Instance) -> None:
    instance.path("run", "site-on").touch()
    supervise.start(instance, supervise.SITE)
    until = time.monotonic() + 180
    while not site_answers(instance):
        if time.monotonic() > until:
            raise Trouble(f"The site does not answer; see {instance.path('log', 'web.log')}")
        time.sleep(0.5)


def site_answers(instance: Instance) -> bool:
    """Whether the site really answers: the API reaches PostgreSQL and Solr."""
    url = f"http://127.0.0.1:{instance.port}/api/3/action/package_search?rows=0"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def down(instance: Instance, rest: list[str]) -> int:
    """Stop everything of this installation."""
    instance.path("run", "site-on").unlink(missing_ok=True)
    print("Stopped." if supervise.shut_down(instance) else "Nothing was running.")
    return 0


def status(instance: Instance, rest: list[str]) -> int:
    """Say what runs; 0 only when all parts do and the site answers."""
    states = supervise.states(instance)
    if not states:
        print("The portal is not running. Start it with ./portal up")
        return 1
    well = True
    for name in (*supervise.BASE, *supervise.SITE, "watcher"):
        state = states.get(name, "MISSING")
        listens = name not in supervise.BASE or machine.answers(instance.ports[name])
        healthy = state == "RUNNING" and listens
        well = well and healthy
        print(f"  {name:<10} {'running' if healthy else state.lower() if listens else 'does not answer'}")
    answers = site_answers(instance)
    print(f"  {'site':<10} {'answers at ' + instance.site_url if answers else 'does not answer'}")
    print("Healthy." if well and answers else "Not healthy: see ./portal logs")
    return 0 if well and answers else 1


def logs(instance: Instance, rest: list[str]) -> int:
    """Show the ends of the logs."""
    names = [word for word in rest if not word.startswith("-")] or [*supervise.BASE, *supervise.SITE]
    files = [str(instance.path("log", name + ".log")) for name in names]
    missing = [name for name, file in zip(names, files, strict=True) if not os.path.exists(file)]
    if missing:
        raise Trouble(f"There is no log of {', '.join(missing)}.")
    return subprocess.run(["tail", "-n", "60", *(["-f"] if "-f" in rest else []), *files], check=False).returncode


def ckan(instance: Instance, rest: list[str]) -> int:
    """CKAN's command line with this installation's configuration."""
    if not instance.path("etc", "ckan.ini").exists():
        raise Trouble("There is no installation yet. Make it with ./portal up")
    return subprocess.run(setup_site.ckan_command(instance, *rest), check=False, cwd=PROJECT).returncode


def test(instance: Instance, rest: list[str]) -> int:
    """Run the tests on an installation of their own."""
    import run_tests

    own = instance if instance.name != "portal" else Instance("test")
    return run_tests.run(own, rest)


def bench(instance: Instance, rest: list[str]) -> int:
    """Compare with plain CKAN on the same services."""
    import run_bench

    own = instance if instance.name != "portal" else Instance("bench")
    return run_bench.run(own, rest)


def _watch(instance: Instance, rest: list[str]) -> int:
    supervise.watch(instance)
    return 0


def _after(instance: Instance, rest: list[str]) -> int:
    supervise.wait_for_services(instance, seconds=300)
    command = rest[1:] if rest[:1] == ["--"] else rest
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
