"""Writes src/civitas_client/types.py from the OpenAPI document of a civitas:

civitas openapi | python tools/types_from_openapi.py > src/civitas_client/types.py
"""

from __future__ import annotations

import json
import sys
import textwrap
from typing import Any

# What the client asks and is answered; what these name comes with them.
ROOTS = [
    "BaseConfig", "BatchCreated", "Budget", "DatasetDetail", "DatasetList", "ExperimentItem", "ExperimentStarted",
    "ExperimentStatus", "ExperimentStopped", "ForkRun", "Health", "Manifest", "ModelDescription", "Results", "Run",
    "RunCancelled", "RunConfig", "RunCreated", "RunList", "RunPaused", "RunStarted", "SnapshotList", "Variation",
    "VerificationReport",
]  # fmt: skip
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD = '''"""What is sent and answered, made by tools/types_from_openapi.py from the API's own description.

These are plain dictionaries: fields that a later civitas adds are in them as well. What is not required may be missing
or null.
"""

from typing import Any, NotRequired, TypedDict
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


def module(document: dict[str, Any]) -> str:
    """The text of the module."""
    schemas = document["components"]["schemas"]
    classes: dict[str, str] = {}
    order: list[str] = []

    def make(name: str) -> None:
        if name in classes:
            return
        classes[name] = ""
        seen: list[str] = []
        classes[name] = typed_dict(name, schemas[name], seen)
        # What a class names stands above it, so that what is required is known at run time too.
        for other in seen:
            make(other)
        order.append(name)

    for name in ROOTS:
        make(name)
    return HEAD + "".join(f"\n\n{classes[name]}" for name in order)


if __name__ == "__main__":
    sys.stdout.write(module(json.load(sys.stdin)))
