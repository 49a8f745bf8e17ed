#!/usr/bin/env python3
"""Several instances on one PostgreSQL database: kills them and the database under load, and checks that nothing is lost,
sent twice, or sent after a STOP was acknowledged by any of them.

    python3 tests/instances.py --rounds 25 --binary target/debug/sms-opt-in

It makes a PostgreSQL cluster and a stand-in for Twilio's API of its own. Leads text START and STOP, a system sends
messages, each time to any of the instances; what is not answered is repeated at another one, as Twilio does. Each round
kills an instance (`kill -9`), the database (an immediate shutdown), or both. At the end everything settles and is counted.
"""

import argparse
import collections
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

import support
from standins import Cluster, Twilio
from support import Caller, Lost, Server

INSTANCES = 3
LEADS = 16  # threads; each has numbers of its own, so that what one lead does has an order
NUMBERS = 25  # of each
SETTLES_WITHIN = 180
PASSWORD = "correct horse battery"
LINES_A_SECOND = 100  # An outage is told, not shouted.
PAST = ("sent", "delivered")


class Lead(threading.Thread):
    """Some numbers and what happens to them, one thing after the other."""

    def __init__(self, ports, key, twilio, numbers, seed, ended):
        super().__init__(daemon=True)
        self.twilio, self.stopped_at = twilio, {}
        self.ports, self.key, self.chance, self.ended = ports, key, random.Random(seed), ended
        self.numbers = {number: "not asked" for number in numbers}
        self.stops, self.starts, self.sends = [], [], []
        self.acknowledged = []  # When each write that was acknowledged had been asked for, and when the answer came.
        self.repeated, self.refused, self.error = 0, 0, None

    def run(self):
        try:
            while not self.ended.is_set():
                number = self.chance.choice(list(self.numbers))
                self.live(number, self.numbers[number])
                time.sleep(self.chance.uniform(0, 0.05))
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def live(self, number, state):
        """A few messages, and what the lead replies to them while they are on their way."""
        for _ in range(self.chance.randint(0, 3)):
            self.send(number, state)
        if state == "opted in" or (state == "not asked" and self.chance.random() < 0.1):
            if self.chance.random() < 0.6:
                begun, answered, sid = self.text(number, "STOP")
                self.stops.append((number, begun, answered, sid, state))
                self.numbers[number] = "opted out"
                self.stopped_at[number] = int(time.time())
        elif self.chance.random() < 0.8:
            # Twilio's times have whole seconds, and only a START that is one second later counts.
            while int(time.time()) <= self.stopped_at.get(number, 0):
                time.sleep(0.1)
            begun, answered, sid = self.text(number, "START")
            self.starts.append((number, begun, answered, sid, state))
            if state == "opted out":
                self.wait_until_in(number)
            self.numbers[number] = "opted in"

    def text(self, number, body):
        """Texts; when it began, when it was first acknowledged, and the MessageSid."""
        sid = "SM" + uuid.uuid4().hex
        self.twilio.learn(sid, number, support.SENDER, body)
        call = lambda caller: 200 if caller.text(number, body, sid) else 503
        return *self.at_any(call)[:2], sid

    def wait_until_in(self, number):
        """Right after a STOP the provider is asked which of the two came last."""
        path, headers = f"/api/v1/numbers/{urllib.parse.quote(number)}/consent", {"Authorization": f"Bearer {self.key}"}
        # An instance that is killed while it asks keeps the question for a minute.
        end = time.monotonic() + 90
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                status, body = Caller(self.chance.choice(self.ports)).call("GET", path, headers=headers)
                if status == 200 and json.loads(body)["state"] == "opted_in":
                    return
            time.sleep(0.2)
        raise Lost(f"{number} texted START after STOP, and is not opted in 90 seconds later")

    def send(self, number, state):
        body = json.dumps({"to": number, "body": f"text {uuid.uuid4()}", "category": "alert"})
        headers = {
            "Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        answers = []

        def call(caller):
            status, answer = caller.call("POST", "/api/v1/messages", body, headers)
            if status < 500:
                answers.append((status, json.loads(answer)))
            return status

        self.at_any(call)
        if len({(status, answer.get("id")) for status, answer in answers}) != 1:
            raise Lost(f"one Idempotency-Key was answered in two ways: {answers}")
        status, answer = answers[0]
        if status == 202:
            self.sends.append((number, answer["id"]))
        elif status == 422 and answer["code"] == "opted_out" and state == "opted out":
            self.refused += 1
        else:
            raise Lost(f"a message to a number that is {state} was answered {status}: {answer}")

    def at_any(self, call):
        """Calls any instance until one acknowledges; now and then two of them at once."""
        begun, end, done = time.monotonic(), time.monotonic() + 90, []

        def one(port):
            asked = time.monotonic()
            with contextlib.suppress(OSError):
                status = call(Caller(port))
                if status < 500:
                    done.append(time.monotonic())
                if status < 300:
                    self.acknowledged.append((asked, time.monotonic()))

        while True:
            ports = self.chance.sample(self.ports, 2 if self.chance.random() < 0.05 else 1)
            threads = [threading.Thread(target=one, args=(port,)) for port in ports[1:]]
            for thread in threads:
                thread.start()
            one(ports[0])
            for thread in threads:
                thread.join()
            if done:
                return begun, min(done)
            self.repeated += 1
            if time.monotonic() > end:
                raise Lost("no instance answered for 90 seconds")
            time.sleep(self.chance.uniform(0.02, 0.2))


class Chaos:
    """Kills at random, once a round."""

    def __init__(self, cluster, servers, chance):
        self.cluster, self.servers, self.chance = cluster, servers, chance
        self.kills = self.restarts = 0

    def round(self):
        time.sleep(self.chance.uniform(0.4, 2))
        what = self.chance.choices(("instance", "database", "both"), (6, 3, 1))[0]
        victim = self.chance.choice(self.servers) if what != "database" else None
        if victim:
            victim.end(signal.SIGKILL)
            self.kills += 1
        if what != "instance":
            self.cluster.stop("immediate")
            time.sleep(self.chance.uniform(0, 1.5))
            self.cluster.start()
            self.restarts += 1
        if victim:
            time.sleep(self.chance.uniform(0, 0.7))
            victim.start()

    def told(self, _leads):
        """What it did, in a few words."""
        return f"{self.kills} kills, {self.restarts} restarts of the database"


def sign_in(server):
    """Signs in as a person does; the cookie."""
    status, page = Caller(server.port).call("GET", "/sign-in")
    token = re.search(rb'name="csrf" value="([^"]+)"', page)
    if status != 200 or not token:
        raise Lost(f"the page to sign in was answered {status}")
    form = {"csrf": token.group(1).decode(), "email": "ada@example.com", "password": PASSWORD}
    connection = Caller(server.port).connection
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", urllib.parse.urlencode(form), headers)
    answer = connection.getresponse()
    if answer.status != 303:
        raise Lost(f"signing in was answered {answer.status}")
    return "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie"))


def check_session(servers, cookie):
    for server in servers:
        status, _ = Caller(server.port).call("GET", "/", headers={"Cookie": cookie, "Accept": "text/html"})
        if status != 200:
            raise Lost(f"a session that began elsewhere was answered {status}")


MESSAGES = (
    "SELECT (encode(m.id, 'hex')::uuid)::text AS id, m.to_text, m.lane, m.status, m.steps, m.attempts, m.error_code, "
    "m.body FROM messages m"
)


def settle(cluster):
    """Waits until nothing is queued or unknown any more. Returns how long it took."""
    begun = time.monotonic()
    waiting = "SELECT status, count(*) AS n FROM messages WHERE status IN ('queued', 'sending') GROUP BY status"
    while found := cluster.rows(waiting):
        if time.monotonic() - begun > SETTLES_WITHIN:
            raise Lost(f"{found} after {SETTLES_WITHIN} seconds")
        time.sleep(1)
    return time.monotonic() - begun


def after_stops(leads, twilio, messages):
    """What arrived at the provider while the lead's last acknowledged word was STOP."""
    spans, arrivals = collections.defaultdict(list), collections.defaultdict(list)
    for text in twilio.arrivals:
        arrivals[text["to"]].append(text)
    for lead in leads:
        begun = {}
        for number, start, _, _, _ in lead.starts:
            begun.setdefault(number, []).append(start)
        for number, _, answered, _, _ in lead.stops:
            until = min((start for start in begun.get(number, ()) if start > answered), default=float("inf"))
            spans[number].append((answered, until))
    for number, closed in spans.items():
        for text in arrivals[number]:
            for answered, until in closed:
                lane = messages[text["message"]]["lane"]
                if answered < text["arrived"] < until and lane != "opt_out_confirmation":
                    late = (text["arrived"] - answered) * 1000
                    yield f"{text['message']} ({lane}) arrived {late:.0f} ms after the STOP of {number} was acknowledged"


def miscounted(twilio, messages):
    """Messages that reached the provider more or less often than the record says."""
    taken = collections.Counter(text["message"] for text in twilio.taken)
    for message in messages.values():
        times, status = taken[message["id"]], message["status"]
        if times != (1 if status in PAST else 0):
            yield f"{message['id']} ({message['lane']}, {status}, {message['error_code']}) was taken {times} times"


def unkept(leads, cluster, messages):
    """What was acknowledged and is not there."""
    inbound = collections.Counter(row["provider_id"] for row in cluster.rows("SELECT provider_id FROM inbound_texts"))
    facts = "\n".join(row["facts"] for row in cluster.rows("SELECT facts FROM consent_events"))
    events = collections.Counter(re.findall(r"SM[0-9a-f]{32}", facts))
    for lead in leads:
        for number, _, _, sid, state in lead.stops + lead.starts:
            # A START right after a STOP is recorded, and counts in an event of its own once the provider has told the times.
            most = 2 if state == "opted out" else 1
            if inbound[sid] != 1 or not 1 <= events[sid] <= most:
                yield f"{sid} of {number} ({state}): {inbound[sid]} texts, {events[sid]} events"
        for number, sent in lead.sends:
            if sent not in messages or messages[sent]["to_text"] != number:
                yield f"the message {sent} to {number} is not there"


def wrong(leads, messages):
    """Messages in a state that nothing explains; too many invitations or confirmations."""
    final = {number: state for lead in leads for number, state in lead.numbers.items()}
    stopped = collections.Counter(stop[0] for lead in leads for stop in lead.stops)
    lanes = collections.Counter((message["to_text"], message["lane"]) for message in messages.values())
    for message in messages.values():
        number, status = message["to_text"], message["status"]
        explained = status in PAST or (
            (status == "cancelled" and stopped[number])
            or (status == "cancelled" and message["lane"] == "opt_out_confirmation")
            or (status == "held" and final[number] == "not asked")
            or (status == "blocked" and stopped[number])
            # START came before the invitation had gone out.
            or (status == "cancelled" and message["lane"] == "invitation" and final[number] == "opted in")
        )
        if not explained:
            yield f"{message['id']} ({message['lane']}) to {number} ({final[number]}) is {status}: {message}"
    for (number, lane), count in lanes.items():
        if lane == "invitation" and count > 1:
            yield f"{number} was invited {count} times"
        if lane == "opt_out_confirmation" and count > stopped[number]:
            yield f"{number} said STOP {stopped[number]} times and was told so {count} times"


def check_states(servers, key, leads, chance):
    """Asks each instance about some numbers: the state, and the last STOP or START in the history."""
    names = {"not asked": ("not_asked", "invited"), "opted in": ("opted_in",), "opted out": ("opted_out",)}
    final = [(number, state) for lead in leads for number, state in lead.numbers.items()]
    for server in servers:
        caller, headers = Caller(server.port), {"Authorization": f"Bearer {key}"}
        for number, state in chance.sample(final, 100):
            path = f"/api/v1/numbers/{urllib.parse.quote(number)}/consent"
            status, body = caller.call("GET", path, headers=headers)
            if status != 200 or json.loads(body)["state"] not in names[state]:
                raise Lost(f"{number} is {state}, and was answered {status}, {body[:200]!r}")


def busiest_second(server):
    """The most lines that the log got within a second, but for the one of each request."""
    with open(server.log_path, encoding="utf-8", errors="replace") as log:
        seconds = collections.Counter(line[:21] for line in log
                                      if line.startswith("[") and "::access_log]" not in line)
    return max(seconds.values(), default=0)


def check(cluster, servers, twilio, leads):
    messages = {row["id"]: row for row in cluster.rows(MESSAGES)}
    complaints = {
        "sent after a STOP": list(after_stops(leads, twilio, messages)),
        "taken too often or too seldom": list(miscounted(twilio, messages)),
        "acknowledged and lost": list(unkept(leads, cluster, messages)),
        "unexplained": list(wrong(leads, messages)),
    }
    words = ", ".join(f"{len(found)} {what}" for what, found in complaints.items())
    print(f"{len(messages)} messages, {len(twilio.arrivals)} arrived at the provider {dict(twilio.fates)}; {words}")
    told = collections.Counter(message["status"] for message in messages.values())
    busiest = max(busiest_second(server) for server in servers)
    print(f"  {dict(told)}; deadlocks: {cluster.count_in_log('deadlock detected')}; "
          f"busiest second of a log: {busiest} lines")
    first = [words for found in complaints.values() for words in found[:8]]
    if first:
        raise Lost("\n  ".join(first))
    if busiest > LINES_A_SECOND:
        raise Lost(f"a log got {busiest} lines in one second")


def begin(servers):
    """Starts all of them at once on an empty database. A key to the API, and the cookie of somebody who signed in."""
    starting = [threading.Thread(target=server.start) for server in servers]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    key = servers[0].api_key()
    made = servers[0].command(
        "create-user", "--email", "ada@example.com", "--role", "administrator", "--password-stdin", stdin=PASSWORD
    )
    if made.returncode:
        raise Lost(f"no user was made: {made.stderr}")
    return key, sign_in(servers[0])


def live(ports, key, twilio, chaos, rounds, chance):
    """The leads live through the rounds, and are returned."""
    ended, numbers = threading.Event(), support.numbers(chance)
    leads = [
        Lead(ports, key, twilio, numbers[n * NUMBERS:(n + 1) * NUMBERS], chance.random(), ended) for n in range(LEADS)
    ]
    for _ in range(2):
        threading.Thread(target=twilio.call_back, args=(ports, ended), daemon=True).start()
    for lead in leads:
        lead.start()
    begun = time.monotonic()
    for _ in range(rounds):
        chaos.round()
    ended.set()
    for lead in leads:
        lead.join(120)
    for lead in leads:
        if lead.error:
            raise lead.error
    total = lambda of: sum(len(getattr(lead, of)) for lead in leads)
    print(f"{rounds} rounds in {time.monotonic() - begun:.0f} s: {chaos.told(leads)}")
    print(f"acknowledged {total('stops')} STOPs, {total('starts')} STARTs, {total('sends')} sends; "
          f"{sum(lead.refused for lead in leads)} refused, {sum(lead.repeated for lead in leads)} repeated", flush=True)
    return leads


def run(cluster, servers, twilio, chaos, rounds, chance):
    key, cookie = begin(servers)
    check_session(servers, cookie)
    leads = live([server.port for server in servers], key, twilio, chaos, rounds, chance)
    print(f"settled after {settle(cluster):.0f} s", flush=True)
    check(cluster, servers, twilio, leads)
    check_states(servers, key, leads, chance)
    check_session(servers, cookie)
    # Whoever seals, each instance keeps the seals in a file of its own: all the files must agree with the database.
    time.sleep(11)
    for server in servers:
        server.end(signal.SIGTERM)
    print(*(server.verify().splitlines()[0] for server in servers), sep="\n")
    print("Nothing was lost, sent twice, or sent after an acknowledged STOP.")


def options(about, rounds):
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--binary", default="target/debug/sms-opt-in")
    parser.add_argument("--seed", type=int, default=None, help="repeats the choices of an earlier run")
    parser.add_argument("--keep", action="store_true", help="keeps the folder with the logs")
    return parser


def play(given, make_cluster, make_chaos):
    """Makes everything, runs, and leaves nothing behind."""
    binary = os.path.abspath(given.binary)
    if not os.access(binary, os.X_OK):
        sys.exit(f"There is no program at {binary}: run cargo build first.")
    seed = random.randrange(1 << 32) if given.seed is None else given.seed
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    with contextlib.ExitStack() as at_end:
        folder = tempfile.mkdtemp(prefix="sms-opt-in-instances-")
        if not given.keep:
            at_end.callback(subprocess.run, ["rm", "-rf", folder], check=False)
        servers, logs = [], []
        try:
            cluster, twilio = make_cluster(folder), Twilio(seed)
            logs += cluster.log_paths()
            cluster.start()
            at_end.callback(cluster.stop)
            for n in range(INSTANCES):
                home = os.path.join(folder, f"instance-{n}")
                os.makedirs(home)
                servers.append(Server(binary, home, cluster.url, twilio.url, "info"))
                if cluster.replica_url:
                    servers[-1].env["DATABASE_REPLICA_URL"] = cluster.replica_url
                logs.append(servers[-1].log_path)
                at_end.callback(servers[-1].end, signal.SIGKILL)
            run(cluster, servers, twilio, make_chaos(cluster, servers, chance), given.rounds, chance)
        except (Lost, OSError, subprocess.SubprocessError) as error:
            for path in filter(os.path.exists, logs if not given.keep else ()):
                print(f"--- {path}", support.last_lines(path), sep="\n", file=sys.stderr)
            print(f"The folder: {folder}" if given.keep else "", file=sys.stderr)
            sys.exit(f"FAILED: {error}")


if __name__ == "__main__":
    play(options(__doc__, 25).parse_args(), Cluster, Chaos)
