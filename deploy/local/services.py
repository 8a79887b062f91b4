"""PostgreSQL, Redis and Solr of one installation: made once, then only started."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import software
from instance import PROJECT, Instance
from machine import POSTGRES, Trouble

DATABASES = ("", "_test", "_vanilla")


def postgres_prefix(instance: Instance) -> list[str]:
    """Words before a PostgreSQL server command. PostgreSQL refuses to run as root, so root lends it another user."""
    if os.geteuid() != 0:
        return []
    with contextlib.suppress(KeyError):
        pwd.getpwnam("postgres")
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        reachable = subprocess.run([*prefix, "test", "-x", str(instance.home)], capture_output=True, check=False)
        if reachable.returncode == 0:
            return prefix
    # The folder lies below one that only root may enter (such as /root): a user namespace in which we are not root.
    prefix = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
        return prefix
    raise Trouble(
        f"PostgreSQL does not run as root and no other user can reach {instance.home}: "
        "move the project to a folder everybody may enter, or start it as an ordinary user."
    )


def prepare_postgres(instance: Instance) -> None:
    """Make the private cluster; nothing to do when it is there."""
    data = instance.path("postgres")
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True, mode=0o700)
        prefix = postgres_prefix(instance)
        password = instance.path("run", "postgres-password")
        password.touch(mode=0o600)
        password.write_text(instance.secret("postgres_steamcity"))
        if prefix[:1] == ["setpriv"]:
            for path in (data, password):
                shutil.chown(path, "postgres", "postgres")
        command = [str(POSTGRES / "initdb"), "-D", str(data), "-U", "steamcity", "--auth=scram-sha-256",
                   f"--pwfile={password}", "--encoding=UTF8", "--locale=C.UTF-8"]  # fmt: skip
        result = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
        password.unlink()
        if result.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise Trouble("PostgreSQL's cluster could not be made: " + result.stderr.strip().splitlines()[-1])


def postgres_command(instance: Instance) -> list[str]:
    """The server in the foreground, on loopback only, without a socket file (its path could be too long)."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": instance.ports["postgres"],
        "unix_socket_directories": "",
        "shared_buffers": "256MB",
        "max_connections": 120,
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_min_messages": "warning",
        "log_min_error_statement": "fatal",
    }
    if instance.name != "portal":
        # Tests and benchmarks make and throw away thousands of tables; what they write need not survive a power cut.
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [*postgres_prefix(instance), str(POSTGRES / "postgres"), "-D", str(instance.path("postgres")), *options]


def psql(instance: Instance, sql: str, database: str = "postgres") -> str:
    """Run SQL as the cluster's superuser and return what it prints."""
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
               "-p", str(instance.ports["postgres"]), "-U", "steamcity", "-d", database]  # fmt: skip
    environment = {**os.environ, "PGPASSWORD": instance.secret("postgres_steamcity")}
    result = subprocess.run(command, input=sql, capture_output=True, text=True, check=False, env=environment)
    if result.returncode:
        raise Trouble("PostgreSQL refused: " + (result.stderr.strip().splitlines() or ["no reason"])[-1])
    return result.stdout.strip()


def create_databases(instance: Instance) -> None:
    """Roles and databases of site, tests and benchmark. CKAN's write role owns neither DataStore nor schema."""
    roles = {"ckan": True, "datastore_write": True, "datastore_read": True, "datastore_owner": False}
    existing = psql(instance, "select rolname from pg_roles").split()
    for role, may_log_in in roles.items():
        if role not in existing:
            password = f"login password '{instance.secret('postgres_' + role)}'" if may_log_in else "nologin"
            psql(instance, f"create role {role} nosuperuser nocreatedb nocreaterole {password}")
    existing = psql(instance, "select datname from pg_database").split()
    for suffix in DATABASES:
        if f"ckan{suffix}" not in existing:
            psql(instance, f"create database ckan{suffix} owner ckan")
        psql(
            instance,
            "create extension if not exists postgis; alter table spatial_ref_sys owner to ckan",
            f"ckan{suffix}",
        )
        if f"datastore{suffix}" not in existing:
            psql(instance, f"create database datastore{suffix} owner datastore_owner")


def prepare_redis(instance: Instance) -> None:
    """The folder of the append-only file."""
    instance.path("redis").mkdir(exist_ok=True)


def redis_command(instance: Instance) -> list[str]:
    return ["redis-server", str(instance.path("etc", "redis.conf"))]


def prepare_solr(instance: Instance) -> bool:
    """Write the cores. True when the schema changed, so that the index has to be rebuilt."""
    home = instance.path("solr")
    home.mkdir(exist_ok=True)
    (home / "solr.xml").write_text("<solr/>")
    changed = False
    for suffix in DATABASES:
        core = home / f"ckan{suffix}"
        before = _digest(core / "conf")
        subprocess.run(
            [software.python(), str(PROJECT / "deploy" / "solr" / "configset.py"), str(core / "conf")], check=True
        )
        (core / "core.properties").write_text(f"name=ckan{suffix}\n")
        if before and before != _digest(core / "conf"):
            shutil.rmtree(core / "data", ignore_errors=True)
            changed = True
    return changed


def solr_command(instance: Instance) -> list[str]:
    log = instance.path("log", "solr")
    log.mkdir(parents=True, exist_ok=True)
    return [
        "java", "-Xms256m", "-Xmx768m", f"-Dsolr.log.dir={log}", "-Djava.awt.headless=true",
        "-cp", f"{software.SOLR / 'lib'}/*", str(PROJECT / "deploy" / "solr" / "SteamcitySolr.java"),
        str(instance.path("solr")), str(instance.ports["solr"]),
    ]  # fmt: skip


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest() if files else ""


def feeds_command(instance: Instance) -> list[str]:
    """Static server of the demo's sensor files."""
    folder = str(instance.path("feeds"))
    return [
        sys.executable,
        "-m",
        "http.server",
        str(instance.ports["feeds"]),
        "--bind",
        "127.0.0.1",
        "--directory",
        folder,
    ]
