#!/usr/bin/env python3
"""Would partitioned tables pay on PostgreSQL? The same rows in several layouts, and what each costs.

    cargo build --release
    python3 benches/partitions.py --rows 50000000 --report benches/results/partitions-50m.md

A row of each table is taken as the server writes it and repeated with numbers, identifiers and places of its own: each number
has two events, four texts or two replies. The tables have the indexes of the migrations; where a layout cannot keep one
unique, the table says so. Foreign keys are the same in all layouts and left out. Loading is done with fsync off, everything
else with fsync on. The plain table is the baseline: what stands in brackets is a multiple of it, taken in the same run.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

from cluster import Postgres, progress
from common import INBOUND, SENDER, Installation, signed

GROUP, WRITERS, SECONDS = 128, 2, 6
# Reads come back to so many rows from all over the table, so that it is not the disk's patience that is measured.
ASKED = 2_000
HASHED, MONTHS, RANGES = 32, 36, 25
# Three years of identifiers before a fixed day, in milliseconds.
LAST, SPAN = 1_795_000_000_000, MONTHS * 30 * 86_400_000

HELPERS = (
    "CREATE SEQUENCE places",
    "CREATE FUNCTION uuid_at(ms bigint, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT substr(int8send(ms), 3) || "
    "'\\x75a48000'::bytea || substr(int8send(((n % 2147483647) * 2654435761) & 281474976710655), 3) $$",
    f"CREATE FUNCTION number_of(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT uuid_at({LAST - SPAN} + n * 7, n) $$",
    "CREATE FUNCTION sid_of(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'SM' || md5(n::text) $$",
)


class Subject:
    """A table: how its rows differ, what is asked of it, and its layouts."""

    def __init__(self, table, rows, per_number, changed, reads, layouts):
        self.table, self.rows, self.numbers = table, rows, rows // per_number
        self.changed, self.reads, self.layouts = changed, reads, layouts

    def insert(self, postgres, source):
        named = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{self.table}' ORDER BY ordinal_position"
        names = postgres.sql(named)
        values = ", ".join(self.changed.get(name, f"t.{name}") for name in names)
        return f"INSERT INTO bench ({', '.join(names)}) SELECT {values} FROM {source}, (SELECT * FROM one_{self.table}) AS t"


def parts(kind, count, bound=None):
    """The partitions of `bench`."""
    if kind == "hash":
        return [f"CREATE TABLE bench_{i} PARTITION OF bench FOR VALUES WITH (MODULUS {count}, REMAINDER {i})" for i in range(count)]
    edges = ["MINVALUE"] + [bound(i) for i in range(1, count)] + ["MAXVALUE"]
    return [f"CREATE TABLE bench_{i} PARTITION OF bench FOR VALUES FROM ({edges[i]}) TO ({edges[i + 1]})" for i in range(count)]


def month(i):
    return f"'\\x{LAST - SPAN + i * SPAN // MONTHS:012x}{'0' * 20}'::bytea"


def shuffled(numbers):
    """The number of the n-th row: the first rows in the numbers' own order, all later ones anywhere."""
    return f"CASE WHEN n <= {numbers} THEN n ELSE 1 + (n * 7919) % {numbers} END"


def events(rows):
    numbers = rows // 2
    some = f"number_of(1 + :k * {max(numbers // ASKED, 1)})"
    return Subject(
        "consent_events", rows, 2,
        {"position": "n", "number_id": f"number_of({shuffled(numbers)})", "seq": f"1 + (n - 1) / {numbers}",
         "salt": "int8send(n) || substr(t.salt, 9)", "hash": "int8send(n) || substr(t.hash, 9)",
         "commitment": "int8send(n) || substr(t.commitment, 9)", "prev_hash": "int8send(n - 1) || substr(t.prev_hash, 9)"},
        {"history of a number": f"SELECT number_id, seq, facts, hash FROM bench WHERE number_id = {some} ORDER BY seq",
         "events after a place": f"SELECT kind FROM bench WHERE number_id = {some} AND seq > 1",
         "seal: 10,000 places": f"SELECT position, hash FROM bench WHERE position > :k * {max(rows // ASKED - 10_000, 1)} "
                                "ORDER BY position LIMIT 10000",
         "last place": "SELECT max(position) FROM bench"},
        {"plain": ("", [], ["PRIMARY KEY (position)", "UNIQUE (number_id, seq)"], "nothing"),
         f"hash(number_id) x {HASHED}": (
             "PARTITION BY HASH (number_id)", parts("hash", HASHED), ["PRIMARY KEY (position, number_id)", "UNIQUE (number_id, seq)"],
             "PRIMARY KEY (position)"),
         f"range(position) x {RANGES}": (
             "PARTITION BY RANGE (position)", parts("range", RANGES, lambda i: f"{rows * i // RANGES}"),
             ["PRIMARY KEY (position)", "UNIQUE (number_id, seq, position)"], "UNIQUE (number_id, seq)")})


def texts(rows):
    numbers = rows // 4
    number = f"number_of(1 + :k * {max(numbers // ASKED, 1)})"
    place = f"(1 + :k * {max(rows // ASKED, 1)})"
    new_id = f"uuid_at({LAST - SPAN} + n * {SPAN} / {rows}, n)"
    of_place = new_id.replace(" n ", f" {place} ").replace(", n)", f", {place})")
    return Subject(
        "messages", rows, 4,
        {"id": new_id, "number_id": f"number_of({shuffled(numbers)})", "provider_id": f"CASE WHEN n <= {rows - 1000} THEN sid_of(n) END",
         "status": f"CASE WHEN n > {rows - 1000} THEN 'queued' WHEN n % 30 = 0 THEN 'failed' ELSE t.status END",
         "error_code": "CASE WHEN n % 30 = 0 THEN '30003' END"},
        {"newest texts of a number": f"SELECT id, body, status FROM bench WHERE number_id = {number} ORDER BY id DESC LIMIT 100",
         "a text by its identifier": f"SELECT body, status, verdict FROM bench WHERE id = {of_place}",
         "receipt, by provider_id": f"SELECT id, status FROM bench WHERE provider_id = sid_of({place}::bigint)",
         "what is due": "SELECT id, number_id, lane FROM bench WHERE status = 'queued' AND due_at <= 9e15::bigint + :k "
                        "AND number_id IS NOT NULL ORDER BY due_at, id LIMIT 256",
         "waiting for a number": f"SELECT id FROM bench WHERE number_id = {number} AND status IN ('held', 'queued', 'scheduled') "
                                 "ORDER BY id",
         "newest 51 of all": "SELECT id, body, status FROM bench ORDER BY id DESC LIMIT 51",
         "newest 51 that failed": "SELECT id, body, status FROM bench WHERE status = 'failed' ORDER BY id DESC LIMIT 51"},
        {"plain": ("", [], ["PRIMARY KEY (id)", "provider_id"], "nothing"),
         f"range(id) x {MONTHS}": ("PARTITION BY RANGE (id)", parts("range", MONTHS, month), ["PRIMARY KEY (id)", "provider_id, id"],
                                   "UNIQUE (provider_id)"),
         f"hash(number_id) x {HASHED}": (
             "PARTITION BY HASH (number_id)", parts("hash", HASHED), ["PRIMARY KEY (id, number_id)", "provider_id, number_id"],
             "PRIMARY KEY (id), UNIQUE (provider_id), the foreign key of message_steps")})


def replies(rows):
    numbers = rows // 2
    number = f"number_of(1 + :k * {max(numbers // ASKED, 1)})"
    sid = f"sid_of((1 + :k * {max(rows // ASKED, 1)})::bigint)"
    return Subject(
        "inbound_texts", rows, 2,
        {"id": f"uuid_at({LAST - SPAN} + n * {SPAN} / {rows}, n)", "number_id": f"number_of({shuffled(numbers)})",
         "provider_id": "sid_of(n)", "class": "CASE WHEN n % 50 = 0 THEN 'other' ELSE t.class END"},
        {"was it seen, by (provider, sid)": f"SELECT id, number_id FROM bench WHERE provider = 'twilio' AND provider_id = {sid}",
         "a new one: not seen": "SELECT id FROM bench WHERE provider = 'twilio' AND provider_id = md5(:k::text)",
         "newest of a number": f"SELECT id, body FROM bench WHERE number_id = {number} ORDER BY id DESC LIMIT 100",
         "newest 500 to read": "SELECT id, body FROM bench WHERE class = 'other' ORDER BY id DESC LIMIT 500"},
        {"plain": ("", [], ["PRIMARY KEY (id)", "UNIQUE (provider, provider_id)"], "nothing"),
         f"hash(provider_id) x {HASHED}": (
             "PARTITION BY HASH (provider_id)", parts("hash", HASHED),
             ["PRIMARY KEY (id, provider_id)", "UNIQUE (provider, provider_id)"], "PRIMARY KEY (id)")})


def ask(it, path, headers, body):
    with urllib.request.urlopen(urllib.request.Request(it.base + path, body, dict(headers))) as answer:
        answer.read()


def one_of_each(postgres, binary, folder):
    """Rows as the server writes them, out of a small installation."""
    it = Installation(binary, folder, 800, postgres.url)
    try:
        lead = it.opted_in(1)[0]
        wanted = {"to": lead, "body": "Your order 4711 is ready. Pick it up until Friday.", "category": "alert"}
        ask(it, "/api/v1/messages", it.auth + [("Content-Type", "application/json")], json.dumps(wanted).encode())
        time.sleep(8)
        ask(it, INBOUND, *signed(INBOUND, {"From": lead, "To": SENDER, "Body": "STOP", "MessageSid": "SM" + "0" * 32}))
    finally:
        it.stop()
    newest = {"consent_events": "kind = 'opted_out'", "messages": "status = 'delivered' AND lane = 'gated'", "inbound_texts": "true"}
    postgres.sql(*[f"CREATE TABLE one_{table} AS SELECT * FROM {table} WHERE {which} LIMIT 1" for table, which in newest.items()])
    if any(postgres.value(f"SELECT count(*) FROM one_{table}") != "1" for table in newest):
        raise SystemExit("the server did not write a row of each table")


def secondary(postgres, table):
    """The migrations' indexes that keep nothing unique, for `bench`."""
    found = postgres.sql(f"SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '{table}'::regclass AND NOT indisunique")
    return [re.sub(rf"INDEX \w+ ON public\.{table}", "INDEX ON bench", definition) for definition in found]


def timed(act, *words):
    began = time.monotonic()
    act(*words)
    return time.monotonic() - began


class Layout:
    """One layout of one table, measured."""

    def __init__(self, postgres, subject, name, folder):
        self.postgres, self.subject, self.name, self.folder = postgres, subject, name, folder
        self.clause, self.parts, self.keys, self.lost = subject.layouts[name]
        self.figures = {}

    def note(self, what, value, unit):
        self.figures[what, unit] = value
        progress(f"  {self.subject.table}, {self.name}: {what}: {value:,.3f} {unit}")

    def make(self):
        default = "" if self.subject.table != "consent_events" else \
            f"ALTER TABLE bench ALTER position SET DEFAULT nextval('places'); SELECT setval('places', {self.subject.rows})"
        self.postgres.sql("DROP TABLE IF EXISTS bench", f"CREATE TABLE bench (LIKE {self.subject.table} INCLUDING DEFAULTS) "
                          f"{self.clause}", *self.parts, *([default] if default else []), "CHECKPOINT")

    def fill(self):
        rows, half = self.subject.rows, self.subject.rows // 2
        self.postgres.loading()
        halves = [[self.subject.insert(self.postgres, f"generate_series({first}::bigint, {last}) AS n")]
                  for first, last in ((1, half), (half + 1, rows))]
        self.note("load, two connections", rows / timed(self.postgres.side_by_side, halves) / 1000, "thousand rows/s")
        keys = [f"ALTER TABLE bench ADD {key}" if "(" in key else
                f"CREATE UNIQUE INDEX ON bench ({key}) WHERE provider_id IS NOT NULL" for key in self.keys]
        built = keys + secondary(self.postgres, self.subject.table)
        self.note("building the indexes", timed(self.postgres.sql, *built), "s")
        self.note("VACUUM (FREEZE, ANALYZE) after the load", timed(self.postgres.sql, "VACUUM (FREEZE, ANALYZE) bench"), "s")
        self.postgres.loaded()
        table, indexes = self.postgres.value(
            "SELECT sum(pg_table_size(relid)) || '|' || sum(pg_indexes_size(relid)) FROM pg_partition_tree('bench')").split("|") \
            if self.parts else self.postgres.value("SELECT pg_table_size('bench') || '|' || pg_indexes_size('bench')").split("|")
        self.note("table", int(table) / 2 ** 20, "MB")
        self.note("indexes", int(indexes) / 2 ** 20, "MB")

    def pgbench(self, lines, clients, mode, seconds, *more):
        script = os.path.join(self.folder, "script.sql")
        pathlib.Path(script).write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run([os.path.join(self.postgres.programs, "pgbench"), "-n", "-M", mode, "-c", str(clients), "-j",
                               str(clients), "-T", str(seconds), "-f", script, *more, self.postgres.url],
                              capture_output=True, text=True, check=False)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode or not found:
            raise SystemExit(f"pgbench failed: {done.stdout}{done.stderr}")
        return float(found.group(1))

    def read(self):
        for what, query in self.subject.reads.items():
            lines = [f"\\set k random(0, {ASKED - 1})", query + ";"]
            self.pgbench(lines, 1, "prepared", 1)
            self.note(what + ", prepared", 1e6 / self.pgbench(lines, 1, "prepared", SECONDS // 2), "µs")
            self.note(what + ", not prepared", 1e6 / self.pgbench(lines, 1, "simple", SECONDS // 2), "µs")
            explained = [f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.replace(':k', str(k))}" for k in range(7, 1000, 97)]
            plans = [plan[0] for plan in json_values("\n".join(self.postgres.sql(*explained)))]
            pages = [plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] for plan in plans]
            self.note(what, sum(pages) / len(pages), "pages")
            self.note(what + ", planning", sorted(plan["Planning Time"] for plan in plans)[len(plans) // 2], "ms")

    def write(self):
        """New rows in groups, as the store's writers commit them; a text is also moved on by its identifier."""
        subject, base = self.subject, int(time.time() * 1000) << 8
        rows = f"(SELECT {base} + :k * {WRITERS} + :client_id AS n, :r::bigint AS r) AS fresh"
        changed = {"number_id": "number_of(r)"}
        if subject.table == "consent_events":
            changed |= {"position": "nextval('places')", "seq": f"(n - {base} + 1000)::int"}
        else:
            changed |= {"id": f"uuid_at({LAST} + (n & 4294967295), n)", "provider_id": "sid_of(n)"}
        insert = Subject(subject.table, subject.rows, 1, changed, {}, {}).insert(self.postgres, rows)
        lines = ["BEGIN;"]
        for _ in range(GROUP):
            lines += ["\\set k :k + 1", f"\\set r random(1, {subject.numbers})", insert + ";"]
            if subject.table == "messages":
                lines.append(f"UPDATE bench SET status = 'sent' WHERE id = uuid_at({LAST} + (({base} + :k * {WRITERS} + :client_id) & "
                             f"4294967295), {base} + :k * {WRITERS} + :client_id);")
        lines.append("COMMIT;")
        # The better of two runs: the first one also brings the pages of the indexes into memory.
        rates = [self.pgbench(lines, WRITERS, "prepared", SECONDS, "-D", f"k={first}") * GROUP for first in (0, 10_000_000)]
        self.note(f"new rows, {WRITERS} writers in groups of {GROUP}", max(rates), "rows/s")

    def keep(self):
        """What an operator's jobs cost."""
        subject = self.subject
        if subject.table == "messages":
            burst = f"UPDATE bench SET status = 'failed', error_code = '1' WHERE id > uuid_at({LAST - SPAN // 50}, 0)"
            self.note("2 % of the rows changed", timed(self.postgres.sql, burst), "s")
        self.note("VACUUM after the writes", timed(self.postgres.sql, "VACUUM bench"), "s")
        index = self.postgres.value("SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'bench'::regclass AND NOT indisprimary "
                                    "AND indpred IS NULL AND indisunique" if subject.table != "messages" else
                                    "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'bench'::regclass AND indisprimary")
        self.note("rebuilding one index", timed(self.postgres.sql, f"REINDEX INDEX {index}"), "s")
        if subject.table == "messages" and "hash" not in self.name:
            if self.parts:
                drop = ["ALTER TABLE bench DETACH PARTITION bench_0", "DROP TABLE bench_0"]
            else:
                drop = [f"DELETE FROM bench WHERE id < {month(1)}", "VACUUM bench"]
            self.note("dropping the oldest month", timed(self.postgres.sql, *drop), "s")

    def measure(self):
        self.make()
        self.fill()
        self.read()
        self.write()
        self.keep()
        self.postgres.sql("DROP TABLE bench", "CHECKPOINT")


def json_values(text):
    decoder, at = json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        yield value
        at += len(text[at:]) - len(text[at:].lstrip())


def table_of(subject, layouts):
    """A table in Markdown: one line for each figure, the plain layout first, multiples of it in brackets."""
    lines = [f"## {subject.table}, {subject.rows:,} rows, {subject.numbers:,} numbers", "",
             "| | " + " | ".join(layout.name for layout in layouts) + " |", "|---" * (len(layouts) + 1) + "|",
             "| what cannot be kept | " + " | ".join(layout.lost for layout in layouts) + " |"]
    plain = layouts[0].figures
    for key in dict.fromkeys(key for layout in layouts for key in layout.figures):
        cells = []
        for layout in layouts:
            value = layout.figures.get(key)
            ratio = f" ({value / plain[key]:.2f})" if value is not None and plain.get(key) and layout is not layouts[0] else ""
            cells.append("" if value is None else f"{value:,.{0 if value >= 100 else 2}f}{ratio}")
        lines.append(f"| {key[0]}, {key[1]} | " + " | ".join(cells) + " |")
    return lines + [""]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--rows", type=int, default=50_000_000, help="of consent_events")
    parser.add_argument("--messages", type=int, help="rows of messages, if fewer")
    parser.add_argument("--inbound", type=int, help="rows of inbound_texts, if fewer")
    parser.add_argument("--report", default="benches/results/partitions.md")
    parser.add_argument("--folder", help="where the tables lie: some 35 GB for 50 million events")
    given = parser.parse_args()
    lines = [f"# Partitioned tables, measured with {given.rows:,} events", ""]
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-partitions-", dir=given.folder) as folder:
        postgres = Postgres(folder)
        try:
            one_of_each(postgres, given.binary, folder)
            postgres.sql(*HELPERS)
            lines.append(f"PostgreSQL {postgres.version()}, shared_buffers 2 GB, 2 cores that had other work as well.\n")
            for subject in (events(given.rows), texts(given.messages or given.rows), replies(given.inbound or given.rows)):
                layouts = [Layout(postgres, subject, name, folder) for name in subject.layouts]
                for layout in layouts:
                    layout.measure()
                    done = [one for one in layouts if one.figures]
                    report = lines + table_of(subject, done)
                    pathlib.Path(given.report).parent.mkdir(parents=True, exist_ok=True)
                    pathlib.Path(given.report).write_text("\n".join(report), encoding="utf-8")
                lines = report
        finally:
            postgres.stop("immediate")


if __name__ == "__main__":
    main()
