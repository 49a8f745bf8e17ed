#!/usr/bin/env python3
"""A claim whose COMMIT waits for a standby longer than a hand-off may take, and a session for the locks that breaks right
afterwards: a STOP at another instance must still not be acknowledged before the text is handed over, or given up.

    python3 tests/late_commit.py [BINARY]
"""

import contextlib
import os
import signal
import sys
import tempfile
import time
import uuid

from standins import Cluster, Twilio
from support import Caller, Lost, Server

NUMBER, WORDS = "+12065550142", "Your order is ready."
WAITS = (2, 7)  # seconds a commit waits: less and more than the five of a hand-off


class Slow(Twilio):
    """Refuses the text once, so that its second hand-off can be met, and takes that one slowly."""

    asked, verdict = 0, ("taken", 0.01)

    def fate(self):
        return self.verdict

    def post(self, handler, form):
        self.verdict = ("taken", 0.01)
        if form["Body"] == WORDS:
            self.asked += 1
            self.verdict = ("503", 0.01) if self.asked == 1 else ("taken", 3)
        super().post(handler, form)


def wait_for(true, what, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Lost(f"not within {seconds} seconds: {what}")
        time.sleep(0.02)


def standby(cluster, name):
    """Commits wait for a standby of that name; none has it."""
    cluster.run("psql", cluster.url, "-c", "SET synchronous_commit = local",
                "-c", f"ALTER SYSTEM SET synchronous_standby_names = '{name}'", "-c", "SELECT pg_reload_conf()")


def send(server):
    words = ("api-key", "create", "--name", uuid.uuid4().hex, "--scope", "messages")
    headers = {"Authorization": f"Bearer {server.command(*words).stdout.strip()}", "Content-Type": "application/json"}
    body = f'{{"to": "{NUMBER}", "body": "{WORDS}", "category": "alert"}}'
    status, answer = Caller(server.port).call("POST", "/api/v1/messages", body, headers)
    if status != 202:
        raise Lost(f"a message was answered {status}: {answer}")


def late(cluster, twilio, one, other, seconds):
    """Returns when the STOP was acknowledged."""
    twilio.asked = 0
    twilio.arrivals.clear()
    if not Caller(one.port).text(NUMBER, "START", "SM" + uuid.uuid4().hex):
        raise Lost("START was not acknowledged")
    send(one)
    wait_for(lambda: twilio.asked == 1, "the text was refused once")
    again = "SELECT 1 AS soon FROM messages WHERE status = 'queued' AND lane = 'gated' " \
            "AND due_at / 1e6 - extract(epoch FROM clock_timestamp()) BETWEEN 0 AND 0.4"
    wait_for(lambda: cluster.rows(again), "it is about to be tried again")
    standby(cluster, "nobody")
    waits = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'"
    wait_for(lambda: cluster.rows(waits), "a commit waits")
    time.sleep(seconds)
    standby(cluster, "")
    time.sleep(0.2)
    ended = cluster.rows("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    if not Caller(other.port).text(NUMBER, "STOP", "SM" + uuid.uuid4().hex):
        raise Lost("STOP was not acknowledged")
    acknowledged = time.monotonic()
    time.sleep(6)
    after = [text["arrived"] - acknowledged for text in twilio.arrivals
             if text["body"] == WORDS and text["arrived"] > acknowledged]
    print(f"a commit waited {seconds} s, {len(ended)} locks were broken; {len(after)} texts after the STOP", flush=True)
    if after:
        raise Lost(f"a text arrived {after[0]:.2f} s after STOP was acknowledged")


def run(folder, binary, at_end):
    cluster, twilio = Cluster(folder), Slow(1)
    cluster.start()
    at_end.callback(cluster.stop, "immediate")
    servers = []
    for n in range(2):
        home = os.path.join(folder, f"instance-{n}")
        os.makedirs(home)
        servers.append(Server(binary, home, cluster.url, twilio.url, "info"))
        servers[-1].start()
        at_end.callback(servers[-1].end, signal.SIGKILL)
    for seconds in WAITS:
        late(cluster, twilio, *servers, seconds)


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/sms-opt-in")
    if not os.access(binary, os.X_OK):
        sys.exit(f"There is no program at {binary}: run cargo build first.")
    with contextlib.ExitStack() as at_end:
        folder = at_end.enter_context(tempfile.TemporaryDirectory(prefix="sms-opt-in-late-"))
        os.chmod(folder, 0o711)
        try:
            run(folder, binary, at_end)
        except (Lost, OSError) as error:
            sys.exit(f"FAILED: {error}")
    print("Nothing was sent after an acknowledged STOP.")


if __name__ == "__main__":
    main()
