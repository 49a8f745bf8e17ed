#!/usr/bin/env python3
"""What a number with a very long record costs: 20,000 texts and as many events, then the size and the time of each page and
answer about it.

    cargo build --release
    python3 benches/long_record.py [--postgres]
"""

import argparse
import http.client
import json
import os
import re
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from cluster import Postgres
from common import INBOUND, SENDER, Installation, signed

LEAD = "+12065550142"


def fill(it, count, connections=8):
    """The same lead texts STOP again and again: each is a text and an event."""
    def some(first):
        line = http.client.HTTPConnection("127.0.0.1", it.port)
        for n in range(first, count, connections):
            params = {"From": LEAD, "To": SENDER, "Body": "STOP", "MessageSid": f"SM{n:032x}", "OptOutType": "STOP"}
            headers, body = signed(INBOUND, params)
            line.request("POST", INBOUND, body, dict(headers))
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"a text was answered {answer.status}")

    began = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(some, range(connections)))
    print(f"{count} texts: {time.monotonic() - began:.0f} s", flush=True)


def ask(it, path, headers):
    times = []
    for _ in range(20):
        line = http.client.HTTPConnection("127.0.0.1", it.port)
        began = time.perf_counter()
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        line.close()
        if answer.status != 200:
            raise SystemExit(f"{path} was answered {answer.status}")
    name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", path)
    print(f"{name:64} {len(body) / 1024:7.0f} KiB {statistics.median(times):8.1f} ms, at most {max(times):8.1f} ms", flush=True)
    return body.decode()


def run(given, name, folder, database=None):
    print(f"\n{name}", flush=True)
    it = Installation(os.path.abspath(given.binary), folder, 100, database)
    try:
        line = http.client.HTTPConnection("127.0.0.1", it.port)
        body = json.dumps({"phone": LEAD, "name": "Lou Long"})
        line.request("POST", "/api/v1/contacts", body, dict(it.auth) | {"Content-Type": "application/json"})
        contact = json.load(line.getresponse())["id"]
        fill(it, given.texts)
        _, cookie = it.sign_in()
        signed_in, key = {"Cookie": cookie}, dict(it.auth)
        page = ask(it, f"/contacts/{contact}", signed_in)
        for older in sorted(set(re.findall(r'href="([^"]+)"[^>]*>Load older', page))):
            ask(it, older.replace("&amp;", "&").replace("&#38;", "&").split("#")[0], signed_in)
        for path in ("/contacts", "/messages", "/troubleshoot?number=%2B12065550142", "/"):
            ask(it, path, signed_in)
        for path in (f"/api/v1/numbers/{LEAD}/consent", f"/api/v1/numbers/{LEAD}/events"):
            ask(it, path, key)
    finally:
        it.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, too")
    parser.add_argument("--no-sqlite", action="store_true", help="not on SQLite")
    parser.add_argument("--texts", type=int, default=20_000)
    given = parser.parse_args()
    if not given.no_sqlite:
        with tempfile.TemporaryDirectory(prefix="sms-opt-in-bench-") as folder:
            run(given, "SQLite", folder)
    if given.postgres:
        with tempfile.TemporaryDirectory(prefix="sms-opt-in-bench-") as folder:
            database = Postgres(folder)
            try:
                run(given, "PostgreSQL", folder, database.url)
            finally:
                database.stop()


main()
