"""Batches: were one of these to fail, a comparison of seeds or scenarios would be of something else than it says."""

from __future__ import annotations

import polars
import pytest
from conftest import WATCHDOG_S

from civitas_client import Client, errors

BASE = {"horizon_ticks": 20, "population": {"agents": 2_000}}


def test_a_batch_is_waited_for_and_compared(client: Client) -> None:
    variations = [{"name": f"seed {seed}", "seed": seed} for seed in (1, 2, 3)]
    variations.append({"name": "up", "seed": 3, "scenario_patch": {"variable_deltas": {"economy_confidence": 0.3}}})
    variations.append({"name": "imitating", "seed": 3, "parameters": {"imitation": 0.5}})
    batch = client.create_batch(BASE, variations, auto_start=True)
    frame = batch.wait(WATCHDOG_S).outcomes()
    assert frame["name"].tolist() == ["seed 1", "seed 2", "seed 3", "up", "imitating"]
    assert frame["seed"].tolist() == [1, 2, 3, 3, 3]
    assert set(frame["status"]) == {"succeeded"}
    assert frame["scenario.economy_confidence"].isna().tolist() == [True, True, True, False, True]
    assert frame["parameters.imitation"].tolist()[4] == 0.5
    outcome = batch[3].results()["outcome_summary"]
    assert frame["adoption_rate"].tolist()[3] == outcome["adoption_rate"] > frame["adoption_rate"].tolist()[2]
    assert frame["confidence_level"].tolist()[3] == outcome["confidence_level"]
    assert batch.outcomes(library="polars")["adoption_rate"].to_list() == frame["adoption_rate"].tolist()

    trends = batch.trends(library="polars")
    assert trends.columns[:4] == ["run_id", "name", "seed", "tick"]
    last = trends.filter(polars.col("tick") == 20)
    assert last["adoption_rate"].to_list() == frame["adoption_rate"].tolist()


def test_a_batch_without_auto_start_is_started_or_given_up(client: Client) -> None:
    batch = client.create_batch(BASE, [{"seed": 1}, {"seed": 2}], name="Pair")
    assert [run.status for run in batch] == ["queued", "queued"]
    batch[0].cancel()
    with pytest.raises(errors.RunCancelled):
        batch.cancel().wait(WATCHDOG_S)
    frame = batch.wait(WATCHDOG_S, check=False).outcomes()
    assert frame["status"].tolist() == ["cancelled", "cancelled"] and "adoption_rate" not in frame
    assert client.create_batch(BASE, [{"seed": 1}, {"seed": 2}]).start().wait(WATCHDOG_S)[1].status == "succeeded"


def test_a_batch_of_forks_goes_on_from_one_snapshot(client: Client) -> None:
    config = {**BASE, "snapshot_every_ticks": 10}
    parent = client.create_run(config=config, start=True).wait(WATCHDOG_S)  # type: ignore[arg-type]
    base = {"parent_run_id": parent.id, "from_tick": 10}
    batch = client.create_batch(base, [{"seed": 1}, {"seed": 2}], auto_start=True).wait(WATCHDOG_S)
    origins = [run.refresh().data["forked_from"] for run in batch]
    assert origins == [{"run_id": parent.id, "tick": 10}] * 2


def test_a_batch_is_created_whole_or_not_at_all(client: Client) -> None:
    before = len(list(client.runs()))
    with pytest.raises(errors.InvalidRequest) as refused:
        client.create_batch(BASE, [{"seed": 1}, {"horizon_ticks": 1001}])
    assert refused.value.code == "VALIDATION_ERROR" and refused.value.field
    assert len(list(client.runs())) == before
