"""Words that several answers have in common. Made by tools/types_from_openapi.py from the API's own description."""

from typing import TypedDict


class Budget(TypedDict):
    """A budget, and what was asked of it."""

    # All that there is.
    budget: int
    # What was asked for comes to about this much.
    estimate: int
    # So much is taken.
    in_use: int
    # What it is of: `memory_mib`, or `agent_steps`.
    resource: str
    # Whose it is: what one `run`, the runs of a `tenant`, or all runs of the `machine` may take.
    scope: str


class Health(TypedDict):
    """The server answers."""

    # `ok`.
    status: str
