"""The types: were one of these to fail, a program that a type checker accepts would miss a field on a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, is_typeddict

from conftest import run_civitas

from civitas_client import types

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE / "tools"))
from types_from_openapi import package  # noqa: E402


def fields(schema: dict[str, Any], schemas: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Properties and required ones, those of what it extends included."""
    properties, required = dict(schema.get("properties", {})), set(schema.get("required", []))
    for part in schema.get("allOf", []):
        part = schemas[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
        more, needed = fields(part, schemas)
        properties |= more
        required |= needed
    return properties, required


def test_the_server_has_every_field_that_the_types_state() -> None:
    """A server may have more: unknown fields are kept. After a change of the API make the types anew, as the README says."""
    document = json.loads(run_civitas("openapi"))
    schemas = document["components"]["schemas"]
    stated = {name: kind for name, kind in vars(types).items() if is_typeddict(kind)}
    assert len(stated) > 50
    for name, kind in stated.items():
        properties, required = fields(schemas[name], schemas)
        missing = set(kind.__annotations__) - set(properties)
        assert not missing, f"{name} has no {missing} any more; make the types anew"
        optional = kind.__required_keys__ - required
        assert not optional, f"{name}: {optional} may be missing now; make the types anew"
    # The package is the tool's own work: code, in files that can be read in one sitting.
    made = package(document)
    there = {file.name for file in (HERE / "src" / "civitas_client" / "types").glob("*.py")}
    assert set(made) == there
    for name, text in made.items():
        compile(text, name, "exec")
        assert len(text.splitlines()) < 400, name


def test_nothing_is_removed_where_there_is_nothing_to_make(tmp_path: Path) -> None:
    there = tmp_path / "src" / "civitas_client" / "types" / "runs.py"
    there.parent.mkdir(parents=True)
    there.write_text("there = True\n")
    tool = tmp_path / "tools" / "types_from_openapi.py"
    tool.parent.mkdir()
    shutil.copy(HERE / "tools" / tool.name, tool)
    for said in ("", "{}"):
        done = subprocess.run([sys.executable, tool], input=said, capture_output=True, text=True, check=False)
        assert done.returncode != 0 and there.read_text() == "there = True\n", done.stderr


def test_the_package_is_strictly_typed() -> None:
    checked = subprocess.run([sys.executable, "-m", "mypy"], cwd=HERE, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
