"""A run's whole life through its handle: were one of these to fail, a notebook that follows the README would stop there."""

from __future__ import annotations

import pandas
import polars
import pytest
from conftest import WATCHDOG_S

from civitas_client import Client, RunFailed, WaitTimeout, errors


def test_a_run_goes_from_creation_to_results(client: Client) -> None:
    run = client.create_run(
        "Better times", seed=7, horizon_ticks=40, agents=3_000, scenario={"economy_confidence": 0.2}
    )
    assert (run.status, run.name, run.has_ended) == ("queued", "Better times", False)
    assert run.config["population"] == {"dataset": "us-2020", "agents": 3_000}
    assert run.config["scenario_patch"] == {"variable_deltas": {"economy_confidence": 0.2}, "event_bundle_id": None}
    seen = list(run.start().progress())
    assert [event.is_last for event in seen] == [False] * (len(seen) - 1) + [True]
    assert (seen[-1].name, seen[-1].status, seen[-1].tick) == ("completed", "succeeded", 40)
    assert (seen[-2].tick, seen[-2].total_ticks, seen[-2].percent) == (40, 40, 100)
    assert run.status == "succeeded"
    results = run.results()
    assert results["ticks_completed"] == 40
    assert run.refresh().data["progress"]["percent_complete"] == 100
    # What the server said of its configuration is enough to run it again.
    again = client.create_run(config=run.config, start=True).wait(WATCHDOG_S).results()  # type: ignore[arg-type]
    assert again["state_digest"] == results["state_digest"]
    assert client.run(run.id).name == "Better times"
    assert run.manifest()["tick_digests"]["first_tick"] == 0


def test_trends_are_frames(client: Client) -> None:
    run = client.create_run(agents=2_000, horizon_ticks=30, start=True).wait(WATCHDOG_S)
    results = run.results()
    frame = run.trends()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["tick", *results["trends"]]
    points = results["trends"]["adoption_rate"]
    assert frame["tick"].tolist() == [point["tick"] for point in points]
    assert frame["adoption_rate"].tolist() == [point["value"] for point in points]
    regions = run.trends(by="region", library="polars")
    assert isinstance(regions, polars.DataFrame)
    assert regions.columns[:2] == ["region", "tick"]
    assert regions["region"].n_unique() == 51
    assert regions.height == 51 * len(frame)
    assert set(run.trends(by="segment")["segment"]) == set(results["trends_by_segment"])
    with pytest.raises(ValueError, match="by must be"):
        run.trends(by="agent")  # type: ignore[call-overload]


def test_a_run_is_paused_forked_resumed_and_verified(client: Client) -> None:
    run = client.create_run("Parent", agents=20_000, horizon_ticks=400, start=True)
    for event in run.progress():
        if event.tick >= 5:
            break
    assert run.pause().status == "paused"
    snapshot = run.snapshots()[-1]
    assert snapshot["reason"] == "paused"
    fork = run.fork(snapshot["tick"], name="Fork", seed=9, scenario={"social_trust": 0.3}, horizon_ticks=420)
    assert (fork.name, fork.config["seed"], fork.config["horizon_ticks"]) == ("Fork", 9, 420)
    assert run.resume().status == "running"
    taken = run.take_snapshot()
    assert taken["reason"] == "requested" and taken["tick"] >= snapshot["tick"]
    run.wait(WATCHDOG_S)
    fork.start().wait(WATCHDOG_S)
    assert fork.refresh().data["forked_from"] == {"run_id": run.id, "tick": snapshot["tick"]}
    assert fork.results()["ticks_completed"] == 420
    short = client.create_run(agents=1_000, horizon_ticks=10, start=True).wait(WATCHDOG_S)
    report = short.verify(timeout=WATCHDOG_S)
    assert (report["state"], report["agreed"]["results"]) == ("same", True)
    assert short.verification()["state"] == "same"


def test_a_wait_is_bounded_and_says_how_a_run_ended(client: Client, long_run: dict[str, int]) -> None:
    run = client.create_run("Long", start=True, **long_run)  # type: ignore[arg-type]
    with pytest.raises(WaitTimeout) as late:
        run.wait(0.05)
    assert isinstance(late.value, TimeoutError)
    assert run.cancel().status == "cancelled"
    with pytest.raises(errors.RunCancelled) as cancelled:
        run.wait(WATCHDOG_S)
    assert (cancelled.value.run_id, cancelled.value.status) == (run.id, "cancelled")
    assert run.wait(WATCHDOG_S, check=False).status == "cancelled"
    assert [event.name for event in run.progress()][-1] == "cancelled"
    with pytest.raises(errors.Conflict) as ended:
        run.cancel()
    assert ended.value.code == "ALREADY_ENDED"


def test_a_run_that_fails_says_why(serve, long_run: dict[str, int]) -> None:
    client = serve(LIMITS__MAX_RUN_MINUTES="0.005").client()
    run = client.create_run(start=True, **long_run)
    with pytest.raises(RunFailed) as failed:
        run.wait(WATCHDOG_S)
    assert (failed.value.code, failed.value.run_id, run.status) == ("RUN_TIMEOUT", run.id, "failed")
    assert [event.name for event in run.progress()][-1] == "failed"


@pytest.mark.parametrize("bar", ["tqdm", "rich", True])
def test_bars_show_how_far_it_is(client: Client, bar, capsys: pytest.CaptureFixture[str]) -> None:
    run = client.create_run("With a bar", agents=1_000, horizon_ticks=10, start=True)
    assert list(run.progress(bar=bar))[-1].is_last
    said = capsys.readouterr()
    assert "With a bar" in said.err and "10/10" in said.err and not said.out
    run.wait(WATCHDOG_S, bar=bar)
    assert "10/10" in capsys.readouterr().err
