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
from support import SENDER, Caller, Lost, Server, wait_for

NUMBER = "+12065550142"
WAITS = (2, 7)  # seconds a commit waits: less and more than the three within which a hand-off begins


class Slow(Twilio):
    """Refuses the text once, so that its second hand-off can be met, and takes that one slowly."""

    words, asked, verdict = "", 0, ("taken", 0.01)

    def expect(self):
        """A text of its own for each scene: what an earlier one left behind is not counted."""
        self.words, self.asked = f"Your order {uuid.uuid4().hex} is ready.", 0
        self.arrivals.clear()

    def fate(self):
        return self.verdict

    def post(self, handler, form):
        self.verdict = ("taken", 0.01)
        if form["Body"] == self.words:
            self.asked += 1
            self.verdict = ("503", 0.01) if self.asked == 1 else ("taken", 3)
        super().post(handler, form)


def standby(cluster, name):
    """Commits wait for a standby of that name; none has it."""
    cluster.run("psql", cluster.url, "-c", "SET synchronous_commit = local",
                "-c", f"ALTER SYSTEM SET synchronous_standby_names = '{name}'", "-c", "SELECT pg_reload_conf()")


def send(server, text):
    words = ("api-key", "create", "--name", uuid.uuid4().hex, "--scope", "messages")
    headers = {"Authorization": f"Bearer {server.command(*words).stdout.strip()}", "Content-Type": "application/json"}
    body = f'{{"to": "{NUMBER}", "body": "{text}", "category": "alert"}}'
    status, answer = Caller(server.port).call("POST", "/api/v1/messages", body, headers)
    if status != 202:
        raise Lost(f"a message was answered {status}: {answer}")


def learned(twilio, word):
    """The MessageSid of a text that the provider has on record."""
    sid = "SM" + uuid.uuid4().hex
    twilio.learn(sid, NUMBER, SENDER, word)
    return sid


def start(twilio, server):
    """The lead texts START and is opted in: right after a STOP the provider is asked first."""
    if not Caller(server.port).text(NUMBER, "START", learned(twilio, "START")):
        raise Lost("START was not acknowledged")
    time.sleep(2)


def late(cluster, twilio, one, other, seconds):
    """Returns when the STOP was acknowledged."""
    twilio.expect()
    start(twilio, one)
    send(one, twilio.words)
    wait_for(lambda: twilio.asked == 1, "the text was refused once")
    soon = "SELECT due_at / 1e6 - extract(epoch FROM clock_timestamp()) AS seconds FROM messages " \
           f"WHERE status = 'queued' AND body = '{twilio.words}'"
    wait_for(lambda: cluster.rows(soon), "it is to be tried again")
    left = cluster.rows(soon)
    # The wish for a standby comes as late as is safe: what else is committed should not wait in the claim's place.
    time.sleep(max(0, left[0]["seconds"] - 0.7) if left else 0)
    standby(cluster, "nobody")
    time.sleep(1 + seconds)
    standby(cluster, "")
    time.sleep(0.2)
    ended = cluster.rows("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    if not Caller(other.port).text(NUMBER, "STOP", learned(twilio, "STOP")):
        raise Lost("STOP was not acknowledged")
    acknowledged = time.monotonic()
    time.sleep(6)
    # The barrier is about when a request begins, not about how long the carrier takes to read it.
    after = [text["begun"] - acknowledged for text in twilio.arrivals
             if text["body"] == twilio.words and text["begun"] > acknowledged]
    print(f"a commit waited {seconds} s, {len(ended)} locks were broken; {len(after)} texts after the STOP", flush=True)
    if after:
        raise Lost(f"a request began {after[0]:.2f} s after STOP was acknowledged")


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
