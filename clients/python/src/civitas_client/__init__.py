"""A client of civitas, a runtime for simulating societies.

    from civitas_client import Client

    with Client("http://127.0.0.1:8080") as client:
        run = client.create_run("Better times", scenario={"economy_confidence": 0.2}, start=True).wait()
        print(run.results()["outcome_summary"])

`AsyncClient` is the same for asyncio: methods are awaited.

Map: `client` and `async_client` are where everything starts; `run`, `async_run`, `batch` and `experiment` are handles of
what is on the server; what these are asked is written once, in `client_calls`, `event_calls` and `run_calls`, and `flow`
makes methods of it; `types` is what a server answers; `errors` is what can go wrong; `transport` repeats requests; `events`
and `sse` are the stream of progress; `frames`, `tables` and `bars` are for pandas, polars, tqdm and rich.
"""

from . import errors, types
from .async_client import AsyncClient
from .async_run import AsyncRun
from .batch import AsyncBatch, Batch
from .client import Client
from .errors import ApiError, CivitasError, RunFailed, RunNotSucceeded, WaitTimeout
from .events import Event
from .experiment import AsyncExperiment, Experiment
from .run import Run
from .version import VERSION

__version__ = VERSION
__all__ = [
    "ApiError",
    "AsyncBatch",
    "AsyncClient",
    "AsyncExperiment",
    "AsyncRun",
    "Batch",
    "CivitasError",
    "Client",
    "Event",
    "Experiment",
    "Run",
    "RunFailed",
    "RunNotSucceeded",
    "WaitTimeout",
    "errors",
    "types",
]
