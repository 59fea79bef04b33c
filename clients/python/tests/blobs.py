"""Azure Blob Storage as a process of its own: Azurite, Microsoft's own stand-in for it, which keeps everything in memory.

It asks for signatures as the real one does: a request that is not signed with the key of the account is refused.
"""

from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import os
import re
import secrets
import socket
import subprocess
import time

import httpx
from conftest import WATCHDOG_S

CONTAINER = "civitas"
ACCOUNT = "society"
# The program, which npm installs: `npm install azurite`.
AZURITE = os.environ.get("CIVITAS_AZURITE")


class BlobStore:
    """A server with one account and one container."""

    place = f"az://{CONTAINER}/of/us"

    def __init__(self) -> None:
        """Starts it, and waits until it answers."""
        assert AZURITE, "CIVITAS_AZURITE names no program"
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/{ACCOUNT}"
        self.key = base64.b64encode(secrets.token_bytes(64)).decode()
        command = [AZURITE, "--blobHost", "127.0.0.1", "--blobPort", str(port)]
        command += ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck"]
        known = os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}"}
        self.process = subprocess.Popen(command, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + WATCHDOG_S
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < end, "azurite does not start"
            time.sleep(0.1)
        self._ask("PUT", f"/{CONTAINER}", restype="container")

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url).status_code < 500
        except httpx.HTTPError:
            return False

    def _ask(self, method: str, path: str, **query: str) -> httpx.Response:
        """A request that is signed with the account's key (Shared Key)."""
        headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
        resource = f"/{ACCOUNT}/{ACCOUNT}{path}" + "".join(f"\n{name}:{query[name]}" for name in sorted(query))
        known = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        text = method + "\n" * 12 + known + resource
        signature = hmac.new(base64.b64decode(self.key), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
        return httpx.request(method, self.url + path, params=query, headers=headers).raise_for_status()

    def environment(self, **changed: str) -> dict[str, str]:
        """What a program that is to reach it finds in its environment."""
        return {
            "AZURE_STORAGE_ENDPOINT": self.url,
            "AZURE_ALLOW_HTTP": "true",
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": self.key,
        } | changed

    def names(self, prefix: str = "") -> list[str]:
        """Names of the objects that start like this."""
        listed = self._ask("GET", f"/{CONTAINER}", restype="container", comp="list", prefix=prefix).text
        assert "<NextMarker/>" in listed, "more objects than a page of the list has"
        return re.findall("<Name>([^<]*)</Name>", listed)

    def read(self, name: str) -> bytes:
        """An object."""
        return self._ask("GET", f"/{CONTAINER}/{name}").content

    def end(self) -> None:
        """Ends it, and all that it holds is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WATCHDOG_S)
