#!/usr/bin/env python3
"""Kills the server while STOPs stream in, and checks that no acknowledged STOP is lost.

    python3 tests/crash.py --rounds 5 --binary target/debug/sms-opt-in

Each round: eight threads post signed STOPs from distinct fictional numbers, the server gets `kill -9` at a random moment,
is started again on the same database, and every STOP that was answered 2xx must be opted out. STOPs without an answer are
repeated, as Twilio does. At the end all are checked once more and the ledger is verified.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

import support
from support import Caller, Lost, Server

THREADS = 8


class Stream:
    """The STOPs of one round, from several threads until the server dies."""

    def __init__(self, port, numbers):
        self.port, self.numbers, self.lock = port, numbers, threading.Lock()
        self.acknowledged, self.unanswered, self.errors = {}, {}, []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        caller = Caller(self.port)
        while True:
            with self.lock:
                number = next(self.numbers, None)
            if number is None:
                return
            sid = "SM" + uuid.uuid4().hex
            try:
                taken = caller.text(number, "STOP", sid)
            except OSError:
                self.unanswered[number] = sid
                return
            except Lost as error:
                self.errors.append(error)
                return
            (self.acknowledged if taken else self.unanswered)[number] = sid

    def join(self):
        for thread in self.threads:
            thread.join(30)
        if self.errors:
            raise self.errors[0]


def check(server, key, stops):
    """Every one of the (number, MessageSid) pairs must be in its number's history, and the number opted out."""

    def losses(some):
        caller, auth = Caller(server.port), {"Authorization": f"Bearer {key}"}
        for number, sid in some:
            path = f"/api/v1/numbers/{urllib.parse.quote(number)}/"
            status, body = caller.call("GET", path + "events", headers=auth)
            history = json.loads(body) if status == 200 else []
            if not any(event["evidence"].get("provider_message_id") == sid for event in history):
                yield f"{sid} of {number} is not in its history (HTTP {status})"
            status, body = caller.call("GET", path + "consent", headers=auth)
            if status != 200 or json.loads(body)["state"] != "opted_out":
                yield f"{number}: HTTP {status}, {body[:200]!r}"

    stops = list(stops)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(lambda some: list(losses(some)), (stops[part::THREADS] for part in range(THREADS)))
        lost = list(itertools.chain.from_iterable(parts))
    if lost:
        raise Lost(f"{len(lost)} acknowledged STOPs were lost, the first: {lost[:5]}")


def crash(server, key, numbers, chance):
    """One round. Returns the STOPs that were acknowledged before the crash, and after it."""
    stream = Stream(server.port, numbers)
    time.sleep(chance.uniform(0.3, 1.5))
    server.end(signal.SIGKILL)
    stream.join()
    server.start()
    check(server, key, stream.acknowledged.items())
    caller = Caller(server.port)
    for number, sid in stream.unanswered.items():
        if not caller.text(number, "STOP", sid):
            raise Lost(f"the repeated STOP of {number} was not taken after the restart")
    check(server, key, stream.unanswered.items())
    return list(stream.acknowledged.items()), list(stream.unanswered.items())


def run(server, rounds, chance):
    server.start()
    key = server.api_key()
    numbers, all_taken, all_repeated = itertools.cycle(support.numbers(chance)), [], []
    for number in range(1, rounds + 1):
        taken, repeated = crash(server, key, numbers, chance)
        if not taken:
            raise Lost("no STOP was acknowledged in this round: nothing was tested")
        print(f"round {number}: {len(taken)} STOPs acknowledged before the kill, none lost; "
              f"{len(repeated)} without an answer, repeated", flush=True)
        all_taken += taken
        all_repeated += repeated
    check(server, key, all_taken + all_repeated)
    server.end(signal.SIGTERM)
    print(server.verify())
    print(f"{rounds} crashes, {len(all_taken)} STOPs acknowledged, 0 lost, {len(all_repeated)} repeated.")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--binary", default="target/debug/sms-opt-in")
    options.add_argument("--seed", type=int, default=None, help="repeats the moments of an earlier run")
    given = options.parse_args()
    binary = os.path.abspath(given.binary)
    if not os.access(binary, os.X_OK):
        sys.exit(f"There is no program at {binary}: run cargo build first.")
    seed = random.randrange(1 << 32) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-crash-") as folder:
        # Nobody listens at port 9: the confirmations wait, and no text leaves this machine.
        server = Server(binary, folder, "sqlite://" + os.path.join(folder, "test.db"), "http://127.0.0.1:9")
        try:
            run(server, given.rounds, random.Random(seed))
        except (Lost, OSError, subprocess.SubprocessError) as error:
            server.end(signal.SIGKILL)
            print("--- the server's last lines ---", server.last_lines(), sep="\n", file=sys.stderr)
            sys.exit(f"FAILED: {error}")
        finally:
            server.end(signal.SIGKILL)


if __name__ == "__main__":
    main()
