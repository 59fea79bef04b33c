"""Telemetry files in a tool of one's own: polars reads what a server wrote, and it is what the API says."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Callable

import polars
from conftest import PROGRAM, WATCHDOG_S, Server, clean


def test_polars_reads_the_files_as_the_api_answers(serve: Callable[..., Server]) -> None:
    server = serve()
    telemetry = {"keyframe_every": 5, "sample_agents": 12}
    config = {"population": {"agents": 600}, "telemetry": telemetry, "snapshot_every_ticks": 4}
    run = server.client().create_run(config=config, horizon_ticks=15, start=True).wait(WATCHDOG_S)
    folder = server.folder / "data" / "objects" / "telemetry" / run.id

    metrics = polars.read_parquet(folder / "metrics-*.parquet")
    with urllib.request.urlopen(f"{server.url}/api/v1/telemetry/{run.id}/slice?regions=all&segments=all") as answer:
        slices = json.load(answer)
    assert metrics["tick"].dtype == polars.UInt32
    overall = metrics.filter(polars.col("region").is_null() & polars.col("segment").is_null()).sort("tick")
    assert overall["tick"].to_list() == slices["ticks"] == list(range(16))
    for name, curves in slices["metrics"].items():
        assert overall[name].to_list() == curves["overall"]
        for region, curve in curves["by_region"].items():
            assert metrics.filter(polars.col("region") == region).sort("tick")[name].to_list() == curve
        for segment, curve in curves["by_segment"].items():
            assert metrics.filter(polars.col("segment") == segment).sort("tick")[name].to_list() == curve
    # The whole is the mean of its parts, by agents.
    parts = metrics.filter(polars.col("region").is_not_null() & (polars.col("tick") == 15))
    mean = (parts["sentiment"] * parts["agents"]).sum() / parts["agents"].sum()
    assert abs(mean - overall["sentiment"][15]) < 1e-9

    environment = polars.read_parquet(folder / "environment-*.parquet")
    assert environment.height == 16 * 51 and environment["media_sentiment"].is_between(0, 1).all()
    agents = polars.read_parquet(folder / "agents-*.parquet")
    assert agents.group_by("tick").len().sort("tick").rows() == [(0, 12), (5, 12), (10, 12), (15, 12)]
    assert agents["reasons"].str.len_chars().min() > 0  # type: ignore[operator]

    subprocess.run(
        [PROGRAM, "export", run.id, "--out", "out", "--data-dir", "data"],
        cwd=server.folder, env=clean(), check=True, capture_output=True, timeout=WATCHDOG_S,
    )  # fmt: skip
    assert polars.read_parquet(server.folder / "out" / "metrics.parquet").equals(metrics)
    assert polars.read_parquet(server.folder / "out" / "agents.parquet").equals(agents)
