"""Telemetry as frames: were one of these to fail, a chart would show a metric at the wrong tick, or of the wrong region."""

from __future__ import annotations

import polars
import pytest
from conftest import WATCHDOG_S

from civitas_client import Client, Run, errors


@pytest.fixture(scope="module")
def run(client: Client) -> Run:
    """A run that has ended."""
    return client.create_run("Recorded", agents=3_000, horizon_ticks=40, start=True).wait(WATCHDOG_S)


def test_every_tick_is_there_and_agrees_with_the_results(run: Run) -> None:
    frame = run.telemetry()
    trends = run.trends()
    assert frame["tick"].tolist() == list(range(41))
    assert frame["region"].isna().all() and frame["segment"].isna().all()
    recorded = frame.set_index("tick")["adoption_rate"]
    assert [recorded[tick] for tick in trends["tick"]] == trends["adoption_rate"].tolist()


def test_regions_segments_variables_and_ticks_are_chosen(run: Run) -> None:
    frame = run.telemetry(
        ["sentiment"], ["CA", "NY"], variables=["economy_confidence"], ticks=range(10, 31, 10), library="polars"
    )
    assert frame.columns == ["tick", "region", "segment", "sentiment", "economy_confidence"]
    assert frame["tick"].to_list() == [10, 20, 30] * 3
    assert frame["region"].to_list() == [None] * 3 + ["CA"] * 3 + ["NY"] * 3
    assert frame["economy_confidence"].null_count() == 3
    by_region = run.trends(by="region", library="polars").filter(region="CA", tick=20)
    assert frame.filter(region="CA", tick=20)["sentiment"].to_list() == by_region["sentiment"].to_list()
    assert run.telemetry(segments="all", ticks=(5, 6))["segment"].nunique() == 5
    with pytest.raises(errors.InvalidRequest):
        run.telemetry(["no_such_metric"])
    with pytest.raises(ValueError, match="upwards"):
        run.telemetry(ticks=range(5, 1))


def test_agents_of_a_keyframe_are_a_table(run: Run) -> None:
    index = run.telemetry_index()
    assert (index["run_id"], index["state"], index["last_tick"]) == (run.id, "complete", 40)
    frame = run.agents(index["keyframes"][1])
    assert len(frame) == 100 and {"agent", "region", "segment", "opinion"} <= set(frame.columns)
    assert set(frame["tick"]) == {index["keyframes"][1]}
    with pytest.raises(errors.InvalidRequest) as other:
        run.agents(index["keyframes"][1] + 1)
    assert other.value.code == "NOT_A_KEYFRAME"


def test_one_agent_is_a_table_over_keyframes(run: Run) -> None:
    keyframes = run.telemetry_index()["keyframes"]
    then = run.agents(keyframes[2], library="polars")
    agent = int(then["agent"][7])
    frame = run.agent(agent, library="polars")
    assert frame["tick"].to_list() == keyframes and set(frame["agent"]) == {agent}
    assert frame.filter(tick=keyframes[2]).select(then.columns).equals(then.filter(agent=agent))
    outside = next(other for other in range(3_000) if other not in set(then["agent"]))
    with pytest.raises(errors.NotFound):
        run.agent(outside)


def test_a_whole_table_is_the_same_in_both_libraries(run: Run) -> None:
    for name, rows in [("metrics", 41 * 57), ("environment", 41 * 51), ("events", 0), ("agents", 5 * 100)]:
        ours, theirs = run.table(name, library="polars"), run.table(name)
        assert ours.height == len(theirs) == rows and ours.columns == list(theirs.columns)
        for column in ours.columns:
            # Numbers of 32 bits are written with as many digits as tell them from others.
            values = theirs[column].astype("float32") if ours[column].dtype == polars.Float32 else theirs[column]
            assert values.astype(object).where(values.notna(), None).tolist() == ours[column].to_list(), (name, column)
    slices = run.telemetry(library="polars")
    overall = run.table("metrics", ticks=(5, 9), library="polars").filter(
        polars.col("region").is_null() & polars.col("segment").is_null()
    )
    assert overall["tick"].to_list() == [5, 6, 7, 8, 9]
    assert overall["sentiment"].to_list() == slices["sentiment"].to_list()[5:10]
    with pytest.raises(ValueError, match="library"):
        run.table("metrics", library="arrow")  # type: ignore[call-overload]
