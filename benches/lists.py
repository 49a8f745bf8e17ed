#!/usr/bin/env python3
"""CPU for each answer of every list, at a million distinct numbers, wherever the rows that are asked for lie.

    cargo build --release
    python3 benches/lists.py --contacts 1000000 --postgres

The tables are filled in SQL: one contact on each number, two programs, opted-out numbers among the oldest, opted-in ones among
the newest, invited ones and everything of the second program scattered, a million messages of which a tenth is queued, and
2,000 numbers that wait for a person. CPU (user and system, of the server and of PostgreSQL) hardly depends on what else the
machine does. Fails with the names of the lists that take longer than --most milliseconds.
"""

import argparse
import datetime
import http.client
import json
import os
import pathlib
import sqlite3
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cluster import Postgres  # noqa: E402
from common import Installation  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
TIMES = 20
STATES = ("", "opted_in", "opted_out", "invited", "not_asked", "needs_review")
STATUSES = ("", "held", "queued", "scheduled", "sending", "sent", "delivered", "failed", "blocked", "cancelled", "expired")
MESSAGE = "number_id, program_id, to_text, category, lane, body, actor, attempts, steps, accepted_seq"


def statements(count, n_id, series):
    """What fills the tables. `n_id(x)` is an identifier of the number x; `series` has a column n from 1 to `count`."""
    old, new = count // 20, count - count // 10
    consent = "(SELECT consent FROM numbers ORDER BY id LIMIT 1)"
    default, rates = "(SELECT id FROM programs WHERE is_default)", "(SELECT id FROM programs WHERE NOT is_default)"
    named = "slug, name, brand, is_default"
    copied = ("opt_in_template, opt_in_reply, opt_out_reply, help_reply, frequency, contact_route, hold_days, created_at, updated_at, "
              "privacy_url, terms_url, requires_basis, keeps_quiet_hours, keeps_frequency, hours, revoke_words, help_words, "
              "opt_in_words, has_promised, kind")
    state = f"CASE WHEN n < {old} THEN 'opted_out' WHEN n > {new} THEN 'opted_in' ELSE 'invited' END"
    status = ("CASE WHEN n % 10 = 0 THEN 'queued' WHEN n < 1000 THEN 'held' WHEN n < 2000 THEN 'scheduled' WHEN n < 3000 THEN 'sending' "
              "WHEN n < 4000 THEN 'sent' WHEN n % 50 = 1 THEN 'failed' WHEN n % 50 = 2 THEN 'blocked' WHEN n < 9000 THEN 'cancelled' "
              "WHEN n % 50 = 3 THEN 'expired' ELSE 'delivered' END")
    yield f"INSERT INTO programs (id, {named}, {copied}) SELECT {n_id('1')}, 'rates', 'Rates', 'Acme', false, {copied} FROM programs"
    yield (f"INSERT INTO numbers (id, e164, consent, do_not_text, paused, paused_at, contact_count, head_seq, head_hash, created_at) "
           f"SELECT {n_id('n')}, '+1' || (2000000000 + n), {consent}, false, n % {count // 2000} = 7, "
           f"CASE WHEN n % {count // 2000} = 7 THEN n END, 1, CASE WHEN n < {old} OR n > {new} OR n % 20 = 0 THEN 1 ELSE 0 END, "
           f"{n_id('0')}, n FROM {series}")
    yield (f"INSERT INTO contacts (row_id, id, number_id, name, name_key, created_at, updated_at) SELECT n + 1000, {n_id('n')}, "
           f"{n_id('n')}, 'Person ' || n, 'person ' || n, n, n FROM {series}")
    yield (f"INSERT INTO consents (number_id, program_id, state, since) SELECT {n_id('n')}, {default}, {state}, n FROM {series} "
           f"WHERE n < {old} OR n > {new} OR n % 20 = 0")
    yield (f"INSERT INTO consents (number_id, program_id, state, since) SELECT {n_id('n')}, {rates}, "
           f"CASE WHEN n % 30 = 0 THEN 'opted_out' ELSE 'opted_in' END, n FROM {series} WHERE n % 10 = 0")
    yield (f"INSERT INTO messages (id, {MESSAGE}, status, error_code, created_at, due_at, expires_at, claimed_at) "
           f"SELECT {n_id('n')}, {n_id('n')}, {default}, '+1' || (2000000000 + n), 'alert', 'gated', 'Your order is ready.', 'operator', 1, 1, 1, "
           f"{status}, CASE WHEN n % 50 = 1 THEN '30006' END, n, 4000000000000000 + n, 4000000000000000 + n, n FROM {series}")
    yield (f"INSERT INTO inbound_texts (id, provider, provider_id, number_id, program_id, from_text, to_text, body, class, received_at) "
           f"SELECT {n_id('n')}, 'twilio', 'SM' || n, {n_id('n')}, {default}, '+1' || (2000000000 + n), '+12065550199', 'Hello', "
           f"CASE WHEN n % {count // 2000} = 7 THEN 'unclear' WHEN n % 10 = 0 THEN 'other' ELSE 'help' END, n FROM {series} "
           f"WHERE n % 3 = 0 OR n % {count // 2000} = 7")
    for name, many in (("all", count), ("opted_out", old), ("opted_in", count // 10), ("invited", count // 20), ("needs_review", 2000)):
        yield f"INSERT INTO tallies (program_id, state, slot, n) SELECT id, '{name}', 255, {many} FROM programs"


class Sqlite:
    def __init__(self, folder):
        self.path, self.url = f"{folder}/bench.db", None

    def fill(self, count):
        db = sqlite3.connect(self.path)
        db.create_function("n_id", 1, lambda n: int(n).to_bytes(16, "big"), deterministic=True)
        # The index of words is not asked here.
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'contacts'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        series = f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s) s"
        for statement in statements(count, lambda n: f"n_id({n})", series):
            db.execute(statement)
        for _, made in triggers:
            db.execute(made)
        db.commit()
        db.close()

    def cpu(self):
        return 0.0

    def stop(self):
        pass


class OnPostgres(Postgres):
    def fill(self, count):
        series = f"generate_series(1, {count}) s(n)"
        made = statements(count, lambda n: f"decode(lpad(to_hex({n}), 32, '0'), 'hex')", series)
        self.sql("ALTER TABLE contacts DISABLE TRIGGER USER", *made, "ALTER TABLE contacts ENABLE TRIGGER USER", "VACUUM ANALYZE")

    def cpu(self):
        with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as file:
            first = file.readline().strip()
        with open(f"/proc/{first}/task/{first}/children", encoding="ascii") as file:
            return cpu(first, True) + sum(cpu(child) for child in file.read().split())


def cpu(pid, with_ended=False):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return sum(int(field) for field in fields[11:15 if with_ended else 13]) / TICK


def ask(it, database, path, headers):
    """Milliseconds of CPU for each answer, and the last one."""
    connection, body = http.client.HTTPConnection("127.0.0.1", it.port), b""
    for turn in range(TIMES + 5):
        if turn == 5:
            before = cpu(it.process.pid) + database.cpu()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} was answered {answer.status}: {body[:300]}")
    return (cpu(it.process.pid) + database.cpu() - before) * 1000 / TIMES, body


def deep(it, state, headers):
    """A place some thousand rows down the list."""
    connection, after = http.client.HTTPConnection("127.0.0.1", it.port), ""
    for _ in range(15):
        connection.request("GET", f"/api/v1/contacts?limit=200&state={state}{after}", headers=headers)
        page = json.loads(connection.getresponse().read())
        if page["next_after"] is None:
            break
        after = f"&after={page['next_after']}"
    return after


def run(given, name, folder, database):
    it = Installation(given.binary, folder, 10, database.url)
    _, cookie = it.sign_in()
    it.stop()
    database.fill(given.contacts)
    it.start()
    signed_in, api, slow = {"Cookie": cookie}, dict(it.auth), []
    pages = [f"/contacts?state={state}{program}" for state in STATES for program in ("", "&program=rates")]
    pages += ["/contacts?sort=name", "/contacts?sort=name&program=rates"]
    pages += [f"/messages?status={status}" for status in STATUSES] + ["/messages?status=failed&code=30006"]
    pages += ["/reviews", "/revocations", "/log", "/", "/troubleshoot"]
    asked = [(page, signed_in) for page in pages]
    asked += [(f"/api/v1/contacts?limit=50&state={state}{deep(it, state, api)}", api) for state in STATES if state != "needs_review"]
    asked += [("/metrics", {})] if given.metrics else []
    print(f"\n{name}, {given.contacts:,} contacts on as many numbers, {datetime.date.today()}\n\n| list | CPU, ms | KB |\n|---|---|---|")
    for path, headers in asked:
        cost, body = ask(it, database, path, headers)
        print(f"| {path[:70]} | {cost:.1f} | {len(body) / 1000:.0f} |", flush=True)
        slow += [path] if cost > given.most else []
    it.stop()
    return [f"{name}: {path}" for path in slow]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--most", type=float, default=5)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, too")
    parser.add_argument("--no-sqlite", action="store_true", help="not on SQLite")
    parser.add_argument("--metrics", action="store_true", help="/metrics as well, where it is open")
    given = parser.parse_args()
    slow = []
    if not given.no_sqlite:
        with tempfile.TemporaryDirectory() as folder:
            slow += run(given, "SQLite", folder, Sqlite(folder))
    if given.postgres:
        with tempfile.TemporaryDirectory() as folder:
            database = OnPostgres(folder)
            try:
                slow += run(given, "PostgreSQL", folder, database)
            finally:
                database.stop()
    if slow:
        raise SystemExit("too slow:\n" + "\n".join(slow))


main()
