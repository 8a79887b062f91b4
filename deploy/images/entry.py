"""Entry of the image: writes the configuration from the environment, then becomes site, worker or set-up.

entry.py site | worker | setup | ckan …
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# place in deploy/local/ckan.ini -> variable of the environment
VALUES = {
    "site_url": "STEAMCITY_SITE_URL",
    "secret": "STEAMCITY_SECRET_KEY",
    "database": "STEAMCITY_DATABASE_URL",
    "datastore_write": "STEAMCITY_DATASTORE_WRITE_URL",
    "datastore_read": "STEAMCITY_DATASTORE_READ_URL",
    "redis": "STEAMCITY_REDIS_URL",
    "solr": "STEAMCITY_SOLR_URL",
}


def write_configuration() -> str:
    """Write ckan.ini and return its path."""
    missing = [name for name in VALUES.values() if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set these variables: {', '.join(missing)}")
    home = Path("/var/lib/steamcity")
    values = {place: os.environ[name] for place, name in VALUES.items()}
    values |= {
        "site_id": "steamcity",
        "storage": str(home / "storage"),
        "webassets": str(home / "webassets"),
        "feeds": os.environ.get("STEAMCITY_ALLOW_HOSTS", ""),
        "demo": os.environ.get("STEAMCITY_DEMO", "false"),
    }
    text = (HERE / "ckan.ini").read_text(encoding="utf-8")
    for place, value in values.items():
        text = text.replace("{{" + place + "}}", value)
    target = Path(os.environ["CKAN_INI"])
    target.touch(mode=0o600)
    target.write_text(text, encoding="utf-8")
    return str(target)


def setup(ini: str) -> None:
    """Migrations, DataStore permissions (with the superuser's address in STEAMCITY_SUPERUSER_URL) and assets."""
    ckan = ["ckan", "-c", ini]
    subprocess.run([*ckan, "db", "upgrade"], check=True)
    superuser = os.environ["STEAMCITY_SUPERUSER_URL"]
    for words in (["datastore", "set-permissions"], ["steamcity-citation", "datastore-sql"]):
        sql = subprocess.run([*ckan, *words], check=True, capture_output=True, text=True).stdout
        subprocess.run(["psql", "-v", "ON_ERROR_STOP=1", "-q", superuser], input=sql, text=True, check=True)
    subprocess.run([*ckan, "asset", "build"], check=True)


def main(words: list[str]) -> None:
    """Become what the first word says."""
    ini = write_configuration()
    command = words[0] if words else "site"
    if command == "setup":
        setup(ini)
        return
    programs = {
        "site": [
            "gunicorn", "--config", str(HERE / "gunicorn.conf.py"), "--chdir", str(HERE),
            "--bind", "0.0.0.0:5000", "--threads", "8", "--timeout", "120",
            "--workers", os.environ.get("STEAMCITY_WORKERS", "2"), "--no-control-socket", "wsgi:application",
        ],
        "worker": ["ckan", "-c", ini, "jobs", "worker"],
        "ckan": ["ckan", "-c", ini, *words[1:]],
    }  # fmt: skip
    if command not in programs:
        sys.exit(f"There is no {command!r}: site, worker, setup or ckan")
    os.execvp(programs[command][0], programs[command])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
