"""What can be asked of event scripts and bundles of them, each written once for both clients. Owns their paths and bodies.

A change is of the version that was read: what `event_script` gives can be changed and handed to `update_event_script`, and where
somebody else was faster that raises `Conflict` (`VERSION_CONFLICT`), and nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from . import types
from .flow import Ask, Flow, operation
from .transport import given

SCRIPTS = "/api/v1/event-scripts"
BUNDLES = f"{SCRIPTS}/bundles"
# How the scripts of a bundle follow each other.
Order = Literal["parallel", "sequential"]
# An effect of a script, as the API has it; docs/scenarios.md lists its fields.
Effect = types.EffectRequest | types.EffectInForce | Mapping[str, Any]
# A script in a bundle: its id, or its id with an offset.
Step = str | types.EventStepRequest | types.EventStep | Mapping[str, Any]


class EventCalls:
    """Event scripts and bundles, as methods of a client."""

    project: str

    @operation
    def create_event_script(
        self, name: str, effects: Sequence[Effect], *, project: str | None = None
    ) -> Flow[types.EventScript]:
        """Makes an event script: effects under a name, whose ticks count from the script's beginning."""
        body = {"project_id": project or self.project, "name": name, "effects": list(effects)}
        return cast(types.EventScript, (yield Ask("POST", SCRIPTS, json=body)))

    @operation
    def event_script(self, script_id: str) -> Flow[types.EventScript]:
        """The event script with this id. Raises `NotFound` where there is none."""
        return cast(types.EventScript, (yield Ask("GET", f"{SCRIPTS}/{script_id}")))

    @operation
    def update_event_script(self, script: types.EventScript) -> Flow[types.EventScript]:
        """Writes its next version, whole: what was read, with changes. Raises `Conflict` where it was changed since."""
        body = {field: script[field] for field in ("version", "name", "effects")}
        return cast(types.EventScript, (yield Ask("PUT", f"{SCRIPTS}/{script['id']}", json=body)))

    @operation
    def remove_event_script(self, script_id: str, version: int | None = None) -> Flow[types.EventScript]:
        """Removes it; with `version` only that one. Raises `Conflict` where a bundle names it. Runs keep what they had of it."""
        return cast(types.EventScript, (yield Ask("DELETE", f"{SCRIPTS}/{script_id}", params={"version": version})))

    @operation
    def try_event_script(
        self, effects: Sequence[Effect], *, name: str | None = None, config: types.RunConfig | None = None
    ) -> Flow[types.EventCheck]:
        """All that a run of this `config` would refuse of the effects, and what it would have of them. Stores nothing."""
        body = given(name=name, config=config) | {"effects": list(effects)}
        return cast(types.EventCheck, (yield Ask("POST", f"{SCRIPTS}/validate", json=body)))

    @operation
    def create_event_bundle(
        self, name: str, scripts: Sequence[Step], *, order: Order = "parallel", project: str | None = None
    ) -> Flow[types.EventBundle]:
        """Makes a bundle: scripts of its project on a time line, each after its `offset_ticks`.

        `parallel` counts them from the bundle's beginning, `sequential` from the end of the script before.
        """
        body = _bundle(name, scripts, order) | {"project_id": project or self.project}
        return cast(types.EventBundle, (yield Ask("POST", BUNDLES, json=body)))

    @operation
    def event_bundle(self, bundle_id: str) -> Flow[types.EventBundle]:
        """The bundle with this id. Raises `NotFound` where there is none."""
        return cast(types.EventBundle, (yield Ask("GET", f"{BUNDLES}/{bundle_id}")))

    @operation
    def update_event_bundle(self, bundle: types.EventBundle) -> Flow[types.EventBundle]:
        """Writes its next version, whole: what was read, with changes. Raises `Conflict` where it was changed since."""
        body = _bundle(bundle["name"], bundle["scripts"], bundle["order"]) | {"version": bundle["version"]}
        return cast(types.EventBundle, (yield Ask("PUT", f"{BUNDLES}/{bundle['id']}", json=body)))

    @operation
    def remove_event_bundle(self, bundle_id: str, version: int | None = None) -> Flow[types.EventBundle]:
        """Removes it; with `version` only that one. Runs that went through it keep what they had of it."""
        return cast(types.EventBundle, (yield Ask("DELETE", f"{BUNDLES}/{bundle_id}", params={"version": version})))

    @operation
    def try_event_bundle(
        self,
        scripts: Sequence[Step],
        *,
        order: Order = "parallel",
        config: types.RunConfig | None = None,
        project: str | None = None,
    ) -> Flow[types.EventCheck]:
        """All that a run of this `config` would refuse of the bundle, and what it would have of it. Stores nothing."""
        body = _bundle(None, scripts, order) | {"project_id": project or self.project} | given(config=config)
        return cast(types.EventCheck, (yield Ask("POST", f"{BUNDLES}/validate", json=body)))


def _bundle(name: str | None, scripts: Sequence[Step], order: str) -> dict[str, Any]:
    steps = [{"script_id": step} if isinstance(step, str) else dict(step) for step in scripts]
    return given(name=name) | {"order": order, "scripts": steps}
