#!/usr/bin/env python3
"""Kills the server while STOPs stream in, and checks that no acknowledged STOP is lost.

    python3 tests/crash.py --rounds 5 --binary target/debug/sms-opt-in

Each round: eight threads post signed STOPs from distinct fictional numbers, the server gets `kill -9` at a random moment,
is started again on the same database, and every STOP that was answered 2xx must be opted out. STOPs without an answer are
repeated, as Twilio does. At the end all are checked once more and the ledger is verified.
"""

import argparse
import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

TOKEN = "a-token-that-only-this-test-knows"
PUBLIC_URL = "https://consent.example.test"
SENDER = "+12065550199"
INBOUND = "/hooks/twilio/inbound"
THREADS = 8
AREAS = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 "
    "253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 "
    "321 323 325 330 334 336 337 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 "
    "423 424 425 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518"
).split()


class Lost(Exception):
    """What must not happen."""


class Server:
    """The server under test; it can be started again and again on one database."""

    def __init__(self, binary, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.binary, self.folder, self.process = binary, folder, None
        self.log_path = os.path.join(folder, "server.log")
        self.env = {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": "sqlite://" + os.path.join(folder, "test.db"),
            "BIND": f"127.0.0.1:{self.port}",
            "PUBLIC_URL": PUBLIC_URL,
            "PROVIDER": "twilio",
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": TOKEN,
            # Nobody listens there: the confirmations wait, and no text leaves this machine.
            "TWILIO_API_BASE": "http://127.0.0.1:9",
            "SENDER_NUMBER": SENDER,
            "RUST_LOG": "error",
        }

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary], env=self.env, cwd=self.folder, stdout=log, stderr=log
            )
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Lost(f"the server ended with code {self.process.returncode} when it was started")
            try:
                if Caller(self.port).call("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise Lost("the server did not answer /healthz within 30 seconds")

    def end(self, how):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def command(self, *words):
        return subprocess.run(
            [self.binary, *words], env=self.env, capture_output=True, text=True, timeout=120, check=False
        )


class Caller:
    """One connection, kept open."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def call(self, method, path, body=None, headers=None):
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error

    def stop_from(self, number, sid):
        """A signed STOP; True when it was acknowledged."""
        params = {"From": number, "To": SENDER, "Body": "STOP", "MessageSid": sid}
        signed = PUBLIC_URL + INBOUND + "".join(name + params[name] for name in sorted(params))
        mac = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": base64.b64encode(mac).decode(),
        }
        status, _ = self.call("POST", INBOUND, urllib.parse.urlencode(params), headers)
        if status in (401, 403, 404):
            raise Lost(f"a signed STOP was answered {status}")
        return 200 <= status < 300


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
                taken = caller.stop_from(number, sid)
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
        if not caller.stop_from(number, sid):
            raise Lost(f"the repeated STOP of {number} was not taken after the restart")
    check(server, key, stream.unanswered.items())
    return list(stream.acknowledged.items()), list(stream.unanswered.items())


def run(server, rounds, chance):
    server.start()
    made = server.command("api-key", "create", "--name", "crash", "--scope", "messages,contacts,consent")
    key = made.stdout.strip()
    if made.returncode or not key:
        raise Lost(f"no API key was made: {made}")
    order = [f"+1{area}55501{last:02}" for area in AREAS for last in range(100)]
    order.remove(SENDER)
    chance.shuffle(order)
    numbers, all_taken, all_repeated = itertools.cycle(order), [], []
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
    verified = server.command("verify")
    if verified.returncode:
        raise Lost(f"verify ended with {verified.returncode}: {verified.stdout}{verified.stderr}")
    print(verified.stdout.strip())
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
        server = Server(binary, folder)
        try:
            run(server, given.rounds, random.Random(seed))
        except (Lost, OSError, subprocess.SubprocessError) as error:
            server.end(signal.SIGKILL)
            with open(server.log_path, encoding="utf-8", errors="replace") as log:
                print("--- the server's last lines ---", "".join(log.readlines()[-20:]), sep="\n", file=sys.stderr)
            sys.exit(f"FAILED: {error}")
        finally:
            server.end(signal.SIGKILL)


if __name__ == "__main__":
    main()
