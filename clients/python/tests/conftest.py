"""Real servers for the tests: the program itself, on a free port, with a data folder that goes with the test.

The program is the one that CIVITAS_BIN names, else the debug build of this repository.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from civitas_client import Client

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("CIVITAS_BIN", ROOT / "target" / "debug" / "civitas")).resolve()
# How long anything may take before a test is taken to hang, in seconds. No measure of speed.
WATCHDOG_S = 120.0


def run_civitas(*arguments: str, cwd: Path | None = None) -> str:
    """What the program says on standard output; it must end well."""
    done = subprocess.run(
        [PROGRAM, *arguments], cwd=cwd, env=clean(), capture_output=True, text=True, timeout=WATCHDOG_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def clean(settings: dict[str, str] | None = None) -> dict[str, str]:
    """The environment without settings of the user's own, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CIVITAS_", "RUST_LOG"))}
    return kept | {f"CIVITAS_{name}": value for name, value in (settings or {}).items()}


class Server:
    """A server that keeps its port and its data over restarts."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        """Starts it."""
        self.folder = folder
        self.settings = settings
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.clients: list[Client] = []
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it listens."""
        command = [PROGRAM, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", "data"]
        self.log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=clean(self.settings), stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "listening" in line, (self.folder / "log").read_text()

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends it: SIGTERM as an administrator does, SIGKILL as a power cut does."""
        self.process.send_signal(how)
        self.process.wait(WATCHDOG_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()

    def client(self, key: str | None = None, **settings: object) -> Client:
        """A client of it, closed with it."""
        client = Client(self.url, key, **settings)  # type: ignore[arg-type]
        self.clients.append(client)
        return client

    def close(self) -> None:
        """Ends it if it still runs."""
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server with the default settings, shared by tests that need nothing else."""
    server = Server(tmp_path_factory.mktemp("civitas"), {})
    yield server.client()
    server.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own, with these settings: `serve(LIMITS__MAX_RUNNING="1")`."""
    servers: list[Server] = []

    def start(**settings: str) -> Server:
        servers.append(Server(tmp_path, settings))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def long_run() -> dict[str, int]:
    """Arguments of a run that takes far longer than any test looks at it."""
    return {"agents": 200_000, "horizon_ticks": 1000}
