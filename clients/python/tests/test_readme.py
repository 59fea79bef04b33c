"""The page that people see first: every piece of Python in the README runs, in order, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_runs(serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    address = serve().url
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block.replace("http://127.0.0.1:8080", address), str(README), "exec"), names)
    said = capsys.readouterr().out
    assert "100 succeeded" in said and "adoption_rate" in said and "seed 5" in said and "std" in said
    names["client"].close()  # type: ignore[attr-defined]


def test_the_first_example_has_five_lines() -> None:
    first = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    lines = [line for line in first.splitlines() if line.strip() and not line.startswith(("from ", "import "))]
    assert len(lines) == 5
