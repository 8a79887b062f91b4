"""One installation of the portal on this machine: its folders, ports, passwords and generated configuration."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCAL = PROJECT / ".local"
_PORT = 5000
# Tests and benchmarks run beside the portal, whatever port somebody chose for that.
_OFFSETS = {"test": 100, "bench": 120}


@dataclass(frozen=True)
class Instance:
    """`portal` is the one people use; `test` has everything of its own and can run beside it."""

    name: str = "portal"

    @cached_property
    def home(self) -> Path:
        return LOCAL / self.name

    @cached_property
    def port(self) -> int:
        """Port of the site; the services use the ports after it."""
        chosen = int(os.environ.get("STEAMCITY_PORT") or 0)
        if chosen and os.environ.get("STEAMCITY_INSTANCE", "portal") == self.name:
            return chosen
        offset = _OFFSETS.get(self.name, 0)
        return chosen + offset if chosen else int(self.saved.get("port") or _PORT + offset)

    @property
    def ports(self) -> dict[str, int]:
        names = ("site", "postgres", "redis", "solr", "supervisor", "feeds")
        return {name: self.port + offset for offset, name in enumerate(names)}

    @property
    def site_url(self) -> str:
        return os.environ.get("STEAMCITY_SITE_URL") or f"http://127.0.0.1:{self.port}"

    @cached_property
    def _secrets_file(self) -> Path:
        return self.home / "secrets.json"

    @cached_property
    def saved(self) -> dict:
        """What was made once for this installation (passwords, keys, the port)."""
        try:
            return json.loads(self._secrets_file.read_text())
        except FileNotFoundError:
            return {}

    def secret(self, name: str) -> str:
        """A password or key of this installation, made at the first call."""
        if name not in self.saved:
            self.save(name, secrets.token_urlsafe(24))
        return self.saved[name]

    def save(self, name: str, value: object) -> None:
        """Keep a value for this installation, readable by its owner only."""
        self.saved[name] = value
        self.home.mkdir(parents=True, exist_ok=True)
        temporary = self._secrets_file.with_suffix(".new")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(self.saved, indent=1))
        temporary.replace(self._secrets_file)

    def path(self, *parts: str) -> Path:
        return self.home.joinpath(*parts)

    def database_url(self, user: str, database: str) -> str:
        return f"postgresql://{user}:{self.secret('postgres_' + user)}@127.0.0.1:{self.ports['postgres']}/{database}"

    def write_configuration(self) -> None:
        """Write every generated file; the same content when nothing changed."""
        for folder in ("etc", "log", "run", "storage", "storage_test", "webassets", "webassets_test", "feeds"):
            self.path(folder).mkdir(parents=True, exist_ok=True)
        _write(self.path("etc", "ckan.ini"), self._ckan_ini())
        _write(self.path("etc", "test.ini"), self._ckan_ini(suffix="_test"))
        _write(self.path("etc", "vanilla.ini"), self._ckan_ini(suffix="_vanilla"))
        _write(self.path("etc", "redis.conf"), self._redis_conf())

    def _redis_conf(self) -> str:
        return (
            f"bind 127.0.0.1\nport {self.ports['redis']}\ndir {self.path('redis')}\nappendonly yes\n"
            f"requirepass {self.secret('redis')}\ndatabases 16\nloglevel warning\n"
        )

    def _ckan_ini(self, suffix: str = "") -> str:
        template = (Path(__file__).parent / "ckan.ini").read_text(encoding="utf-8")
        redis_database = {"": 0, "_test": 1, "_vanilla": 2}[suffix]
        values = {
            "site_url": self.site_url if suffix != "_test" else "http://127.0.0.1:5099",
            "site_id": self.name + suffix,
            "secret": self.secret("secret_key"),
            "database": self.database_url("ckan", "ckan" + suffix),
            "datastore_write": self.database_url("datastore_write", "datastore" + suffix),
            "datastore_read": self.database_url("datastore_read", "datastore" + suffix),
            "redis": f"redis://:{self.secret('redis')}@127.0.0.1:{self.ports['redis']}/{redis_database}",
            "solr": f"http://127.0.0.1:{self.ports['solr']}/solr/ckan{suffix}",
            "storage": self.path("storage" + suffix),
            "webassets": self.path("webassets" + suffix),
            "feeds": f"127.0.0.1:{self.ports['feeds']}",
            "demo": str(not suffix and not self.saved.get("without_demo")).lower(),
        }
        text = template
        for name, value in values.items():
            text = text.replace("{{" + name + "}}", str(value))
        if suffix == "_test":
            # CKAN's fixtures copy the configuration, and a connection to Redis cannot be copied.
            text = text.replace("SESSION_TYPE = redis", "SESSION_TYPE = cookie")
        if suffix == "_vanilla":
            plain = (
                "scheming.dataset_schemas = ckanext.scheming:ckan_dataset.yaml\n"
                "scheming.presets = ckanext.scheming:presets.json"
            )
            lines = [line for line in text.splitlines() if not _is_ours(line)]
            text = "\n".join(_without_ours(line) for line in lines).replace(
                "ckan.plugins =", plain + "\nckan.plugins ="
            )
        return text


def _is_ours(line: str) -> bool:
    return line.startswith(("steamcity.", "scheming.", "ckan.theme", "ckan.auth.route_after_login"))


def _without_ours(line: str) -> str:
    """The list of plugins without ours; any other line as it is."""
    if not line.startswith("ckan.plugins ="):
        return line
    return " ".join(word for word in line.split(" ") if not word.startswith("steamcity"))


def _write(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
