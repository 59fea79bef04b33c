"""The stream of progress: were one of these to fail, a watcher would miss the end of a run, or be told of a tick twice."""

from __future__ import annotations

import signal
import threading

import pytest
from conftest import WATCHDOG_S

from civitas_client import Client, errors
from civitas_client.sse import MAX_MESSAGE_BYTES, Decoder, Message

STREAM = (
    '\ufeff: a comment\nretry: 2500\n\nid: 1\nevent: progress\ndata: {"a":\ndata: 1}\n\n'
    "data: caf\u00e9 \u2028 \x0b here\r\n\r\nretry: soon\nid: 7\revent: x\rdata:none\r\rdata\n\nevent: empty\n\nid: 8\ndata: cut"
)
MESSAGES = [
    Message("progress", '{"a":\n1}', "1"),
    Message("message", "caf\u00e9 \u2028 \x0b here", "1"),
    Message("x", "none", "7"),
    Message("message", "", "7"),
]


def test_messages_are_the_same_however_the_bytes_are_cut() -> None:
    whole = STREAM.encode()
    for size in range(1, len(whole) + 1):
        decoder = Decoder()
        chunks = [whole[place : place + size] for place in range(0, len(whole), size)]
        assert [message for chunk in chunks for message in decoder.feed(chunk)] == MESSAGES, size
        assert (decoder.retry_s, decoder.last_event_id) == (2.5, "8")


def test_a_message_without_end_is_refused() -> None:
    decoder = Decoder()
    with pytest.raises(ValueError, match="more than"):
        for _ in range(MAX_MESSAGE_BYTES // 65536 + 1):
            list(decoder.feed(b"data: " + b"x" * 65536 + b"\n"))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_stream_goes_on_after_the_server_was_restarted(serve, how: signal.Signals) -> None:
    server = serve()
    config = {"horizon_ticks": 1000, "population": {"agents": 30_000}, "snapshot_every_ticks": 5}
    run = server.client().create_run(config=config, start=True)
    ticks: list[int] = []
    last = ""
    down = threading.Event()

    def restart() -> None:
        server.end(how)
        down.set()
        server.start()

    restarting = threading.Thread(target=restart)
    for event in run.progress():
        if event.is_last:
            last = event.name
            break
        ticks.append(event.tick)
        if event.tick >= 20 and not restarting.ident:
            restarting.start()
        # What is told after the restart is enough; the rest would only take time.
        if down.is_set() and ticks[-1] > 30 and not restarting.is_alive() and run.refresh().status == "running":
            run.cancel()
    restarting.join(WATCHDOG_S)
    assert last in ("cancelled", "completed")
    assert down.is_set() and ticks[-1] > 30
    assert ticks == sorted(set(ticks)), "a tick is told once, and in order"


def test_a_wait_outlives_a_restart(serve) -> None:
    server = serve()
    config = {"horizon_ticks": 150, "population": {"agents": 30_000}, "snapshot_every_ticks": 10}
    run = server.client().create_run(config=config, start=True)
    restarting = threading.Timer(0.2, lambda: (server.end(), server.start()))
    restarting.start()
    assert run.wait(WATCHDOG_S).status == "succeeded"
    restarting.join(WATCHDOG_S)


def test_a_server_that_stays_away_ends_the_stream(serve, long_run: dict[str, int]) -> None:
    server = serve()
    run = server.client(reconnect_for_s=1.0).create_run(start=True, **long_run)
    with pytest.raises(errors.ConnectionFailed):
        for event in run.progress():
            if event.tick >= 1:
                server.end(signal.SIGKILL)


def test_a_stream_of_nothing_is_refused(client: Client) -> None:
    run = client.create_run()
    run.id = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11"
    with pytest.raises(errors.NotFound):
        next(run.progress())
