"""Load one file into the DataStore for the benchmark: `python load.py INI ours|copy|typed FILE POSTMASTER_PID_FILE`.

Prints JSON: seconds until the first rows can be seen, seconds in all, CPU seconds of this process and of PostgreSQL,
and the peak memory of this process.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import inside


def ours(path: Path) -> dict[str, Any]:
    """What a draft's file goes through until its table is published."""
    from ckanext.steamcity import blobs, protocols
    from ckanext.steamcity.citation import table

    protocol = protocols.load("co2-indoor")
    hints = {"timezone": "UTC"}
    begun = time.perf_counter()
    with path.open("rb") as file:
        start = protocols.check_file(file, protocol, hints=hints, first_rows=1000)
        assert start.clean is not None
        assert start.clean.to_dict(20)["preview"]
    first = time.perf_counter() - begun
    with path.open("rb") as file:
        report = protocols.check_file(file, protocol, hints=hints)
    assert report.ok, report.to_dict()
    assert report.clean is not None
    sha256, _size = blobs.put(report.clean.to_csv())
    name = str(uuid.uuid4())
    table.freeze(name, sha256, report.clean.table_schema())
    return {"first": first, "rows": report.rows, "made": lambda: table.remove(name)}


def xloader(path: Path, typed: bool) -> dict[str, Any]:
    """What ckanext-xloader's job does with a file it has downloaded."""
    import ckan.plugins.toolkit as tk
    import ckanext

    # It lies beside the virtual environment, whose `ckanext` does not look there.
    ckanext.__path__ = [*ckanext.__path__, str(Path(os.environ["PYTHONPATH"], "ckanext"))]
    from ckanext.xloader import loader

    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    context = {"ignore_auth": True, "user": user}
    name = f"load-{uuid.uuid4().hex[:8]}"
    owner = tk.get_action("organization_create")(dict(context), {"name": name})
    package = tk.get_action("package_create")(dict(context), {"name": name, "owner_org": owner["id"]})
    made = tk.get_action("resource_create")(
        dict(context), {"package_id": package["id"], "url": "http://127.0.0.1/series.csv", "format": "CSV"}
    )
    log = logging.getLogger("load")
    begun = time.perf_counter()
    if typed:
        loader.load_table(str(path), resource_id=made["id"], mimetype="CSV", logger=log)
        fields = None
    else:
        fields = loader.load_csv(str(path), resource_id=made["id"], mimetype="CSV", logger=log)
    loader.calculate_record_count(resource_id=made["id"], logger=log)
    # Here the job sets `datastore_active`: only now a preview shows rows.
    first = time.perf_counter() - begun
    if fields:
        loader.create_column_indexes(fields=fields, resource_id=made["id"], logger=log)
    found = tk.get_action("datastore_search")(dict(context), {"resource_id": made["id"], "limit": 1})

    def remove() -> None:
        tk.get_action("datastore_delete")(dict(context), {"resource_id": made["id"], "force": True})

    return {"first": first, "begun": begun, "rows": found["total"], "made": remove}


def database_cpu(pid_file: Path) -> float:
    """CPU seconds of the database server: of its living processes, and of those it has outlived."""
    master = pid_file.read_text().split()[0]
    total = 0
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (OSError, NotADirectoryError):
            continue
        if folder.name == master:
            total += sum(int(fields[i]) for i in (11, 12, 13, 14))
        elif fields[1] == master:
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def main(ini: str, way: str, path: Path, pid_file: Path) -> None:
    with inside.ckan(ini):
        before, begun = database_cpu(pid_file) + time.process_time(), time.perf_counter()
        done = ours(path) if way == "ours" else xloader(path, way == "typed")
        total = time.perf_counter() - done.get("begun", begun)
        cpu = database_cpu(pid_file) + time.process_time() - before
        done["made"]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"first": done["first"], "total": total, "cpu": cpu, "peak_mb": peak, "rows": done["rows"]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
