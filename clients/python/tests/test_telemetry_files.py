"""Telemetry files in a tool of one's own: polars reads what a server wrote, and it is what the API says."""

from __future__ import annotations

import io
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

    # The same as streams of Arrow, written here, and sent by the server to whom accepts that.
    subprocess.run(
        [PROGRAM, "export", run.id, "--format", "arrow", "--out", "out", "--data-dir", "data"],
        cwd=server.folder, env=clean(), check=True, capture_output=True, timeout=WATCHDOG_S,
    )  # fmt: skip
    for table, known in [("metrics", metrics), ("environment", environment), ("agents", agents)]:
        assert polars.read_ipc_stream(server.folder / "out" / f"{table}.arrows").equals(known), table
        assert sent(server, f"runs/{run.id}/export?table={table}").equals(known), table
    nothing = sent(server, f"runs/{run.id}/export?table=events")
    assert nothing.height == 0 and nothing.columns == ["tick", "type", "kind", "agent", "count", "value"]

    # Questions too.
    columns = ["tick", "region", "segment", *slices["metrics"]]
    ask = f"telemetry/{run.id}"
    asked = sent(server, f"{ask}/slice?regions=all&segments=all").sort("tick", "region", "segment")
    assert asked.equals(metrics.select(columns).sort("tick", "region", "segment"))
    for form in (ARROW, PARQUET):
        keyframe = sent(server, f"{ask}/keyframe/10", form)
        assert keyframe.equals(agents.filter(tick=10)), form
        agent = keyframe["agent"][4]
        assert sent(server, f"{ask}/agent/{agent}", form).equals(agents.filter(agent=agent)), form
        numbers = sent(server, f"{ask}/aggregates?regions=CA", form).filter(metric="sentiment", region="CA")
        of_region = metrics.filter(region="CA").sort("tick")["sentiment"]
        assert numbers.select("first", "last", "min", "max").row(0) == (
            of_region[0], of_region[15], of_region.min(), of_region.max(),
        )  # fmt: skip
        assert sent(server, f"{ask}/events", form).equals(nothing), form
    environment_of_ca = sent(server, f"{ask}/slice?metrics=none&variables=media_sentiment&regions=CA&from_tick=3")
    assert environment_of_ca["media_sentiment"].equals(
        environment.filter(region="CA").sort("tick")["media_sentiment"][3:]
    )


ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"


def sent(server: Server, path: str, form: str = ARROW) -> polars.DataFrame:
    """The table that the server answers in this form."""
    request = urllib.request.Request(f"{server.url}/api/v1/{path}", headers={"Accept": form})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Type"] == form
        body = io.BytesIO(answer.read())
    return polars.read_ipc_stream(body) if form == ARROW else polars.read_parquet(body)
