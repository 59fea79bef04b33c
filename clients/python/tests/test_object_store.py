"""Telemetry and results in an object store, one that speaks S3 or Azure's: were one of these to fail, what a run recorded there
would be lost, wrong or silently missing."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import polars
import pytest
from blobs import AZURITE, BlobStore
from conftest import PROGRAM, WATCHDOG_S, Server, clean
from objects import ObjectStore

from civitas_client import Run

URL = ObjectStore.place
Store = ObjectStore | BlobStore
without_azurite = pytest.mark.skipif(not AZURITE, reason="CIVITAS_AZURITE names no program: npm install azurite")


@pytest.fixture(scope="session")
def objects() -> Iterator[ObjectStore]:
    """An object store that tests share: runs have names of their own."""
    store = ObjectStore()
    yield store
    store.end()


@pytest.fixture(scope="session")
def blobs() -> Iterator[BlobStore]:
    """The same of Azure's."""
    store = BlobStore()
    yield store
    store.end()


@pytest.fixture(params=["objects", pytest.param("blobs", marks=without_azurite)])
def store(request: pytest.FixtureRequest) -> Store:
    """Each of them in turn."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets every program that is started from here on reach the store."""

    def say(store: Store, **changed: str) -> None:
        for name, value in store.environment(**changed).items():
            monkeypatch.setenv(name, value)

    return say


@pytest.fixture
def recorded(serve: Callable[..., Server], store: Store, reach: Callable[..., None]) -> Server:
    """A server that keeps telemetry in a shared store."""
    reach(store)
    return serve(TELEMETRY__URL=store.place)


def eventually(what: str, look: Callable[[], Any]) -> Any:
    end = time.monotonic() + WATCHDOG_S
    while not (found := look()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)
    return found


def outputs(run: Run) -> dict[str, Any]:
    return run.refresh().data["outputs"]  # type: ignore[no-any-return]


def test_a_run_is_recorded_there_and_read_back(recorded: Server, store: Store) -> None:
    server = recorded
    telemetry = {"keyframe_every": 5, "sample_agents": 12}
    config = {"population": {"agents": 600}, "telemetry": telemetry, "snapshot_every_ticks": 4}
    run = server.client().create_run(config=config, horizon_ticks=15, start=True).wait(WATCHDOG_S)
    refs = outputs(run)
    assert refs["telemetry_ref"] == f"{store.place}/telemetry/{run.id}/"
    assert refs["results_ref"] == f"{store.place}/results/{run.id}.json"
    results = run.results()
    kept = json.loads(store.read(f"of/us/results/{run.id}.json"))
    assert kept["state_digest"] == results["state_digest"] and kept["trends"] == results["trends"]

    api = httpx.Client(base_url=f"{server.url}/api/v1")
    ask = f"/telemetry/{run.id}"
    index = api.get(ask).raise_for_status().json()
    assert (index["state"], index["last_tick"], index["keyframes"]) == ("complete", 15, [0, 5, 10, 15])
    there = set(store.names(f"of/us/telemetry/{run.id}/"))
    assert there == {
        f"of/us/telemetry/{run.id}/{name}" for name in ["index.json", *(f["name"] for f in index["files"])]
    }
    slices = api.get(f"{ask}/slice", params={"regions": "all", "variables": "all"}).raise_for_status().json()
    assert slices["ticks"] == list(range(16))
    last = results["outcome_summary"]["adoption_rate"]
    assert slices["metrics"]["adoption_rate"]["overall"][-1] == last
    keyframe = api.get(f"{ask}/keyframe/10").raise_for_status().json()
    assert keyframe["total"] == 12
    agent = keyframe["agents"][3]
    trajectory = api.get(f"{ask}/agent/{agent['agent']}").raise_for_status().json()["trajectory"]
    assert [moment["tick"] for moment in trajectory] == index["keyframes"] and trajectory[2]["state"] == agent["state"]
    assert api.get(f"{ask}/events").raise_for_status().json()["total"] == 0
    aggregates = api.get(f"{ask}/aggregates").raise_for_status().json()
    assert aggregates["metrics"]["adoption_rate"]["overall"]["last"] == last
    stream = api.get(f"{ask}/stream").raise_for_status().text
    assert "event: slice" in stream and "event: end" in stream
    for file in index["files"]:
        found = api.get(f"{ask}/files/{file['name']}").raise_for_status().content
        assert found == store.read(f"of/us/telemetry/{run.id}/{file['name']}") and len(found) == file["bytes"]

    # Every table in a tool of one's own: written here from the store, and by the server.
    for out, where in [("here", ["--data-dir", "data"]), ("there", ["--server", server.url])]:
        subprocess.run(
            [PROGRAM, "export", run.id, "--out", out, *where],
            cwd=server.folder, env=clean({"TELEMETRY__URL": store.place}), check=True, capture_output=True, timeout=WATCHDOG_S,
        )  # fmt: skip
    for table, rows in [("metrics", 16 * 57), ("environment", 16 * 51), ("agents", 4 * 12)]:
        here, there_too = [polars.read_parquet(server.folder / out / f"{table}.parquet") for out in ("here", "there")]
        assert here.height == rows and here.equals(there_too), table
        csv = api.get(f"/runs/{run.id}/export", params={"table": table, "from_tick": 14}).raise_for_status().text
        assert len(csv.splitlines()) == 1 + here.filter(polars.col("tick") >= 14).height
    overall = polars.read_parquet(server.folder / "here" / "metrics.parquet").filter(
        polars.col("region").is_null() & polars.col("segment").is_null()
    )
    assert overall["adoption_rate"].to_list() == slices["metrics"]["adoption_rate"]["overall"]


def test_a_run_goes_on_after_a_crash_with_every_tick_once(recorded: Server, store: Store) -> None:
    server = recorded
    config = {"population": {"agents": 40_000}, "snapshot_every_ticks": 5}
    run = server.client().create_run(config=config, horizon_ticks=200, start=True)
    eventually("it has a snapshot", run.snapshots)
    server.end(signal.SIGKILL)
    server.start()
    run.wait(WATCHDOG_S)
    slices = run.telemetry()
    assert slices["tick"].tolist() == list(range(201))
    trends = run.trends()
    recorded = slices.set_index("tick")["adoption_rate"]
    assert [recorded[tick] for tick in trends["tick"]] == trends["adoption_rate"].tolist()
    assert run.telemetry_index()["state"] == "complete"
    assert outputs(run)["results_ref"] == f"{store.place}/results/{run.id}.json"
    named = {file["name"] for file in run.telemetry_index()["files"]} | {"index.json"}
    assert {name.rsplit("/", 1)[1] for name in store.names(f"of/us/telemetry/{run.id}/")} == named


def test_a_store_that_goes_away_ends_the_telemetry_and_not_the_run(
    serve: Callable[..., Server], reach: Callable[..., None]
) -> None:
    store = ObjectStore()
    try:
        reach(store)
        server = serve(TELEMETRY__URL=URL)
        run = server.client().create_run(agents=100_000, horizon_ticks=300, start=True)
        eventually("it is recorded", lambda: store.names(f"of/us/telemetry/{run.id}/"))
    finally:
        store.end()
    assert run.wait(WATCHDOG_S).status == "succeeded"
    # What is not there is not named, now or after a restart without the store.
    assert outputs(run)["results_ref"] == f"/api/v1/runs/{run.id}/results"
    gone = httpx.get(f"{server.url}/api/v1/telemetry/{run.id}")
    assert (gone.status_code, gone.json()["error_code"]) == (503, "STORE_ERROR")
    server.end()
    server.start()
    run.refresh()
    assert run.status == "succeeded" and run.results()["outcome_summary"]
    assert outputs(run)["results_ref"] == f"/api/v1/runs/{run.id}/results"
    assert "does not answer" in (server.folder / "log").read_text()


def test_a_place_that_refuses_is_told_at_the_start(
    tmp_path: Path, objects: ObjectStore, reach: Callable[..., None]
) -> None:
    def refused(url: str, *command: str) -> str:
        done = subprocess.run(
            [PROGRAM, *command, "--data-dir", "data"],
            cwd=tmp_path, env=clean({"TELEMETRY__URL": url}), capture_output=True, text=True, timeout=WATCHDOG_S,
        )  # fmt: skip
        assert done.returncode == 1 and not done.stdout, done.stdout
        assert "hint: " in done.stderr
        return done.stderr

    serve_here = ("serve", "--listen", "127.0.0.1:0")
    reach(objects)
    assert "telemetry.url: the object store refuses" in refused("s3://no-such-bucket/x", *serve_here)
    assert "telemetry can be kept in file:, s3: and az: alone" in refused("gs://civitas", *serve_here)
    reach(objects, AWS_SECRET_ACCESS_KEY="wrong")
    said = refused(URL, *serve_here)
    assert "telemetry.url: the object store refuses" in said and objects.secret not in said
    assert "telemetry.url: the object store refuses" in refused(URL, "run", "--agents", "100", "--ticks", "2")

    # One that does not answer may do so later: a run has its results, and no telemetry.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reach(objects, AWS_ENDPOINT=f"http://127.0.0.1:{taken.getsockname()[1]}")
        done = subprocess.run(
            [PROGRAM, "run", "--agents", "100", "--ticks", "2", "--json", "--data-dir", "data"],
            cwd=tmp_path, env=clean({"TELEMETRY__URL": URL}), capture_output=True, text=True, timeout=WATCHDOG_S,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome_summary"]


@without_azurite
def test_a_container_that_refuses_is_told_at_the_start(
    tmp_path: Path, blobs: BlobStore, reach: Callable[..., None]
) -> None:
    def refused(url: str) -> str:
        done = subprocess.run(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir", "data"],
            cwd=tmp_path, env=clean({"TELEMETRY__URL": url}), capture_output=True, text=True, timeout=WATCHDOG_S,
        )  # fmt: skip
        assert done.returncode == 1 and not done.stdout, done.stdout
        assert "hint: " in done.stderr and "AZURE_STORAGE_ACCOUNT_KEY" in done.stderr
        return done.stderr

    reach(blobs)
    assert "telemetry.url: the object store refuses" in refused("az://no-such-container/x")
    wrong = "d3Jvbmc="
    reach(blobs, AZURE_STORAGE_ACCOUNT_KEY=wrong)
    said = refused(blobs.place)
    assert "telemetry.url: the object store refuses" in said and wrong not in said and blobs.key not in said
