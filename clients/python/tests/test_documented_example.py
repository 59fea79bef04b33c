"""The API document's own Python example, with httpx and sseclient: it runs as it is written there.

`documented_example.txt` is its text, unchanged. Three things in it are no program but stand for the reader's own, and are
put in here: the address (`https://api.agentverse.ai/api/v1`; also before the one path that is given to `httpx.stream`, which
knows no client and so no address), the token, which the text leaves undefined, and the project's id (`project-uuid`).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import run_civitas

PROJECT = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10"
TEXT = (Path(__file__).parent / "documented_example.txt").read_text(encoding="utf-8")


def test_the_documented_example_runs(serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    created = run_civitas("key", "create", "--tenant", "acme", "--data-dir", "data", cwd=tmp_path)
    [token] = [word for word in created.split() if word.startswith("civ_")]
    server = serve()
    address = f"{server.url}/api/v1"
    program = TEXT
    for stands_for_it, own in [
        ("https://api.agentverse.ai/api/v1", address),
        ("    f\"/runs/{run['id']}/progress\"", f"    f\"{address}/runs/{{run['id']}}/progress\""),
        ("project-uuid", PROJECT),
    ]:
        assert program.count(stands_for_it) == 1
        program = program.replace(stands_for_it, own)
    names: dict[str, object] = {"token": token}
    exec(compile(program, "documented_example", "exec"), names)

    *progress, last = capsys.readouterr().out.splitlines()
    assert progress and all(line.startswith("progress: {") for line in progress)
    assert json.loads(progress[-1].removeprefix("progress: "))["tick"] == 100
    name, _, data = last.partition(": ")
    assert (name, json.loads(data)["status"]) == ("completed", "succeeded")
    [run] = server.client(token).runs(project=PROJECT)
    assert (run.name, run.status, run.config["seed"]) == ("Test Simulation", "succeeded", 42)
    names["client"].close()  # type: ignore[attr-defined]
