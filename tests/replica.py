#!/usr/bin/env python3
"""Pages that are read from a replica: they say so when it lags, nobody misses what they wrote themselves, and nothing that
decides is ever asked there.

    python3 tests/replica.py [BINARY]          (as root or as a user that may run a PostgreSQL server)

It makes a PostgreSQL cluster with a streaming replica, starts the server on both, and holds the replica back, freezes it,
kills it, brings it back, and puts another database and a replica of another primary in its place. Exit code 0 when all went
as told, 1 with what did not.
"""

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

from standins import Cluster, Proxy, Twilio
from support import Caller, Lost, Server, wait_for as wait_for_seconds

wait_for = functools.partial(wait_for_seconds, seconds=20)
PASSWORD = "correct horse battery"
LEAD = "+12065550142"
LAGS = re.compile(rb'id="as-of".*?<time datetime="([^"]+)".*?(\d+) seconds behind', re.DOTALL)


class Standby(Cluster):
    """A streaming replica of a running cluster."""

    def __init__(self, folder, primary):
        self.primary = primary
        super().__init__(folder)

    def make(self):
        at = ("-h", "127.0.0.1", "-p", str(self.primary.port), "-U", "postgres")
        self.run("pg_basebackup", *at, "-D", self.data, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")


class Person:
    """An administrator with a browser's cookies."""

    def __init__(self, port):
        self.port, self.cookies = port, {}

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, form):
        page = self.get(form.pop("at"))[1]
        token = re.search(rb'name="csrf" value="([^"]+)"', page)
        form["csrf"] = token.group(1).decode()
        return self.ask("POST", path, urllib.parse.urlencode(form))

    def ask(self, method, path, body=None):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = Caller(self.port).connection
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, answer.read()


def expect(true, what):
    if not true:
        raise Lost(what)
    print(f"  {what}", flush=True)


def page_reads(server):
    """How many pages each database answered."""
    _, text = Caller(server.port).call("GET", "/metrics")
    found = re.findall(rb'page_reads_total\{from="(\w+)"\} (\d+)', text)
    return {where.decode(): int(n) for where, n in found}


def add_contact(person, name, phone):
    status, page = person.post("/contacts", {"at": "/contacts/new", "name": name, "phone": phone})
    if status != 303:
        raise Lost(f"a contact was answered {status}: {page[:300]!r}")


def caught_up(primary, standby):
    place = primary.rows("SELECT pg_current_wal_lsn()::text AS place")[0]["place"]
    return lambda: standby.rows(f"SELECT pg_last_wal_replay_lsn() >= '{place}' AS there")[0]["there"]


def follows(server, primary, standby, ada, sam):
    print("a replica that keeps up")
    add_contact(ada, "Ana Ames", "(206) 555-0101")
    wait_for(caught_up(primary, standby), "the replica has the contact")
    wait_for(is_read(server, sam), "the replica is read")
    before = page_reads(server)
    for path in ("/contacts", "/messages", "/log", "/"):
        status, page = sam.get(path)
        if status != 200 or b'id="as-of"' in page:
            raise Lost(f"{path} was answered {status}, or called old")
    after = page_reads(server)
    expect(after["replica"] - before["replica"] == 4 and after["primary"] == before["primary"],
           "lists, log and dashboard come from it, without a notice")


def lags(server, primary, standby, ada, sam, key):
    print("a replica that is held back")
    standby.rows("SELECT pg_wal_replay_pause() IS NULL AS paused")
    add_contact(ada, "Ben Late", "(206) 555-0142")
    expect(b"Ben Late" in ada.get("/contacts?q=Late")[1], "who made a contact finds it at once")
    expect(b"Ben Late" not in sam.get("/contacts?q=Late")[1], "others do not see it yet")
    wait_for(lambda: LAGS.search(sam.get("/contacts")[1]), "the page says that it is old")
    behind = int(LAGS.search(sam.get("/contacts")[1]).group(2))
    expect(3 <= behind < 60, f"the page says as of when, and that it is {behind} seconds behind")
    contact = re.search(rb'/contacts/([0-9a-f-]{36})', ada.get("/contacts?q=Late")[1]).group(1).decode()
    expect(sam.get(f"/contacts/{contact}")[0] == 200, "what the replica does not have is looked for on the primary")
    if not Caller(server.port).text(LEAD, "STOP", "SM" + "1" * 32):
        raise Lost("a STOP was not acknowledged")
    stranger = Person(server.port)
    stranger.ask("POST", "/f/opt-in", "phone=2065550177&consent=yes")
    stranger.ask("POST", "/contacts", "name=x")
    expect("__Host-sms-opt-in-mark" not in stranger.cookies, "nobody else is told how far the database is")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"to": LEAD, "body": "Your order is ready.", "category": "alert"})
    status, answer = Caller(server.port).call("POST", "/api/v1/messages", body, headers)
    expect(status == 422 and json.loads(answer)["code"] == "opted_out", "a STOP counts at once")
    path = f"/api/v1/numbers/{urllib.parse.quote(LEAD)}/consent"
    answer = json.loads(Caller(server.port).call("GET", path, headers=headers)[1])
    expect(answer["state"] == "opted_out", "the API tells the newest state")
    asked = sam.get("/troubleshoot?number=" + urllib.parse.quote(LEAD))[1]
    expect(b"Opted out" in asked and b'id="as-of"' not in asked, "so does the page that explains")
    standby.rows("SELECT pg_wal_replay_resume() IS NULL AS resumed")
    wait_for(caught_up(primary, standby), "the replica has caught up")
    wait_for(lambda: b'id="as-of"' not in sam.get("/contacts")[1], "the notice is gone")
    expect(b"Ben Late" in sam.get("/contacts?q=Late")[1], "then everybody sees everything, without a notice")


def processes(cluster):
    """Of a server: its first process, and those it began."""
    with open(os.path.join(cluster.data, "postmaster.pid"), encoding="utf-8") as file:
        first = file.readline().strip()
    begun = subprocess.run(["ps", "-o", "pid=", "--ppid", first], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid in (first, *begun.split())]


def freezes(server, standby, sam):
    print("a replica whose machine freezes")
    frozen = processes(standby)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        times = []
        for _ in range(20):
            begun = time.monotonic()
            if sam.get("/contacts")[0] != 200:
                raise Lost("a page was not answered")
            times.append(time.monotonic() - begun)
        expect(times[0] < 6 and sum(times[1:]) < 8,
               f"the first page takes {times[0]:.1f} s, the next 19 take {sum(times[1:]):.1f} s together")
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    wait_for(is_read(server, sam), "when it wakes up it is read again", seconds=30)
    print("  when it wakes up it is read again")


def is_read(server, sam):
    def reads():
        before = page_reads(server)
        sam.get("/contacts")
        return page_reads(server)["replica"] > before["replica"]

    return reads


def goes_away(server, standby, sam):
    print("a replica that goes away")
    standby.stop("immediate")
    begun = time.monotonic()
    expect(sam.get("/contacts")[0] == 200, f"pages come from the primary, the first after {time.monotonic() - begun:.1f} s")
    begun = time.monotonic()
    for _ in range(20):
        sam.get("/contacts")
    expect(time.monotonic() - begun < 10, f"20 more within {time.monotonic() - begun:.1f} s")
    server.end(signal.SIGTERM)
    server.start()
    expect(sam.get("/contacts")[0] == 200, "the server starts without it")
    standby.start()

    wait_for(is_read(server, sam), "when it is back it is read again", seconds=30)
    print("  when it is back it is read again")
    with open(server.log_path, encoding="utf-8") as log:
        told = [line for line in log if "replica" in line]
    expect(2 <= len(told) <= 12, f"the log tells of it in {len(told)} lines")


def is_foreign(server, url, what):
    server.env["DATABASE_REPLICA_URL"] = url
    done = subprocess.run([server.binary], env=server.env, cwd=server.folder, capture_output=True, text=True, timeout=30,
                          check=False)
    expect(done.returncode not in (0, None) and "DATABASE_REPLICA_URL" in done.stderr, what)


def is_left_behind(server, primary, standby, branch, ada, proxy):
    """The replica's primary is ours no longer: a copy of it was promoted, as after a failover or a restore."""
    print("a replica of yesterday's primary")
    # It writes more than the copy does, so that its place in the log says nothing.
    ahead = "SELECT pg_switch_wal()::text, pg_logical_emit_message(true, 'test', 'ahead')::text"
    for _ in range(5):
        primary.rows(ahead)
    proxy.lead_to(branch.port)
    wait_for(lambda: is_kept(ada, "Ned Next", "(206) 555-0198"), "the new primary takes a contact")
    time.sleep(2)  # The promotion is noticed within a second.
    is_never_read(server, ada, b"Ned Next", "while the server runs it is left within two seconds, however far it has come")
    server.end(signal.SIGTERM)
    server.start()
    add_contact(ada, "New Here", "(206) 555-0199")
    is_never_read(server, ada, b"New Here", "nor is it read after a new start")


def is_kept(person, name, phone):
    with contextlib.suppress(Lost, AttributeError):
        add_contact(person, name, phone)
        return True
    return False


def is_never_read(server, person, name, what):
    person.cookies.pop("__Host-sms-opt-in-mark")
    before = page_reads(server)["replica"]
    seen = [name in person.get("/contacts")[1] for _ in range(30) if not time.sleep(0.1)]
    expect(all(seen) and page_reads(server)["replica"] == before, what)


def stop(cluster):
    with contextlib.suppress(Lost):  # It is down already.
        cluster.stop("immediate")


def run(folder, binary, at_end):
    primary = Cluster(os.path.join(folder, "one"))
    primary.start()
    at_end.callback(stop, primary)
    standby = Standby(os.path.join(folder, "two"), primary)
    standby.start()
    at_end.callback(stop, standby)
    home = os.path.join(folder, "server")
    os.makedirs(home)
    proxy = Proxy(primary.port)
    url = primary.url.replace(f":{primary.port}/", f":{proxy.port}/")
    server = Server(binary, home, url, Twilio(1).url, "info")
    server.env["DATABASE_REPLICA_URL"] = standby.url
    at_end.callback(server.end, signal.SIGKILL)
    server.start()
    for name, role in (("ada", "administrator"), ("sam", "administrator")):
        words = ("create-user", "--email", f"{name}@example.com", "--role", role, "--password-stdin")
        if server.command(*words, stdin=PASSWORD).returncode:
            raise Lost("no user was made")
    people = []
    for name in ("ada", "sam"):
        people.append(Person(server.port))
        form = {"at": "/sign-in", "email": f"{name}@example.com", "password": PASSWORD}
        if people[-1].post("/sign-in", form)[0] != 303:
            raise Lost(f"{name} could not sign in")
    ada, sam = people
    key = server.api_key()
    follows(server, primary, standby, ada, sam)
    lags(server, primary, standby, ada, sam, key)
    freezes(server, standby, sam)
    goes_away(server, standby, sam)
    branch = Standby(os.path.join(folder, "three"), primary)
    branch.start()
    at_end.callback(stop, branch)
    branch.run("pg_ctl", "-D", branch.data, "-w", "promote")
    is_left_behind(server, primary, standby, branch, ada, proxy)
    server.end(signal.SIGTERM)
    server.env["DATABASE_URL"] = primary.url
    print("what is no replica")
    primary.run("psql", "-h", primary.home, "-p", str(primary.port), "-U", "postgres", "-c", "CREATE DATABASE other")
    is_foreign(server, primary.url.removesuffix("postgres") + "other", "another database of the same server is refused")
    is_foreign(server, "sqlite://other.db", "a file is refused")


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/sms-opt-in")
    if not os.access(binary, os.X_OK):
        sys.exit(f"There is no program at {binary}: run cargo build first.")
    with contextlib.ExitStack() as at_end:
        folder = at_end.enter_context(tempfile.TemporaryDirectory(prefix="sms-opt-in-replica-"))
        os.chmod(folder, 0o711)
        for name in ("one", "two", "three"):
            os.makedirs(os.path.join(folder, name))
        try:
            run(folder, binary, at_end)
        except (Lost, OSError, subprocess.SubprocessError) as error:
            sys.exit(f"FAILED: {error}")
    print("Pages are read from the replica, say how old they are, and nothing is decided there.")


if __name__ == "__main__":
    main()
