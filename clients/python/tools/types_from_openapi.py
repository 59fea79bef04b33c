"""Writes the package src/civitas_client/types from the OpenAPI document of a civitas, a file per topic:

civitas openapi | python tools/types_from_openapi.py
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

# What the client asks and is answered, by topic; what these name comes with them, unless a topic before has it.
TOPICS = {
    "common": ("Words that several answers have in common.", ["Budget", "Health"]),
    "scenario": (
        "What happens to a society: shifts and effects.",
        ["ScenarioPatchRequest", "ScenarioPatchInForce"],
    ),
    "events": (
        "Event scripts and bundles of them.",
        ["EventBundle", "EventBundleList", "EventCheck", "EventScript", "EventScriptItem", "EventScriptList",
         "EventStepRequest"],
    ),
    "config": ("How a run is asked for.", ["RunConfig", "BaseConfig", "Variation", "ForkRun"]),
    "in_force": ("A run's configuration with every default filled in.", ["Config"]),
    "runs": (
        "Runs, as they stand, and what is done to them.",
        ["Run", "RunList", "RunCreated", "RunStarted", "RunPaused", "RunCancelled", "SnapshotList", "BatchCreated"],
    ),
    "results": ("What came of a run.", ["Results"]),
    "manifest": ("What a run noted of itself, and how it was checked.", ["Manifest", "VerificationReport"]),
    "experiments": (
        "The experiment runner's answers.",
        ["ExperimentItem", "ExperimentStarted", "ExperimentStatus", "ExperimentStopped"],
    ),
    "models": ("Models and data sets.", ["ModelDescription", "DatasetDetail", "DatasetList"]),
}  # fmt: skip
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
MADE = """Made by tools/types_from_openapi.py from the API's own description."""
PACKAGE = Path(__file__).resolve().parents[1] / "src" / "civitas_client" / "types"
HEAD = f'''"""What is sent and answered, a file per topic; all names can be imported from here.

{MADE}

These are plain dictionaries: fields that a later civitas adds are in them as well. What is not required may be missing
or null.
"""
'''


def hint(schema: dict[str, Any], seen: list[str]) -> str:
    """The type of a schema; `seen` collects the names that it mentions."""
    if "$ref" in schema:
        seen.append(schema["$ref"].rsplit("/", 1)[1])
        return seen[-1]
    options = schema.get("oneOf") or schema.get("anyOf")
    if options:
        return " | ".join(dict.fromkeys(hint(option, seen) for option in options))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(hint({**schema, "type": one}, seen) for one in kind)
    if kind == "array":
        return f"list[{hint(schema.get('items', {}), seen)}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {hint(values, seen) if isinstance(values, dict) else 'Any'}]"
    return PLAIN.get(kind, "Any") if isinstance(kind, str) else "Any"


def comment(text: str) -> str:
    """A description as lines of comment above a field."""
    lines = textwrap.wrap(" ".join(text.split()), 112)
    return "".join(f"    # {line}\n" for line in lines)


def typed_dict(name: str, schema: dict[str, Any], seen: list[str]) -> str:
    """One class, or the name of a choice between types."""
    if "properties" not in schema and "allOf" not in schema:
        return f"{name} = {hint(schema, seen)}\n"
    bases = [part["$ref"].rsplit("/", 1)[1] for part in schema.get("allOf", []) if "$ref" in part]
    for part in schema.get("allOf", []):
        if "$ref" not in part:
            schema = {**part, "description": schema.get("description", part.get("description", ""))}
    seen.extend(bases)
    said = " ".join(schema.get("description", name).split()).replace("\\", "\\\\")
    text = f"class {name}({', '.join(bases) or 'TypedDict'}):\n"
    text += textwrap.indent('"""' + textwrap.fill(said, 110) + '"""', "    ") + "\n\n"
    required = schema.get("required", [])
    for field, part in schema["properties"].items():
        of_field = hint(part, seen)
        text += comment(part.get("description", ""))
        text += f"    {field}: {of_field if field in required else f'NotRequired[{of_field}]'}\n"
    return text


def imported(module: str, names: list[str]) -> str:
    """What imports these names, on a line each where they do not fit on one; nothing where there are none."""
    if not names:
        return ""
    line = f"from {module} import {', '.join(names)}\n"
    return (
        line if len(line) <= 121 else f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
    )


class Placing:
    """Which class stands in which file: each with the first topic that needs it, below what it names."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        """Nothing stands anywhere yet."""
        self._schemas = schemas
        self.topic_of: dict[str, str] = {}

    def file(self, topic: str, about: str, roots: list[str]) -> str:
        """The text of a topic's file."""
        classes: list[str] = []
        named: set[str] = set()
        for root in roots:
            self._make(root, topic, classes, named)
        body = "".join(f"\n\n{text}" for text in classes)
        text = f'"""{about} {MADE}"""\n\n'
        text += imported(
            "typing", [name for name in ("Any", "NotRequired", "TypedDict") if re.search(rf"\b{name}\b", body)]
        )
        others = sorted({self.topic_of[name] for name in named} - {topic})
        imports = [
            imported(f".{other}", sorted(name for name in named if self.topic_of[name] == other)) for other in others
        ]
        return text + ("\n" if imports else "") + "".join(imports) + body

    def _make(self, name: str, topic: str, classes: list[str], named: set[str]) -> None:
        if name in self.topic_of:
            return
        self.topic_of[name] = topic
        seen: list[str] = []
        text = typed_dict(name, self._schemas[name], seen)
        named.update(seen)
        # What a class names stands above it, so that what is required is known at run time too.
        for other in seen:
            self._make(other, topic, classes, named)
        classes.append(text)


def package(document: dict[str, Any]) -> dict[str, str]:
    """The text of every file of the package."""
    placing = Placing(document["components"]["schemas"])
    files = {f"{topic}.py": placing.file(topic, *said) for topic, said in TOPICS.items()}
    names = sorted(placing.topic_of)
    imports = [
        imported(f".{topic}", [name for name in names if placing.topic_of[name] == topic]) for topic in sorted(TOPICS)
    ]
    listed = "".join(f'    "{name}",\n' for name in names)
    files["__init__.py"] = f"{HEAD}\n{''.join(imports)}\n__all__ = [\n{listed}]\n"
    return files


if __name__ == "__main__":
    # Read and made before anything is removed: what is there stays where there is nothing to make it of.
    files = package(json.load(sys.stdin))
    PACKAGE.mkdir(exist_ok=True)
    for stale in PACKAGE.glob("*.py"):
        stale.unlink()
    for file, text in files.items():
        (PACKAGE / file).write_text(text, encoding="utf-8")
