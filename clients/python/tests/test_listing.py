"""Listings: were one of these to fail, who counts runs would count some twice, or not at all."""

from __future__ import annotations

from civitas_client import Client

PROJECT = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a20"


def test_runs_come_page_by_page_each_once(client: Client) -> None:
    made = [client.create_run(f"run {place}", project=PROJECT).id for place in range(7)]
    for size in (1, 3, 7, 100):
        assert [run.id for run in client.runs(project=PROJECT, sort="created_at", page_size=size)] == made
    assert next(run.name for run in client.runs(project=PROJECT, sort="-name", page_size=2)) == "run 6"
    client.run(made[3]).cancel()
    assert [run.id for run in client.runs(project=PROJECT, status="cancelled")] == [made[3]]
    assert list(client.runs(project=PROJECT, mode="experiment")) == []


def test_a_run_that_is_created_meanwhile_shifts_nobody_out(client: Client) -> None:
    project = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a21"
    made = [client.create_run(project=project).id for _ in range(6)]
    seen = []
    for run in client.runs(project=project, page_size=2):
        seen.append(run.id)
        if len(seen) in (1, 3):
            client.create_run(project=project)
    assert seen == made[::-1]


def test_an_item_of_a_listing_is_a_whole_run(client: Client) -> None:
    project = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a22"
    client.create_run("One", project=project, seed=5)
    [run] = client.runs(project=project)
    assert (run.name, run.config["seed"]) == ("One", 5)
    assert "One" in repr(run)
