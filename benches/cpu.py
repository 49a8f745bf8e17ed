#!/usr/bin/env python3
"""Server CPU per request, in multiples of a bare actix handler in the same run, and requests per second.

    cargo build --release && cargo build --release --example bare --example load
    python3 benches/cpu.py --contacts 100000

The client keeps 64 connections busy with requests that were made beforehand. What is compared is the CPU time (user and
system) of the server's process, so the ratios hold on a noisy machine; the rates share two cores with the client. A
pause after each load is counted too, so that what the load left for the delivery worker belongs to it.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

from common import Installation, free_port, load, request, send, stop, wait_for

CONNECTIONS = 64


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Canadian area codes: with 555-01XX they make fictional numbers that the demo data does not have.
NEW_AREAS = ("204 226 236 249 250 289 306 343 365 403 416 418 431 437 438 450 506 514 519 548 579 581 587 604 613 639 647 "
             "672 705 709 778 780 782 807 819 825 867 873 902 905").split()


def new_number(n):
    return f"+1{NEW_AREAS[n % len(NEW_AREAS)]}55501{n // len(NEW_AREAS) % 100:02}"


class Table:
    """Prints each load beside the first one, the baseline."""

    def __init__(self):
        self.baseline = None

    def measure(self, name, pid, port, requests, expected=200, settle=0.0):
        before = cpu(pid)
        seconds = load(port, requests, expected, CONNECTIONS)
        time.sleep(settle)
        micros = (cpu(pid) - before) / len(requests) * 1e6
        self.baseline = self.baseline or micros
        print(f"{name:48} {len(requests) / seconds:8.0f} requests/s {micros:8.1f} us CPU {micros / self.baseline:6.1f} x",
              flush=True)


def run(table, it, count, contacts):
    opted_in = it.opted_in(count)
    pages = [contacts - (n * 50) % max(contacts - 100, 1) for n in range(count // 10)]

    def measured(name, requests, expected=200, settle=0.0):
        table.measure(name, it.process.pid, it.port, requests, expected, settle)

    measured("list page of 50, JSON", [request("GET", f"/api/v1/contacts?limit=50&after={after}", it.auth) for after in pages])
    _, cookie = it.sign_in()
    measured("list page of 50, HTML, signed in", [request("GET", "/contacts", [("Cookie", cookie)]) for _ in pages])
    it.switch_sending("off")
    measured("gated send to an opted-in number, accepted",
             [send(n, opted_in[n % len(opted_in)], it.auth) for n in range(count)], 202, 1)
    measured("gated send to a new number, held, invitation made",
             [send(count + n, new_number(n), it.auth) for n in range(min(count // 2, len(NEW_AREAS) * 100))], 202, 1)
    measured("signed STOP, Twilio has confirmed it",
             [stop(n, f"+1{201 + n % 700}55501{n // 700 % 100:02}") for n in range(count)], 200, 1)
    it.switch_sending("on")
    time.sleep(20)
    opted_in = it.opted_in(count) or opted_in
    measured("gated send, delivered, receipts taken",
             [send(2 * count + n, opted_in[n % len(opted_in)], it.auth) for n in range(count // 4)], 202, 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--bare", default="target/release/examples/bare")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=20_000)
    given = parser.parse_args()
    table, port = Table(), free_port()
    bare = subprocess.Popen([given.bare, f"127.0.0.1:{port}"])
    try:
        wait_for(port)
        table.measure("bare actix handler", bare.pid, port, [request("GET", "/")] * (given.requests * 5))
    finally:
        bare.kill()
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-bench-") as folder:
        it = Installation(given.binary, folder, given.contacts)
        it.command("program", "--regions", "US,CA")
        try:
            run(table, it, given.requests, given.contacts)
        finally:
            it.stop()


main()
