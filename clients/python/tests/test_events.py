"""Event scripts and bundles: were one of these to fail, somebody's change would be lost, or a run would go through other events
than were asked for.
"""

from __future__ import annotations

import pytest
from conftest import WATCHDOG_S

from civitas_client import Client, errors

SHOCK = [
    {"variable": "price_sensitivity", "operation": "add", "value": 0.4, "regions": ["TX", "LA"],
     "intensity": {"shape": "pulse", "ticks": 6}},
]  # fmt: skip
NOBODY = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11"


def test_a_change_is_of_the_version_that_was_read(client: Client) -> None:
    made = client.create_event_script("Fuel shock", SHOCK)
    assert (made["version"], made["lasts_ticks"]) == (1, 6)
    mine, other = client.event_script(made["id"]), client.event_script(made["id"])
    mine["effects"][0]["value"] = 0.2
    now = client.update_event_script(mine)
    assert (now["version"], now["effects"][0]["value"]) == (2, 0.2)
    with pytest.raises(errors.Conflict) as late:
        client.update_event_script(other)
    assert late.value.code == "VERSION_CONFLICT" and "version must be 2" in str(late.value) and late.value.hint
    assert client.event_script(made["id"]) == now
    with pytest.raises(errors.Conflict):
        client.remove_event_script(made["id"], version=1)
    assert client.remove_event_script(made["id"], version=2) == now
    with pytest.raises(errors.NotFound) as gone:
        client.event_script(made["id"])
    assert gone.value.code == "EVENT_SCRIPT_NOT_FOUND"


def test_a_run_goes_through_a_bundle(client: Client) -> None:
    project = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4aee"
    script = client.create_event_script("Fuel shock", SHOCK, project=project)
    later = {"script_id": script["id"], "offset_ticks": 4}
    bundle = client.create_event_bundle("Winter", [script["id"], later], order="sequential", project=project)
    assert [step["offset_ticks"] for step in bundle["scripts"]] == [0, 4]
    assert [item["name"] for item in client.event_scripts(project)] == ["Fuel shock"]
    assert [item["id"] for item in client.event_bundles(project)] == [bundle["id"]]
    with pytest.raises(errors.Conflict) as named:
        client.remove_event_script(script["id"])
    assert named.value.code == "EVENT_SCRIPT_IN_USE" and "Winter" in named.value.message

    run = client.create_run(
        agents=1_000, horizon_ticks=20, bundle=bundle["id"], attribution=True, project=project, start=True
    ).wait(WATCHDOG_S)
    told = [event for event in run.results()["key_events"] if event["type"] == "scenario_event"]
    assert [event["tick"] for event in told] == [0, 10]
    assert {event["name"] for event in told} == {"Fuel shock"}
    for attribution in (None, True):
        fork = run.fork(bundle=bundle["id"], attribution=attribution, horizon_ticks=60)
        patch = fork.refresh().config["scenario_patch"]
        assert patch and len(patch["effects"]) == 4 and patch["attribution"] is (attribution is True)

    bundle["scripts"] = bundle["scripts"][:1]
    assert client.update_event_bundle(bundle)["version"] == 2
    assert client.event_bundle(bundle["id"])["order"] == "sequential"
    assert client.remove_event_bundle(bundle["id"])["name"] == "Winter"
    client.remove_event_script(script["id"])


def test_what_a_run_would_refuse_is_all_told(client: Client) -> None:
    assert client.try_event_script(SHOCK)["valid"]
    wrong = [{**SHOCK[0], "variable": "sunshine"}, {**SHOCK[0], "from_tick": 50}]
    found = client.try_event_script(wrong, name="Odd", config={"horizon_ticks": 20})
    assert not found["valid"] and [problem["effect"] for problem in found["problems"]] == [0, 1]
    script = client.create_event_script("Fuel shock", SHOCK)
    found = client.try_event_bundle([{"script_id": script["id"], "offset_ticks": 30}], config={"horizon_ticks": 20})
    assert [problem["step"] for problem in found["problems"]] == [0]
    with pytest.raises(errors.NotFound):
        client.try_event_bundle([NOBODY])


def test_named_agents_make_the_mode(client: Client) -> None:
    goal = {"trait": "adopted", "equals": True}
    hybrid = client.create_run(config={"targets": [{"name": "Ada", "region": "CA", "goal": goal}]}, horizon_ticks=5)
    assert hybrid.refresh().data["mode"] == "hybrid"
    copies = {"persona": {"region": "CA"}, "copies": 50, "goal": goal}
    target = client.create_run(config={"target": copies}, horizon_ticks=5, start=True).wait(WATCHDOG_S)  # type: ignore[typeddict-item]
    assert target.data["mode"] == "target" and target.results()["target"]["copies"] == 50
