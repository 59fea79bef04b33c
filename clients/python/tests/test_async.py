"""The client for asyncio: were one of these to fail, a service would wait for one run where it could have waited for many, or be
told something else than a notebook.
"""

from __future__ import annotations

import asyncio
import inspect
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pandas
import polars
import pytest
from conftest import ROOT, WATCHDOG_S, Server

from civitas_client import AsyncClient, AsyncRun, CivitasError, Client, WaitTimeout, errors, types
from civitas_client.flow import Awaited, Blocking
from civitas_client.run import Run


def asked(client: Client, story: Callable[[AsyncClient], Coroutine[Any, Any, None]], **settings: Any) -> None:
    """Tells the story to the server of this client."""

    async def told() -> None:
        async with AsyncClient(client.transport.url, **settings) as awaited:
            await asyncio.wait_for(story(awaited), WATCHDOG_S)

    asyncio.run(told())


def test_runs_are_waited_for_side_by_side(client: Client) -> None:
    async def story(awaited: AsyncClient) -> None:
        assert await awaited.health() == {"status": "ok"}
        config = types.RunConfig(snapshot_every_ticks=10)
        made = [
            awaited.create_run(f"Run {seed}", seed=seed, agents=2_000, horizon_ticks=20, config=config)
            for seed in (1, 2, 3)
        ]
        runs = await asyncio.gather(*made)
        await asyncio.gather(*(run.start() for run in runs))
        ended = await asyncio.gather(*(run.wait(WATCHDOG_S) for run in runs))
        assert [run.status for run in ended] == ["succeeded"] * 3 and all(type(run) is AsyncRun for run in ended)
        results = await runs[0].results()
        alone = client.run(runs[0].id)
        assert results == alone.results()
        frame = await runs[0].trends()
        assert isinstance(frame, pandas.DataFrame) and frame.equals(alone.trends())
        by_region = await runs[0].telemetry(["adoption_rate"], ["CA"], library="polars")
        assert isinstance(by_region, polars.DataFrame) and by_region.height == 21 * 2
        agents = await runs[0].agents(0)
        assert len(agents) and agents.equals(alone.agents(0))
        fork = await runs[0].fork(name="Fork", horizon_ticks=25, start=True)
        assert (type(fork), fork.name) == (AsyncRun, "Fork")
        await fork.wait(WATCHDOG_S)
        assert (await runs[1].verify(timeout=WATCHDOG_S))["state"] == "same"
        listed = [run.id async for run in awaited.runs(page_size=2)]
        assert {run.id for run in runs} <= set(listed) and len(set(listed)) == len(listed)

    asked(client, story)


def test_progress_outlives_a_crash_of_the_server(serve: Callable[..., Server]) -> None:
    server = serve()

    async def story(awaited: AsyncClient) -> None:
        config = {"population": {"agents": 40_000}, "snapshot_every_ticks": 5}
        run = await awaited.create_run(config=config, horizon_ticks=200, start=True)
        ticks: list[int] = []
        async for event in run.progress():
            ticks.append(event.tick)
            if len(ticks) == 3:
                await asyncio.to_thread(server.end, signal.SIGKILL)
                await asyncio.to_thread(server.start)
        assert (run.status, ticks[-1]) == ("succeeded", 200)
        assert (await run.refresh()).has_ended

    asked(server.client(), story, reconnect_for_s=60)


def test_who_leaves_a_stream_early_leaves_no_connection(client: Client) -> None:
    async def story(awaited: AsyncClient) -> None:
        answers: list[httpx.Response] = []
        stream = awaited.transport.stream

        @asynccontextmanager
        async def seen(path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
            async with stream(path, headers) as response:
                answers.append(response)
                yield response

        awaited.transport.stream = seen  # type: ignore[method-assign]
        run = await awaited.create_run(agents=200_000, horizon_ticks=1000, start=True)
        async with aclosing(run.progress()) as told:
            async for _ in told:
                assert [answer.is_closed for answer in answers] == [False]
                break
        assert [answer.is_closed for answer in answers] == [True], "it is closed with the stream"
        await run.cancel()

    asked(client, story)


def test_refusals_are_the_same_exceptions(client: Client) -> None:
    async def story(awaited: AsyncClient) -> None:
        with pytest.raises(errors.InvalidRequest) as refused:
            await awaited.create_run(horizon_ticks=1001)
        assert refused.value.field == "horizon_ticks"
        run = await awaited.create_run(agents=200_000, horizon_ticks=1000, start=True)
        with pytest.raises(WaitTimeout):
            await run.wait(0.05)
        assert (await run.cancel()).status == "cancelled"
        with pytest.raises(errors.RunCancelled):
            await run.wait(WATCHDOG_S)
        short = AsyncRun(awaited, {"id": run.id})
        with pytest.raises(CivitasError, match=r"await run.refresh\(\)"):
            _ = short.config
        assert (await short.refresh()).config["horizon_ticks"] == 1000

    asked(client, story)
    with pytest.raises(ValueError, match="url must be like"):
        AsyncClient("127.0.0.1:8080")

    async def nobody() -> None:
        paused: list[float] = []

        async def sleep(seconds: float) -> None:
            paused.append(seconds)

        # Nobody listens at port 1; it is tried again, and given up.
        async with AsyncClient("http://127.0.0.1:1", retry_for_s=0.5, sleep=sleep) as away:
            with pytest.raises(errors.ConnectionFailed):
                await away.health()
        assert paused

    asyncio.run(nobody())


def test_batches_experiments_and_event_scripts_are_awaited(client: Client) -> None:
    async def story(awaited: AsyncClient) -> None:
        base = {"horizon_ticks": 10, "population": {"agents": 1_000}}
        batch = await awaited.create_batch(base, [{"seed": 1}, {"seed": 2}], auto_start=True)
        frame = await (await batch.wait(WATCHDOG_S)).outcomes()
        assert frame["seed"].tolist() == [1, 2] and frame["status"].tolist() == ["succeeded"] * 2
        assert (await batch.trends(library="polars"))["seed"].n_unique() == 2
        experiment = await awaited.run_experiment(ROOT / "scenarios" / "campaign.json")
        await experiment.wait(WATCHDOG_S)
        assert experiment.status == "completed" and (await experiment.report())["steps"]
        assert experiment.id in [item.id async for item in awaited.experiments()]
        script = await awaited.create_event_script(
            "Hope", [{"variable": "economy_confidence", "operation": "add", "value": 0.1}]
        )
        bundle = await awaited.create_event_bundle("Spring", [script["id"]])
        run = await awaited.create_run(agents=500, horizon_ticks=5, bundle=bundle["id"])
        assert (await run.refresh()).data["config"]["scenario_patch"]["event_bundle_id"] == bundle["id"]
        assert bundle["id"] in [item["id"] async for item in awaited.event_bundles()]

    asked(client, story)


def test_both_clients_have_the_same_methods() -> None:
    """What one can be asked the other can be asked: with the same arguments, and the same words about it."""

    def public(kind: type) -> dict[str, Any]:
        return {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}

    for blocking, awaited in [(Client, AsyncClient), (Run, AsyncRun)]:
        assert issubclass(blocking, Blocking) and issubclass(awaited, Awaited)
        assert set(public(blocking)) == set(public(awaited))
        for name, method in public(blocking).items():
            other = public(awaited)[name]
            if callable(method):
                assert inspect.signature(method).parameters.keys() == inspect.signature(other).parameters.keys(), name
            assert inspect.getdoc(method), name
    run = AsyncRun(AsyncClient(), {"id": "x"})
    assert list(inspect.signature(run.wait).parameters) == ["timeout", "check", "bar"]
    assert inspect.getdoc(run.wait) == inspect.getdoc(Run.wait)
