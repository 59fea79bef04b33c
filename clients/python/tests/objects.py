"""An object store that speaks S3, as a process of its own: moto, which keeps everything in memory.

It asks for keys as the real one does: a request that is not signed with the key of the user that was made here is refused.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import boto3
import httpx
from botocore.config import Config
from conftest import WATCHDOG_S

BUCKET = "civitas"
REGION = "us-east-1"
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


class ObjectStore:
    """An S3 server with one bucket and one user who may do everything."""

    place = f"s3://{BUCKET}/of/us"

    def __init__(self) -> None:
        """Starts it, and waits until it answers."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + WATCHDOG_S
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < end, "moto does not start"
            time.sleep(0.1)
        iam = self._client("iam", "any", "any")
        iam.create_user(UserName="civitas")
        iam.put_user_policy(UserName="civitas", PolicyName="all", PolicyDocument=POLICY)
        key = iam.create_access_key(UserName="civitas")["AccessKey"]
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        self.s3 = self._client("s3", self.key, self.secret)
        self.s3.create_bucket(Bucket=BUCKET)
        # From here on every request must be signed.
        httpx.post(f"{self.url}/moto-api/reset-auth", content="0").raise_for_status()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/moto-api/").status_code < 500
        except httpx.HTTPError:
            return False

    def _client(self, service: str, key: str, secret: str):  # type: ignore[no-untyped-def]
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"max_attempts": 1}),
        )

    def environment(self, **changed: str) -> dict[str, str]:
        """What a program that is to reach it finds in its environment."""
        return {
            "AWS_ENDPOINT": self.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        } | changed

    def names(self, prefix: str = "") -> list[str]:
        """Names of the objects that start like this."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def read(self, name: str) -> bytes:
        """An object."""
        return self.s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()  # type: ignore[no-any-return]

    def end(self) -> None:
        """Ends it, and all that it holds is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WATCHDOG_S)
