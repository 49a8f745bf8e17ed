#!/usr/bin/env python3
"""Three instances on a PostgreSQL that fails over by itself: Patroni, etcd and HAProxy from Debian's packages. Machines
die, freeze and come back under load, and as in instances.py nothing may be lost, sent twice, or sent after a STOP.

    apt-get install patroni etcd-server haproxy postgresql python3-etcd
    python3 tests/high_availability.py --rounds 8 --binary target/debug/sms-opt-in

Every machine is a folder and a loopback address: three of etcd, three of Patroni (a primary, its synchronous standby and
another replica), and one of HAProxy, which leads to whatever is the primary. Each round one of them fails. A machine that
froze wakes up as a former primary, and sessions that were open there try to commit. It also tells how long nobody could
write.
"""

import contextlib
import functools
import http.client
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time

import instances
from standins import Machine, Postgres
from support import Lost, wait_for as wait_for_seconds

PACKAGES = {"patroni": "patroni python3-etcd", "etcd": "etcd-server", "haproxy": "haproxy"}
LOOP_WAIT = 2  # seconds; Patroni wants loop_wait + 2 * retry_timeout <= ttl
WITHIN = 120  # seconds
wait_for = functools.partial(wait_for_seconds, seconds=WITHIN)
PASSWORD = "only-on-loopback"
PRIMARY_PORT, REPLICA_PORT = 5000, 5001
SETTINGS = {
    "max_connections": 150, "synchronous_commit": "on",
    # What pg_rewind needs, and enough of the log for a machine that was away.
    "wal_log_hints": "on", "wal_keep_size": "256MB",
    # The new primary commits nothing before a standby follows it, and that one may ask too early.
    "wal_retrieve_retry_interval": "500ms",
}
HAPROXY = """
defaults
  mode tcp
  timeout connect 2s
  timeout check 2s
  timeout client 30m
  timeout server 30m
  default-server inter 1s fall 2 rise 2 on-marked-down shutdown-sessions

listen primary
  bind {address}:{primary_port}
  option httpchk OPTIONS /primary
{servers}

listen replicas
  bind {address}:{replica_port}
  option httpchk OPTIONS /replica
{servers}
"""


def ask(address, port, path):
    """An HTTP status and what came with it; None when nobody answers."""
    connection = http.client.HTTPConnection(address, port, timeout=1)
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    return None, None


class Patroni(Postgres):
    """A PostgreSQL cluster that fails over by itself, with what it takes."""

    def __init__(self, folder, ttl):
        for program, packages in PACKAGES.items():
            if not shutil.which(program):
                raise Lost(f"there is no {program} on PATH: apt-get install {packages}")
        super().__init__(folder)
        self.ttl, net = ttl, f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        machine = lambda name, last: Machine(folder, name, f"{net}.{last}", self.su)
        self.stores = [machine(f"etcd-{n}", 10 + n) for n in range(3)]
        self.nodes = [machine(f"node-{n}", 20 + n) for n in range(3)]
        self.balancer = machine("balancer", 30)
        at = f"postgres://consent:{PASSWORD}@{self.balancer.address}"
        # Patroni calls a server the primary once it leads; until it is promoted, nothing can be written there.
        self.url = f"{at}:{PRIMARY_PORT}/consent"
        self.replica_url = f"{at}:{REPLICA_PORT}/consent"

    def start(self):
        try:
            for store in self.stores:
                store.start("etcd", *self.etcd(store))
            for node in self.nodes:
                path = node.write("patroni.yml", json.dumps(self.patroni(node)))  # YAML takes JSON.
                node.start("patroni", path)
            self.balancer.start("haproxy", "-db", "-f", self.balancer.write("haproxy.cfg", self.haproxy()))
            wait_for(lambda: "sync" in self.standbys(), "there is a primary, and a standby that confirms its commits")
            for sql in (f"CREATE ROLE consent LOGIN PASSWORD '{PASSWORD}'", "CREATE DATABASE consent OWNER consent",
                        "CREATE TABLE fencing (word text)"):
                self.sql(self.owner(wait_for(self.primary, "there is a primary")), sql)
            wait_for(self.is_whole, "the cluster is made")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for machine in (self.balancer, *self.nodes, *self.stores):
            machine.kill()

    def etcd(self, store):
        peer = lambda machine: f"http://{machine.address}:2380"
        client = f"http://{store.address}:2379"
        return (
            "--name", store.name, "--data-dir", "data", "--initial-cluster-state", "new", "--enable-v2",
            "--initial-cluster", ",".join(f"{each.name}={peer(each)}" for each in self.stores),
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer(store), "--initial-advertise-peer-urls", peer(store),
        )

    def patroni(self, node):
        user = lambda name: {"username": name, "password": PASSWORD}
        return {
            "scope": "consent", "name": node.name,
            "restapi": {"listen": f"{node.address}:8008", "connect_address": f"{node.address}:8008"},
            # Not etcd3: with it, Patroni before 3.0.3 (Debian 12) takes the leadership back when it wakes up, and what was
            # acknowledged meanwhile would be rewound.
            "etcd": {"hosts": [f"{store.address}:2379" for store in self.stores]},
            "bootstrap": {
                "dcs": {
                    "ttl": self.ttl, "loop_wait": LOOP_WAIT, "retry_timeout": (self.ttl - LOOP_WAIT) // 2,
                    "synchronous_mode": True, "synchronous_mode_strict": True,
                    # A primary whose PostgreSQL crashed hands over, if a standby is ready, instead of recovering first.
                    "primary_start_timeout": 0,
                    "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": SETTINGS},
                },
                "initdb": [{"encoding": "UTF8"}, {"auth-local": "trust"}, "no-sync"],
            },
            "postgresql": {
                "listen": f"{node.address}:5432", "connect_address": f"{node.address}:5432", "data_dir": "data",
                "bin_dir": self.programs, "pgpass": os.path.join(node.folder, "pgpass"),
                "parameters": {"unix_socket_directories": node.folder, "log_line_prefix": "%m [%p] "},
                "pg_hba": ["local all all trust", "host all all 127.0.0.0/8 scram-sha-256",
                           "host replication replicator 127.0.0.0/8 scram-sha-256"],
                "authentication": {"superuser": user("postgres"), "replication": user("replicator")},
            },
        }

    def haproxy(self):
        servers = [f"  server {node.name} {node.address}:5432 check port 8008" for node in self.nodes]
        return HAPROXY.format(address=self.balancer.address, primary_port=PRIMARY_PORT, replica_port=REPLICA_PORT,
                              servers="\n".join(servers))

    def owner(self, node):
        """Leads past HAProxy."""
        return f"postgres://postgres:{PASSWORD}@{node.address}:5432/postgres"

    def primary(self):
        """The one that says so, if there is one."""
        return next((node for node in self.nodes if ask(node.address, 8008, "/primary")[0] == 200), None)

    def standbys(self):
        """Those that receive the primary's log at this moment, by the part they have: sync or async."""
        primary = self.primary()
        _, told = ask(primary.address, 8008, "/patroni") if primary else (None, None)
        parts = {each["application_name"]: each["sync_state"] for each in (told or {}).get("replication", ())
                 if each["state"] == "streaming"}
        return {parts[node.name]: node for node in self.nodes if node.name in parts}

    def may_take_over(self):
        """Who may follow the primary, as etcd has it: a standby that PostgreSQL calls synchronous is written down there only
        seconds later, and if the primary died in between, nobody would follow it."""
        primary = self.primary()
        _, told = ask(primary.address, 8008, "/cluster") if primary else (None, None)
        return {each["name"] for each in (told or {}).get("members", ()) if each["role"] == "sync_standby"}

    def is_whole(self):
        standbys = self.standbys()
        return set(standbys) == {"sync", "async"} and standbys["sync"].name in self.may_take_over() and self.answers()

    def answers(self):
        with contextlib.suppress(Lost):
            return self.sql(self.url, "CREATE TEMPORARY TABLE here ()") == ""
        return False

    def log_paths(self):
        return [node.log_path for node in self.nodes]


class Session:
    """A session of somebody who knows the primary's own address, with a transaction that is not committed yet."""

    def __init__(self, cluster, node, word):
        self.word = word
        call = [*cluster.su, os.path.join(cluster.programs, "psql"), cluster.owner(node), "-X"]
        self.process = subprocess.Popen(
            call, cwd=cluster.home, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.say(f"BEGIN; INSERT INTO fencing VALUES ('{word}');")
        while line := self.process.stdout.readline():
            if line.startswith("INSERT"):
                return
        raise Lost("no session could be begun on the primary")

    def say(self, sql):
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()

    def committed(self):
        """True when it was told that its transaction is committed."""
        try:
            told, _ = self.process.communicate(timeout=WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Lost("a session on a former primary neither ended nor was it answered") from None
        return "COMMIT" in told


class Outages:
    """Each round something fails, every kind once before any comes again; and it is waited until all is whole again."""

    KINDS = ("primary_dies", "primary_crashes", "primary_freezes", "standby_dies", "etcd_member_dies")

    def __init__(self, cluster, _servers, chance):
        self.cluster, self.chance, self.deck, self.log = cluster, chance, [], []
        self.asked = self.refused = 0

    def round(self):
        time.sleep(self.chance.uniform(1, 3))
        self.deck = self.deck or self.chance.sample(self.KINDS, len(self.KINDS))
        kind, primary = self.deck.pop(), wait_for(self.cluster.primary, "there is a primary")
        begun = time.monotonic()
        getattr(self, kind)(primary)
        kind = kind.replace("_", " ")
        wait_for(self.cluster.is_whole, f"all three are there again ({kind})")
        self.log.append((kind, begun, time.monotonic()))
        print(f"  {kind}: whole again after {time.monotonic() - begun:.0f} s", flush=True)

    def another_than(self, node):
        def other():
            found = self.cluster.primary()
            return found if found is not node else None

        return wait_for(other, f"another than {node.name} is the primary")

    def primary_dies(self, primary):
        """Its machine, which comes back when another has taken over."""
        primary.kill()
        self.another_than(primary)
        time.sleep(self.chance.uniform(0, 3))
        primary.start()

    def primary_crashes(self, primary):
        """Only PostgreSQL, without a farewell to its sessions."""
        with open(os.path.join(primary.folder, "data", "postmaster.pid"), encoding="utf-8") as file:
            os.kill(int(file.readline()), signal.SIGKILL)
        time.sleep(1)  # Patroni starts it again where it is, if no standby is ready to take over.

    def primary_freezes(self, primary):
        """Its machine, for longer than its leadership lasts. When it wakes up, what it is asked to commit then must not
        seem to be committed, or it must be in the database."""
        words = [f"{primary.name} {time.monotonic()} {n}" for n in range(3)]
        sessions = [Session(self.cluster, primary, word) for word in words]
        primary.signal(signal.SIGSTOP)
        self.another_than(primary)
        time.sleep(self.chance.uniform(1, 4))
        for session in sessions:
            session.say("COMMIT;")
        primary.signal(signal.SIGCONT)
        told = [session.word for session in sessions if session.committed()]
        kept = self.cluster.sql(self.cluster.owner(self.another_than(primary)), "SELECT word FROM fencing").splitlines()
        if lost := [word for word in told if word not in kept]:
            raise Lost(f"a former primary acknowledged commits that are not there: {lost}")
        self.asked += len(words)
        self.refused += len(words) - len(told)

    def standby_dies(self, _primary):
        """The one that confirms commits: there can be none until the other one takes its part."""
        standby = wait_for(lambda: self.cluster.standbys().get("sync"), "there is a synchronous standby")
        standby.kill()
        time.sleep(self.chance.uniform(3, 6))
        standby.start()

    def etcd_member_dies(self, _primary):
        store = self.chance.choice(self.cluster.stores)
        store.kill()
        time.sleep(self.chance.uniform(3, 6))
        store.start()
        wait_for(lambda: ask(store.address, 2379, "/health")[0] == 200, f"{store.name} is back")

    def told(self, leads):
        """What failed, and how long nobody could write: the longest time between two acknowledged writes, or from the
        failure to the first one. What was asked for before the failure does not count."""
        writes = [write for lead in leads for write in lead.acknowledged]
        without = {}
        for kind, begun, ended in self.log:
            times = sorted(at for asked, at in writes if asked > begun and at < ended)
            gaps = [after - before for before, after in zip([begun, *times], [*times, ended])]
            without.setdefault(kind, []).append(max(gaps))
        each = [f"\n  {kind}: {len(gaps)} times, {statistics.median(gaps):.1f} s without service (worst {max(gaps):.1f} s)"
                for kind, gaps in sorted(without.items())]
        return (f"ttl {self.cluster.ttl} s, loop_wait {LOOP_WAIT} s; {self.refused} of {self.asked} commits that a former "
                f"primary was asked for were refused{''.join(each)}")


def main():
    # Whoever ends it ends the machines as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("FAILED: it was told to end."))
    options = instances.options(__doc__, 8)
    options.add_argument("--ttl", type=int, default=10, help="seconds that a primary is one without being heard of")
    given = options.parse_args()
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin"  # haproxy
    instances.play(given, lambda folder: Patroni(folder, given.ttl), Outages)


if __name__ == "__main__":
    main()
