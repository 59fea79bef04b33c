"""Data sets, models and experiments: what goes in as a table or a file, and what the server says of what it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas
import polars
import pytest
from conftest import ROOT, WATCHDOG_S

from civitas_client import Client, errors

REGIONS = {"code": ["north", "south"], "population": [300, 200]}
AGENTS = {
    "region": ["north", "north", "south"],
    "segment": ["innovators", "laggards", "laggards"],
    "adopted": [True, False, False],
    "opinion": [0.5, -0.25, 0.0],
}


def test_a_data_set_is_the_same_from_frames_and_files(client: Client, tmp_path: Path) -> None:
    csv = tmp_path / "regions.csv"
    csv.write_text("code,population\nnorth,300\nsouth,200\n")
    parquet = tmp_path / "agents.parquet"
    polars.DataFrame(AGENTS).write_parquet(parquet, compression="snappy")
    added = client.add_dataset("towns", csv, agents=parquet)
    assert (added["name"], added["version"], added["regions"], added["agents"]) == ("towns", 1, 2, 3)
    assert added["columns"] == ["adopted", "opinion"] or set(added["columns"]) >= {"adopted", "opinion"}
    frames = [pandas.DataFrame, polars.DataFrame]
    for frame in frames:
        assert client.add_dataset("towns", frame(REGIONS), agents=frame(AGENTS))["version"] == 1
    assert client.add_dataset("towns", csv.read_bytes(), agents=parquet.read_bytes())["version"] == 1
    other = client.add_dataset("towns", polars.DataFrame(REGIONS), borders=b"a,b\nnorth,south\n")
    assert (other["version"], other["borders"]) == (2, 1)

    run = client.create_run(dataset="towns", config={"dataset_version": "1"}, horizon_ticks=3, start=True)
    assert run.wait(WATCHDOG_S).results()["agents"] == 3
    assert [item["version"] for item in client.datasets()["items"] if item["name"] == "towns"] == [1, 2]
    assert client.dataset("towns", 2)["preview"][0]["code"] == "north"
    with pytest.raises(errors.Conflict):
        client.remove_dataset("towns", 1)
    client.remove_dataset("towns", 2)
    with pytest.raises(errors.NotFound):
        client.dataset("towns", 2)


def test_ties_are_a_network(client: Client) -> None:
    ties = pandas.DataFrame({"source": [0, 1], "target": [1, 2], "weight": [1.0, 2.5]})
    agents = pandas.DataFrame({"region": ["north", "north", "south"]})
    added = client.add_dataset("school", pandas.DataFrame(REGIONS), agents=agents, ties=ties, directed=True)
    assert added["ties"] == 2
    run = client.create_run(model="degroot", dataset="school", network={"kind": "listed"}, horizon_ticks=2, start=True)
    assert run.wait(WATCHDOG_S).status == "succeeded"


def test_a_wrong_table_is_named_with_its_row(client: Client, tmp_path: Path) -> None:
    wrong = tmp_path / "people.csv"
    wrong.write_text("region\nnorth\nwest\n")
    with pytest.raises(errors.Unprocessable) as refused:
        client.add_dataset("wrong", pandas.DataFrame(REGIONS), agents=wrong)
    assert refused.value.code == "INVALID_DATASET"
    assert "people.csv" in refused.value.message and "3" in refused.value.message
    with pytest.raises(TypeError, match="regions must be a path"):
        client.add_dataset("wrong", 7)


def test_models_say_what_they_can_be_told(client: Client) -> None:
    assert {"society", "epidemic"} <= {model["name"] for model in client.models()}
    society = client.model("society")
    assert society["parameters"]["properties"]["imitation"]["default"] == 0.11
    assert "economy_confidence" in {variable["name"] for variable in society["variables"]}
    with pytest.raises(errors.NotFound) as missing:
        client.model("societ")
    assert missing.value.code == "MODEL_NOT_FOUND"


def test_an_experiment_is_run_followed_and_found_again(client: Client) -> None:
    experiment = client.run_experiment(ROOT / "scenarios" / "campaign.json")
    assert experiment.status == "running"
    assert list(experiment.run.progress())[-1].name == "completed"
    assert experiment.wait(WATCHDOG_S).status == "completed"
    report = experiment.report()
    assert [step["type"] for step in report["steps"]].count("survey") == 2
    assert experiment.id in {other.id for other in client.experiments()}
    assert client.experiment(experiment.id).data["returncode"] == 0


def test_an_experiment_is_stopped_and_a_wrong_one_refused(client: Client) -> None:
    config: dict[str, Any] = {
        "name": "Long",
        "environment": {},
        "map": {"dataset": "us-2020"},
        "agent": {"citizens": [{"agent_class": "citizen", "number": 100_000}]},
        "workflow": [{"type": "run", "days": 30}],
    }
    experiment = client.run_experiment(config)
    assert experiment.stop().status == "stopped"
    config["workflow"] = [{"type": "dance"}]
    with pytest.raises(errors.Unprocessable) as refused:
        client.run_experiment(config)
    assert refused.value.code in ("INVALID_EXPERIMENT", "UNSUPPORTED_STEP")
