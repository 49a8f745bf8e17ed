#!/usr/bin/env python3
"""Durable writes per second through the whole server, beside the same rows written by hand in the same run.

    cargo build --release && cargo build --release --example load
    python3 benches/writes.py --contacts 100000 --postgres postgres://USER:PASSWORD@127.0.0.1

Measured are signed STOPs that Twilio has confirmed itself, and gated sends while sending is switched off, at 1, 8 and 32
connections. By hand: the same inserts and updates on the same tables of the same database once the server is stopped, one
transaction each and in groups. On SQLite by one writer with synchronous=FULL (there cannot be more), on PostgreSQL by
pgbench with as many clients as there were connections. By hand nothing is asked, checked, hashed or signed.
"""

import argparse
import glob
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time

from common import Installation, load, send, stop

LEVELS = (1, 8, 32)
STOP, SEND = "signed STOP", "gated send"
TABLES = ("inbound_texts", "consent_events", "messages", "message_steps", "idempotency_keys")
# As the store opens a database.
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "wal_autocheckpoint = 20000",
           "cache_size = -65536", "temp_store = MEMORY", "mmap_size = 268435456")
# The last row the server wrote is what the rows by hand look like; numbers are known by place.
PREPARE = [f"CREATE TABLE raw_{table} AS SELECT * FROM {table} ORDER BY {{order}} DESC LIMIT 1" for table in TABLES]
ORDER = {"consent_events": "position", "message_steps": "message_id", "idempotency_keys": "created_at"}
NUMBERS = ("CREATE TABLE raw_numbers AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM numbers",
           "CREATE UNIQUE INDEX raw_numbers_n ON raw_numbers (n)")


def prepare():
    return [words.format(order=ORDER.get(table, "id")) for table, words in zip(TABLES, PREPARE)] + list(NUMBERS)


def insert(table, columns, **changed):
    """A row like the last one, but for what is changed."""
    names = [name for name in columns[table] if name != "position"]
    values = ", ".join(changed.get(name, name) for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM raw_{table}"


def statements(what, columns, new_id, lock):
    """What one write changes, in words of both databases; `:k` counts the writes, `:n` is the number's place."""
    number, key = "(SELECT id FROM raw_numbers WHERE n = :n)", "'raw-' || :k || '-' || :client_id"
    locked = f"SELECT consent FROM numbers WHERE id = {number}{lock}"
    if what == SEND:
        return [locked,
                insert("messages", columns, id=new_id, number_id=number),
                insert("message_steps", columns, message_id=new_id),
                insert("idempotency_keys", columns, key=key)]
    seq = f"(SELECT head_seq + 1 FROM numbers WHERE id = {number})"
    return [locked,
            insert("inbound_texts", columns, id=new_id, provider_id=key, number_id=number),
            insert("consent_events", columns, number_id=number, seq=seq),
            f"UPDATE numbers SET consent = consent, head_seq = head_seq + 1, head_hash = head_hash WHERE id = {number}",
            f"UPDATE consents SET state = 'opted_out', since = since + 1 WHERE number_id = {number}"]


def tallies(what):
    """Figures are added up once a group."""
    row = "INSERT INTO tallies (program_id, state, slot, n) VALUES ((SELECT program_id FROM raw_messages), '{}', :client_id, 1) " \
          "ON CONFLICT (program_id, state, slot) DO UPDATE SET n = tallies.n + 1"
    return [row.format(state) for state in ("opted_in", "opted_out")] if what == STOP else []


def first_key():
    """Ids by hand come after the server's, which begin with the time as well."""
    return int(time.time() * 1000) << 16


class Sqlite:
    """One writer, one statement after the other."""

    name, groups = "SQLite", (1, 128, 512)

    def __init__(self, folder):
        self.url, self.db = f"sqlite://{folder}/writes.db", None

    def make(self):
        """The server does."""

    def open(self):
        self.db = sqlite3.connect(self.url.removeprefix("sqlite://"), isolation_level=None)
        for pragma in PRAGMAS:
            self.db.execute(f"PRAGMA {pragma}")
        for statement in prepare():
            self.db.execute(statement)
        self.columns = {table: [row[1] for row in self.db.execute(f"PRAGMA table_info({table})")] for table in TABLES}
        self.count = self.db.execute("SELECT count(*) FROM raw_numbers").fetchone()[0]

    def by_hand(self, what, _clients, group, seconds):
        each, at_end = statements(what, self.columns, ":id", ""), tallies(what)
        first = k = first_key()
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            self.db.execute("BEGIN IMMEDIATE")
            for _ in range(group):
                k += 1
                values = {"k": k, "client_id": 0, "n": (k - first) % self.count, "id": k.to_bytes(8, "big") + bytes(8)}
                for statement in each:
                    self.db.execute(statement, values).fetchall()
            for statement in at_end:
                self.db.execute(statement, {"client_id": 0})
            self.db.execute("COMMIT")
        return (k - first) / (time.monotonic() - began)

    def close(self):
        if self.db:
            self.db.close()


class Postgres:
    """pgbench with a script of the same statements."""

    name, groups = "PostgreSQL", (1, 128)

    def __init__(self, server, folder):
        self.server, self.folder = server.rstrip("/"), folder
        self.database = f"writes_{os.getpid()}"
        self.url = f"{self.server}/{self.database}"

    def make(self):
        self.psql(f"{self.server}/postgres", f"CREATE DATABASE {self.database}")

    def psql(self, url, *statements_):
        words = [word for statement in statements_ for word in ("-c", statement)]
        return subprocess.run([tool("psql"), url, "-AtqX", "-v", "ON_ERROR_STOP=1", *words], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.split("\n")[:-1]

    def open(self):
        self.psql(self.url, *prepare(), "VACUUM ANALYZE")
        named = "SELECT column_name FROM information_schema.columns WHERE table_name = '{}' ORDER BY ordinal_position"
        self.columns = {table: self.psql(self.url, named.format(table)) for table in TABLES}
        self.count = int(self.psql(self.url, "SELECT count(*) FROM raw_numbers")[0])

    def by_hand(self, what, clients, group, seconds):
        # Each client has numbers of its own, so that none waits for another's.
        count, base = max(self.count // clients, 1), first_key()
        each = statements(what, self.columns, "int8send(:k) || int8send(:client_id)", " FOR UPDATE")
        lines = ["BEGIN;"]
        for _ in range(group):
            lines += ["\\set k :k + 1", f"\\set n :client_id + {clients} * ((:k - {base}) % {count})"]
            lines += [f"{statement};" for statement in each]
        script = os.path.join(self.folder, "script.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write("\n".join(lines + [f"{statement};" for statement in tallies(what)] + ["COMMIT;", ""]))
        done = subprocess.run([tool("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)),
                               "-T", str(seconds), "-D", f"k={base}", "-f", script, self.url],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode or not found:
            raise SystemExit(f"pgbench failed:\n{done.stdout}")
        return float(found.group(1)) * group

    def close(self):
        self.psql(f"{self.server}/postgres", f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")


def tool(name):
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    return found or exit(f"There is no {name} on this machine.")


def through_the_server(given, database, folder):
    """Writes per second by what is written and the number of connections."""
    it, measured, n = Installation(given.binary, folder, given.contacts, database.url), {}, 0
    try:
        # What is queued stays queued, and what is sent has nobody to go to.
        it.switch_sending("off")
        leads = it.opted_in(given.requests * len(LEVELS))
        each = min(given.requests, len(leads) // len(LEVELS))
        for connections in LEVELS:
            sends = [send(n + i, leads[i % len(leads)], it.auth) for i in range(given.requests)]
            n += given.requests
            measured[SEND, connections] = given.requests / load(it.port, sends, 202, connections)
        # Each lead says STOP once: consent ends, and the history grows.
        for at, connections in enumerate(LEVELS):
            stops = [stop(i, leads[i]) for i in range(at * each, (at + 1) * each)]
            measured[STOP, connections] = each / load(it.port, stops, 200, connections)
    finally:
        it.stop()
    return measured


def row(*cells):
    first, rest = cells[:2], zip(cells[2:], (11, 11, 11, 8, 15, 8))
    print("".join([f"{cell:14}" for cell in first] + [f"{cell:>{width}}" for cell, width in rest]), flush=True)


def compare(given, database, measured):
    known = {}

    def by_hand(what, clients, group):
        key = (what, clients if database.name != "SQLite" else 1, group)
        if key not in known:
            known[key] = database.by_hand(what, clients, group, given.seconds)
        return known[key]

    for what in (STOP, SEND):
        for connections in LEVELS:
            per_second, single = measured[what, connections], by_hand(what, connections, 1)
            for group in database.groups[1:]:
                grouped = by_hand(what, connections, group)
                row(database.name, what, connections, f"{per_second:.0f}/s", f"{single:.0f}/s", f"{per_second / single:.2f} x",
                    f"{grouped:.0f}/s ({group})", f"{per_second / grouped:.2f} x")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=5_000, help="for each level")
    parser.add_argument("--seconds", type=int, default=5, help="for each figure by hand")
    parser.add_argument("--postgres", help="a server on which a database may be made")
    parser.add_argument("--folder", help="where the files lie: on the disk that is to be measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-writes-", dir=given.folder) as folder:
        databases = [Sqlite(folder)] + ([Postgres(given.postgres, folder)] if given.postgres else [])
        row("database", "write", "connections", "server", "by hand", "ratio", "in groups", "ratio")
        for database in databases:
            try:
                database.make()
                measured = through_the_server(given, database, folder)
                database.open()
                compare(given, database, measured)
            finally:
                database.close()


main()
