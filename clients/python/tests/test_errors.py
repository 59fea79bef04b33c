"""Refusals and lost servers: were one of these to fail, a program could not tell what to do next, or would do it twice."""

from __future__ import annotations

import functools
import http.server
import socket
import threading

import pytest
from conftest import WATCHDOG_S, run_civitas

from civitas_client import ApiError, Client, errors

NOBODY = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11"


def test_a_wrong_field_is_named(client: Client) -> None:
    for wrong, code, field in [
        ({"horizon_ticks": 1001}, "VALIDATION_ERROR", "horizon_ticks"),
        ({"seed": -1}, "VALIDATION_ERROR", "seed"),
        ({"config": {"network": {"kindd": 1}}}, "VALIDATION_ERROR", "config.network.kindd"),
        ({"project": "mine"}, "VALIDATION_ERROR", "project_id"),
    ]:
        with pytest.raises(errors.InvalidRequest) as refused:
            client.create_run(**wrong)  # type: ignore[arg-type]
        error = refused.value
        assert (error.status, error.code, error.field) == (400, code, field)
        assert error.message.startswith(field) and code in str(error)
    with pytest.raises(errors.InvalidRequest) as query:
        list(client.runs(sort="colour"))
    assert query.value.field == "sort"


def test_what_cannot_be_done_says_what_can(client: Client) -> None:
    with pytest.raises(errors.Unprocessable) as unknown:
        client.create_run(model="societ")
    assert unknown.value.code == "UNKNOWN_MODEL" and "did you mean `society`" in unknown.value.message
    with pytest.raises(errors.Unprocessable) as large:
        client.create_run(agents=100_000_000, network={"mean_degree": 40.0})
    assert large.value.code == "RUN_TOO_LARGE" and large.value.budget and large.value.hint
    assert large.value.budget["estimate"] > large.value.budget["budget"]
    with pytest.raises(errors.NotFound) as missing:
        client.run(NOBODY)
    assert (missing.value.code, missing.value.field) == ("RUN_NOT_FOUND", None)
    run = client.create_run(horizon_ticks=1)
    with pytest.raises(errors.Conflict) as early:
        run.results()
    assert early.value.code == "RESULTS_NOT_READY" and "run.wait()" in str(early.value)
    with pytest.raises(errors.Conflict):
        run.pause()


def test_a_key_is_asked_for_and_kept_secret(serve, tmp_path) -> None:
    key = run_civitas("key", "create", "--tenant", "acme", "--data-dir", "data", cwd=tmp_path).split()
    [key] = [word for word in key if word.startswith("civ_")]
    server = serve()
    for wrong in (None, key[:-1] + ("0" if key[-1] != "0" else "1")):
        with pytest.raises(errors.Unauthorized) as refused:
            server.client(wrong).create_run()
        assert refused.value.code == "UNAUTHORIZED" and "key=" in str(refused.value)
        with pytest.raises(errors.Unauthorized):
            list(server.client(wrong).runs())
    right = server.client(key)
    run = right.create_run(horizon_ticks=2, agents=100, start=True).wait(WATCHDOG_S)
    assert list(run.progress())[-1].name == "completed"
    assert key not in repr(right)


def test_a_refusal_for_now_is_repeated_after_the_stated_pause(serve, long_run: dict[str, int]) -> None:
    """The pause is the server's; what the test does in it is what somebody else would do."""
    server = serve(LIMITS__MAX_RUNNING="1")
    first = server.client().create_run(start=True, **long_run)
    pauses: list[float] = []

    def meanwhile(seconds: float) -> None:
        pauses.append(seconds)
        first.cancel()

    second = server.client(sleep=meanwhile).create_run(agents=100, horizon_ticks=2, start=True)
    assert pauses == [30.0]
    assert server.client().run(second.id).wait(WATCHDOG_S).status == "succeeded"


def test_a_refusal_for_now_is_told_when_patience_is_over(serve, long_run: dict[str, int]) -> None:
    impatient = serve(LIMITS__MAX_RUNNING="1").client(retry_for_s=0)
    first = impatient.create_run(start=True, **long_run)
    second = impatient.create_run()
    with pytest.raises(errors.QuotaExceeded) as refused:
        second.start()
    assert (refused.value.retry_after_s, refused.value.status) == (30.0, 429)
    assert second.refresh().status == "queued"
    first.cancel()


def test_a_server_that_is_not_there_is_waited_for(serve) -> None:
    server = serve()
    server.end()
    pauses: list[float] = []

    def meanwhile(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            server.start()

    run = server.client(sleep=meanwhile).create_run(agents=100)
    assert run.status == "queued" and len(pauses) == 3 and pauses[0] < pauses[1] < pauses[2]
    assert len(list(server.client().runs())) == 1


def test_a_server_that_never_comes_is_given_up() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Client(url, retry_for_s=0.5) as client, pytest.raises(errors.ConnectionFailed, match="civitas serve"):
            client.health()


def test_what_was_sent_and_lost_is_not_sent_again() -> None:
    """A socket that takes the request and hangs up, as a server does that dies: only what cannot hurt is repeated."""
    for method, times in (("POST", 1), ("GET", 3)):
        with socket.create_server(("127.0.0.1", 0)) as dying:
            asked: list[bytes] = []

            def hang_up(_: float = 0.0, dying: socket.socket = dying, asked: list[bytes] = asked) -> None:
                if len(asked) < 3:
                    threading.Thread(target=take, args=(dying, asked), daemon=True).start()
                else:
                    raise AssertionError("it was asked once too often")

            hang_up()
            url = f"http://127.0.0.1:{dying.getsockname()[1]}"
            with Client(url, retry_for_s=10, timeout_s=5, sleep=hang_up) as client:
                with pytest.raises((errors.ConnectionFailed, AssertionError)) as lost:
                    client.call(method, "/api/v1/runs", **({"json": {}} if method == "POST" else {}))
            assert len(asked) == times
            if method == "POST":
                assert "may have been done" in str(lost.value)


def test_what_was_removed_by_a_request_that_was_lost_is_not_said_to_be_missing() -> None:
    """The first DELETE may have been done, so that the second finds nothing; one that was never lost finds nothing alone."""
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    gone = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    for answers, kind in [
        ([b"", missing], errors.ConnectionFailed),
        ([gone, missing], errors.ConnectionFailed),
        ([missing], errors.NotFound),
    ]:
        with socket.create_server(("127.0.0.1", 0)) as dying:
            asked: list[bytes] = []

            def serve(dying: socket.socket = dying, asked: list[bytes] = asked, answers: list[bytes] = answers) -> None:
                for answer in answers:
                    take(dying, asked, answer)

            threading.Thread(target=serve, daemon=True).start()
            with Client(f"http://127.0.0.1:{dying.getsockname()[1]}", sleep=lambda _: None) as client:
                with pytest.raises(kind) as lost:
                    client.remove_event_script(NOBODY)
        assert len(asked) == len(answers)
        assert ("may have been done" in str(lost.value)) == (kind is errors.ConnectionFailed)


def take(listener: socket.socket, asked: list[bytes], answer: bytes = b"") -> None:
    """Reads one request, says what is to be said, and hangs up."""
    connection, _ = listener.accept()
    with connection:
        asked.append(connection.recv(65536))
        connection.sendall(answer)


def test_only_reading_works_on_a_server_that_is_read_only(serve) -> None:
    client = serve(SERVER__READ_ONLY="true").client()
    assert client.health() == {"status": "ok"} and list(client.runs()) == []
    with pytest.raises(errors.Forbidden) as refused:
        client.create_run()
    assert refused.value.code == "READ_ONLY"


def test_an_address_that_is_none_is_refused() -> None:
    for url in ("127.0.0.1:8080", "ftp://host", ""):
        with pytest.raises(ValueError, match="url must be like"):
            Client(url)


def test_a_key_that_cannot_be_one_is_refused() -> None:
    for key in ("", "civ_x\n", "schl\u00fcssel"):
        with pytest.raises(ValueError, match="civitas key create"):
            Client(key=key)


def test_an_answer_that_is_no_json_names_who_gave_it(tmp_path) -> None:
    """Something else listens there: a server of plain files, as a wrong port or a proxy's own page."""
    (tmp_path / "health").write_text("<html>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with Client(f"http://127.0.0.1:{other.server_port}", retry_for_s=0) as client:
            with pytest.raises(errors.CivitasError, match="not JSON"):
                client.health()
            with pytest.raises(errors.ServerError) as strange:
                client.create_run()
            assert (strange.value.status, strange.value.code) == (501, "HTTP_501")
        other.shutdown()


def test_every_code_of_the_server_has_a_class(client: Client) -> None:
    """An answer that no civitas gives, as a proxy's may be, is an error all the same."""
    with pytest.raises(ApiError) as strange:
        client.call("GET", "/api/v1/nowhere")
    assert type(strange.value) is errors.NotFound and strange.value.code == "NOT_FOUND"
    with pytest.raises(errors.InvalidRequest) as method:
        client.call("DELETE", "/api/v1/runs")
    assert method.value.status == 405
