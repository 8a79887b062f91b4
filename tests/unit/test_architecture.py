"""The rules of docs/architecture.md, kept."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
FRAME = PROJECT / "ckanext-steamcity" / "ckanext" / "steamcity"
HARVESTERS = PROJECT / "harvesters"
SCHEMAS = PROJECT / "schemas"
FEATURES = ("places", "sensors", "schools", "citation", "demo")
WITH_PLUGIN = (FRAME, *(FRAME / name for name in ("places", "sensors", "schools", "citation")), HARVESTERS)
PURE = (
    FRAME / "protocols", FRAME / "quality", FRAME / "privacy", FRAME / "messages.py", FRAME / "translations.py",
    FRAME / "stamps.py", FRAME / "copying.py",
    HARVESTERS / "feeds", FRAME / "citation" / "formats.py", FRAME / "citation" / "registrar.py",
    FRAME / "citation" / "canonical.py", FRAME / "schools" / "workflow.py", FRAME / "places" / "outlines.py",
    FRAME / "places" / "cells.py",
    *(FRAME / "sensors" / "sensorthings" / f"{name}.py" for name in (
        "entities", "expressions", "functions", "grammar", "keys", "paging", "refusal", "relations", "shapes",
        "statements",
    )),
)  # fmt: skip
# Longer than the rule asks for, each with its reason.
LONG_FILES: dict[str, str] = {}


def sources(root: Path) -> Iterator[Path]:
    """Python files of ours below `root` (or `root` itself)."""
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    yield from (file for file in files if "migration" not in file.parts and "__pycache__" not in file.parts)


def all_sources() -> list[Path]:
    return [*sources(FRAME), *sources(HARVESTERS), *sources(PROJECT / "deploy")]


def imports(file: Path) -> set[str]:
    """Dotted names a file imports, relative ones resolved."""
    package = _package(file)
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return found


def _package(file: Path) -> str:
    for root, name in (
        (HARVESTERS, "ckanext.steamcity.harvesters"),
        (SCHEMAS, "ckanext.steamcity.schemas"),
        (FRAME, "ckanext.steamcity"),
    ):
        if file.is_relative_to(root):
            return ".".join([name, *file.relative_to(root).parts[:-1]])
    return ""


def relative(file: Path) -> str:
    return str(file.relative_to(PROJECT))


@pytest.mark.parametrize("folder", WITH_PLUGIN, ids=relative)
def test_plugins_only_wire(folder):
    """At most 40 lines, no `if`, no query."""
    text = (folder / "plugin.py").read_text(encoding="utf-8")
    code = [line for line in text.splitlines() if line.strip()]
    assert len(code) <= 40, f"{len(code)} lines"
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.If, ast.For, ast.While, ast.Try))]


@pytest.mark.parametrize("place", PURE, ids=relative)
def test_pure_modules_know_no_ckan(place):
    """Nor do they reach it through a module that does."""
    assert list(sources(place)), "nothing there"
    for file in sources(place):
        bad = {name for name in imports(file) if name == "ckan" or name.startswith(("ckan.", "flask", "sqlalchemy"))}
        assert not bad, f"{relative(file)} imports {bad}"


def test_features_do_not_import_each_other():
    """They meet through actions, helpers and signals."""
    names = {name: f"ckanext.steamcity.{name}" for name in (*FEATURES, "harvesters")}
    pure = {_package(file if file.is_dir() else file) + "." + file.stem for file in PURE if file.suffix}
    for name, package in names.items():
        root = HARVESTERS if name == "harvesters" else FRAME / name
        for file in sources(root):
            for other, their in names.items():
                bad = {
                    one
                    for one in imports(file)
                    if one.startswith(their + ".") and not any(one.startswith(p) for p in pure)
                }
                allowed = other == name or (other == "harvesters" and all("harvesters.feeds" in one for one in bad))
                assert allowed or not bad, f"{relative(file)} imports {bad}"
            assert package


def test_files_and_functions_stay_readable():
    """A file over 400 lines or a function over 50 is asked what it is doing."""
    long = []
    for file in all_sources():
        text = file.read_text(encoding="utf-8")
        if text.count("\n") > 400 and relative(file) not in LONG_FILES:
            long.append(relative(file))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno > 50:
                long.append(f"{relative(file)}:{node.lineno} {node.name}")  # noqa: PERF401
    assert long == []


def exported(file: Path) -> list[str]:
    """The names in a module's __all__."""
    if not file.exists():
        return []
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]  # an assignment has a value
    raise AssertionError(f"{relative(file)} has no __all__")


def actions() -> dict[str, Path]:
    return {name: folder for folder in WITH_PLUGIN for name in exported(folder / "logic" / "action.py")}


def chained() -> set[str]:
    """Names of core actions and auth functions of ours that wrap core's."""
    core = re.compile(r"^(?!steamcity).+")
    files = [folder / "logic" / f"{kind}.py" for folder in WITH_PLUGIN for kind in ("action", "auth")]
    return {name for file in files for name in exported(file) if core.match(name)}


def test_public_names_begin_with_ours():
    """Actions, helpers, validators, options, commands."""
    names = [*actions()]
    for folder in WITH_PLUGIN:
        names += (
            exported(folder / "helpers.py") + exported(folder / "logic" / "validators.py") + exported(folder / "cli.py")
        )
        names += exported(folder / "logic" / "auth.py")
    decorated = " ".join(file.read_text(encoding="utf-8") for file in all_sources() if file.parent.name == "logic")
    # Several chains alike are made by one function: `name = _maker("name")`.
    makers = "|".join(
        re.findall(r"^def (_\w+)\([^\n]*\n(?:    [^\n]*\n|\n)*?    @tk\.chained_action\n", decorated, re.MULTILINE)
    )
    for name in names:
        is_chain = re.search(
            rf"@tk\.chained_(action|auth_function)\n(@[^\n]+\n)*def {name}\(|^{name} = ({makers})\(\"{name}\"\)$",
            decorated,
            re.MULTILINE,
        )
        assert name.startswith("steamcity_") or name == "steamcity" or is_chain, name
    assert all(key.startswith("steamcity.") for key in options()), options()


def options() -> list[str]:
    found = []
    for folder in WITH_PLUGIN:
        if (folder / "config_declaration.yaml").exists():
            content = yaml.safe_load((folder / "config_declaration.yaml").read_text(encoding="utf-8"))
            found += [option["key"] for group in content["groups"] for option in group["options"]]
    return found


def commands() -> set[str]:
    """`group command` of every command."""
    found = set()
    for folder in WITH_PLUGIN:
        if (folder / "cli.py").exists():
            text = (folder / "cli.py").read_text(encoding="utf-8")
            for name, function in re.findall(
                r"@\w+\.command\((?:\"([\w-]+)\")?[^)]*\)\n(?:@[^\n]+\n|    [^\n]+\n|\)\n)*def (\w+)", text
            ):
                found.add(name or function.replace("_", "-"))
    return found


def fields() -> set[str]:
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if "field_name" in node:
                found.add(node["field_name"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for name in ("experiment", "monitoring", "organization"):
        walk(yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text(encoding="utf-8")))
    return found


def documentation() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in (PROJECT / "docs").rglob("*.md"))


def test_everything_public_is_documented():
    """Every action, option, command and field of a schema stands in docs/, in code type."""
    text = documentation()
    ours = [name for name in actions() if name.startswith("steamcity_")]
    missing = [
        name for name in (*ours, *options(), *sorted(fields())) if f"`{name}`" not in text and f"`{name} " not in text
    ]
    missing += [name for name in commands() if not re.search(rf"`[^`\n]*\b{re.escape(name)}\b[^`\n]*`", text)]
    assert missing == []


def test_every_action_has_its_permission_and_its_test():
    """An auth function of the same name, and a test that names the action."""
    tests = "\n".join(
        file.read_text(encoding="utf-8") for file in (PROJECT / "tests").rglob("*.py") if file != Path(__file__)
    )
    for name, folder in actions().items():
        if name.startswith("steamcity_"):
            assert name in exported(folder / "logic" / "auth.py"), f"{name} has no auth function"
            assert name in tests, f"no test names {name}"


def test_schemas_speak_to_people():
    """Every field of ours has a label and a help text."""
    for name in ("experiment", "monitoring", "organization"):
        text = yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text(encoding="utf-8"))
        for part in ("dataset_fields", "resource_fields", "fields"):
            for field in text.get(part, []):
                for one in (field, *field.get("repeating_subfields", [])):
                    assert one.get("label"), f"{name}.{one['field_name']}"
                    assert one.get("help_text"), f"{name}.{one['field_name']}"


def test_nothing_happens_at_import():
    """No configuration, file or database access when a module is loaded."""
    bad = []
    for file in all_sources():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.If, ast.Expr)):
                continue
            for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
                words = ast.unparse(call.func)
                if words in ("open", "yaml.safe_load") or words.endswith(
                    (".read_text", ".read_bytes", "get_action", "get_validator")
                ):
                    bad.append(f"{relative(file)}:{call.lineno} {words}")
    assert bad == []


def test_no_string_names_this_machine():
    """No absolute path of a workplace in what is published."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=PROJECT).stdout.split()
    needles = ("/work" + "/", "/ro" + "ot/", "/ho" + "me/")
    for name in listed:
        file = PROJECT / name
        if (
            file.suffix in (".py", ".md", ".yaml", ".toml", ".txt", ".html", ".js", ".css", ".sh", "")
            and file.is_file()
        ):
            text = file.read_text(encoding="utf-8", errors="replace")
            assert not any(needle in text for needle in needles), name


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> set[str]:
    """Names in a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(PROJECT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    ("root", "package"),
    [
        (FRAME, "ckanext/steamcity"),
        (HARVESTERS, "ckanext/steamcity/harvesters"),
        (SCHEMAS, "ckanext/steamcity/schemas"),
    ],
    ids=["frame", "harvesters", "schemas"],
)
def test_the_wheel_holds_every_file_of_the_tree(wheel, root, package):
    """Code, templates, assets, schemas, catalogues, migrations."""
    listed = subprocess.run(
        ["git", "ls-files", str(root)], capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout.split()
    files = [PROJECT / name for name in listed if (PROJECT / name).is_file()]
    missing = [str(file.relative_to(root)) for file in files if f"{package}/{file.relative_to(root)}" not in wheel]
    assert files
    assert missing == []
