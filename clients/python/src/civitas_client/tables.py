"""Tables that are uploaded: files, bytes, or frames of pandas and polars, as parts of a form. It must not send them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

# What a table can be given as: a path (CSV or Parquet), the bytes of such a file, or a frame.
Table = str | os.PathLike[str] | bytes | Any


def part(name: str, table: Table) -> tuple[str, bytes]:
    """The file name and the bytes of a table. The server names the file in what it says of a wrong row."""
    if isinstance(table, (str, os.PathLike)):
        path = Path(table)
        return path.name, path.read_bytes()
    if isinstance(table, bytes):
        return (f"{name}.parquet" if table[:4] == b"PAR1" else f"{name}.csv"), table
    if hasattr(table, "write_csv"):
        buffer = io.BytesIO()
        table.write_csv(buffer)
        return f"{name}.csv", buffer.getvalue()
    if hasattr(table, "to_csv"):
        # pandas writes True and False, tables have true and false.
        flags = [column for column in table.columns if str(table[column].dtype) in ("bool", "boolean")]
        shown = table.assign(**{column: table[column].map({True: "true", False: "false"}) for column in flags})
        return f"{name}.csv", shown.to_csv(index=False).encode()
    raise TypeError(f"{name} must be a path, bytes, or a frame of pandas or polars, not {type(table).__name__}")
