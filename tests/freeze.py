#!/usr/bin/env python3
"""An instance freezes while texts are handed over, and leads text STOP to the other one: each STOP is answered within five
seconds, and no request for its number begins afterwards.

    python3 tests/freeze.py --rounds 20 --binary target/debug/sms-opt-in

Two kinds of rounds take turns. In the first the instance freezes (SIGSTOP) at a random moment. In the second it freezes right
before it writes a request to the carrier, after its last look at the clock (stop_before_write.c does it; cc is needed). That
one request goes out when the instance wakes up: no program can look at the clock and write in one step. It is counted, and
nothing else may be late.
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

from standins import Cluster, Twilio
from support import SENDER, Caller, Lost, Server, numbers, wait_for

HERE = pathlib.Path(__file__).resolve().parent
LEADS = 12  # in each round
TEXTS = 2  # to each lead
ANSWERED_WITHIN = 5  # seconds
AWAY = (0.5, 4, 11)  # seconds an instance stays frozen after the last STOP was answered; its session for the locks ends after ten.


class Prompt(Twilio):
    """Takes every text, before long."""

    def fate(self):
        return "taken", self.chance.uniform(0, 0.4)


def is_frozen(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "T"


class Story:
    """Two instances, of which the first one freezes, and what was seen."""

    def __init__(self, twilio, one, other, stop_file, seed):
        self.twilio, self.one, self.other, self.stop_file = twilio, one, other, stop_file
        self.key, self.chance = other.api_key(), random.Random(seed)
        self.unused = iter(numbers(self.chance))
        self.waits, self.refused = {False: [], True: []}, 0
        self.late = {False: 0, True: 0}
        self.confirmed, self.unconfirmed = [], 0

    def text(self, port, number, word):
        """True when the lead's text was acknowledged. The provider has it on record."""
        sid = "SM" + uuid.uuid4().hex
        self.twilio.learn(sid, number, SENDER, word)
        return Caller(port, timeout=40).text(number, word, sid)

    def send(self, number):
        """The instance that freezes is asked: it hands over most of what it accepts. It may freeze before it answers."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = f'{{"to": "{number}", "body": "Your order {uuid.uuid4().hex} is ready.", "category": "alert"}}'
        with contextlib.suppress(TimeoutError):
            status, answer = Caller(self.one.port, timeout=2).call("POST", "/api/v1/messages", body, headers)
            if status != 202:
                raise Lost(f"a message was answered {status}: {answer}")

    def stop(self, number):
        """How long the answer took, and when it came."""
        begun = time.monotonic()
        while not self.text(self.other.port, number, "STOP"):
            self.refused += 1
        answered = time.monotonic()
        return number, answered - begun, answered

    def round(self, before_write):
        leads = [next(self.unused) for _ in range(LEADS)]
        with concurrent.futures.ThreadPoolExecutor(LEADS) as pool:
            if not all(pool.map(lambda number: self.text(self.other.port, number, "START"), leads)):
                raise Lost("START was not acknowledged")
            time.sleep(1)
            if before_write:
                self.stop_file.touch()
            list(pool.map(self.send, leads * TEXTS))
            if before_write:
                wait_for(lambda: is_frozen(self.one.process), "the instance stops before it writes", 20)
            else:
                time.sleep(self.chance.uniform(0, 0.5))
            self.one.process.send_signal(signal.SIGSTOP)
            try:
                stopped = list(pool.map(self.stop, leads))
                time.sleep(self.chance.choice(AWAY))
            finally:
                self.one.process.send_signal(signal.SIGCONT)
        time.sleep(6)
        self.waits[before_write].extend(waited for _, waited, _ in stopped)
        self.look_at(before_write, {number: answered for number, _, answered in stopped})
        self.look_at_confirmations(stopped)

    def look_at_confirmations(self, stopped):
        """How long after the answer to its STOP each confirmation began; before it counts as 0."""
        with self.twilio.lock:
            last = {text["to"]: text["begun"] for text in self.twilio.arrivals if "order" not in text["body"]}
        for number, waited, answered in stopped:
            if last.get(number, 0) > answered - waited:
                self.confirmed.append(max(0, last[number] - answered))
            else:
                self.unconfirmed += 1

    def look_at(self, before_write, answered):
        with self.twilio.lock:
            seen = [text for text in self.twilio.arrivals if "order" in text["body"]]
        late = [text for text in seen if text["begun"] > answered.get(text["to"], text["begun"])]
        self.late[before_write] += len(late)
        if len(late) > (1 if before_write else 0):
            after = [round(text["begun"] - answered[text["to"]], 3) for text in late]
            raise Lost(f"requests began after STOP was answered, by so many seconds: {after}")

    def report(self):
        names = {False: "at a random moment", True: "right before a write"}
        for kind, waits in self.waits.items():
            if waits:
                print(f"frozen {names[kind]}: {len(waits)} STOPs, answered after {statistics.median(waits):.3f} s (median), "
                      f"{max(waits):.2f} s (longest); {self.late[kind]} requests began later", flush=True)
        print(f"{self.refused} STOPs were answered 503 and repeated", flush=True)
        print(f"{len(self.confirmed)} confirmations left after the answer by {statistics.median(self.confirmed):.3f} s (median), "
              f"{max(self.confirmed):.2f} s (longest); {self.unconfirmed} had not left yet", flush=True)
        slowest = max(max(waits, default=0) for waits in self.waits.values())
        if slowest > ANSWERED_WITHIN:
            raise Lost(f"a STOP was answered after {slowest:.1f} seconds")


def preloaded(folder):
    """The library that stops a process before it writes."""
    library = os.path.join(folder, "stop_before_write.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, str(HERE / "stop_before_write.c"), "-ldl"], check=True)
    return library


def run(folder, binary, rounds, seed, at_end):
    cluster, twilio = Cluster(folder), Prompt(seed)
    cluster.start()
    at_end.callback(cluster.stop, "immediate")
    stop_file, servers = pathlib.Path(folder, "stop"), []
    for n in range(2):
        home = os.path.join(folder, f"instance-{n}")
        os.makedirs(home)
        servers.append(Server(binary, home, cluster.url, twilio.url, "error"))
        if n == 0:
            port = twilio.url.rsplit(":", 1)[1]
            servers[0].env |= {"LD_PRELOAD": preloaded(folder), "STOP_FILE": str(stop_file), "CARRIER_PORT": port}
        servers[-1].start()
        at_end.callback(servers[-1].end, signal.SIGKILL)
    story = Story(twilio, *servers, stop_file, seed)
    for _ in range(rounds):
        story.round(before_write=False)
        story.round(before_write=True)
    story.report()
    servers[1].verify()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--binary", default="target/debug/sms-opt-in")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    binary = os.path.abspath(asked.binary)
    if not os.access(binary, os.X_OK):
        sys.exit(f"There is no program at {binary}: run cargo build first.")
    with contextlib.ExitStack() as at_end:
        folder = at_end.enter_context(tempfile.TemporaryDirectory(prefix="sms-opt-in-freeze-"))
        os.chmod(folder, 0o711)
        try:
            run(folder, binary, asked.rounds, asked.seed, at_end)
        except (Lost, OSError) as error:
            sys.exit(f"FAILED: {error}")
    print("Every STOP was answered in time, and nothing was sent after it that could still be held back.")


if __name__ == "__main__":
    main()
