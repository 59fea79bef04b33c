"""A client of civitas, a runtime for simulating societies.

    from civitas_client import Client

    with Client("http://127.0.0.1:8080") as client:
        run = client.create_run("Better times", scenario={"economy_confidence": 0.2}, start=True).wait()
        print(run.results()["outcome_summary"])

Map: `client` is where everything starts; `run`, `batch` and `experiment` are handles of what is on the server; `types` is
what it answers; `errors` is what can go wrong; `transport` repeats requests; `events` and `sse` are the stream of progress;
`frames`, `tables` and `bars` are for pandas, polars, tqdm and rich.
"""

from . import errors, types
from .batch import Batch
from .client import Client
from .errors import ApiError, CivitasError, RunFailed, RunNotSucceeded, WaitTimeout
from .events import Event
from .experiment import Experiment
from .run import Run
from .version import VERSION

__version__ = VERSION
__all__ = [
    "ApiError",
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
