#!/usr/bin/env python3
"""Deliveries, and STOPs beside them, with queues of different lengths in one run.

    cargo build --release
    python3 benches/backlog.py --queued 500 10000 1000000 --postgres

A stand-in for Twilio's API takes each text and answers after --delay milliseconds. For every length the queue is filled by
copies of one message, to numbers that opted in by signed webhooks; then the server starts. Beside its deliveries a signed
STOP arrives every 50 ms. The first length is the baseline; the others are shown against it. At the end the carrier is
unreachable while the last queue waits: shown are the cores that server and database take.
"""

import argparse
import asyncio
import datetime
import http.client
import multiprocessing
import os
import sqlite3
import tempfile
import threading
import time

from cluster import Postgres
from common import INBOUND, SENDER, Installation, free_port, signed, stop

TICK = os.sysconf("SC_CLK_TCK")
ACCOUNT = "AC" + "0" * 32
AT_ONCE = 16
COLUMNS = ("program_id, category, lane, body, actor, attempts, steps, accepted_seq, verdict, expires_at")


class Answers(asyncio.Protocol):
    """Answers each request after a while. It shares the machine with the server and must cost little."""

    taken, delay = None, 0.01

    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, rest = self.buffer.split(b"\r\n\r\n", 1)
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line[15:])
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            asyncio.get_running_loop().call_later(self.delay, self.answer)

    def answer(self):
        if self.transport.is_closing():
            return
        self.taken.value += 1
        body = b'{"sid": "SM%s", "status": "queued"}' % os.urandom(16).hex().encode()
        self.transport.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def carry(port, delay, taken):
    async def serve():
        Answers.taken, Answers.delay = taken, delay
        server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", port, backlog=256)
        await server.serve_forever()
    asyncio.run(serve())


class Carrier:
    """The stand-in, in a process of its own; it can be away."""

    def __init__(self, delay):
        self.port, self.delay, self.taken = free_port(), delay, multiprocessing.Value("q", 0, lock=False)
        self.process = None

    def come(self):
        self.process = multiprocessing.Process(target=carry, args=(self.port, self.delay, self.taken), daemon=True)
        self.process.start()

    def leave(self):
        self.process.terminate()
        self.process.join()


class WithCarrier(Installation):
    """A server whose texts go to the stand-in."""

    carrier = None

    def start(self):
        self.environment |= {"PROVIDER": "twilio", "TWILIO_ACCOUNT_SID": ACCOUNT, "SENDER_NUMBER": SENDER,
                             "TWILIO_API_BASE": f"http://127.0.0.1:{self.carrier.port}"}
        super().start()

    def cpu(self):
        return sum(times(self.process.pid)[:2])


def times(pid):
    """A process's seconds of CPU: user and system, then the same of its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return [int(field) / TICK for field in fields[11:15]]


class SqliteQueue:
    """Fills the queue of a database that no server has open."""

    def __init__(self, path):
        self.path = path

    def cpu(self):
        """It is the server's."""
        return 0

    def fill(self, count):
        began = time.time()
        first, now = int(began * 1000) << 80, int(began * 1_000_000)
        with sqlite3.connect(self.path) as db:
            db.execute("UPDATE messages SET status = 'cancelled' WHERE status IN ('queued', 'sending')")
            people = db.execute("SELECT id, e164 FROM numbers WHERE head_seq = 1 ORDER BY id").fetchall()
            template = db.execute(f"SELECT {COLUMNS} FROM messages WHERE lane = 'gated' LIMIT 1").fetchone()
            rows = (((first + n).to_bytes(16, "big"), *people[n % len(people)], *template, "queued", now, now - count + n)
                    for n in range(count))
            marks = ", ".join("?" * (3 + len(template) + 3))
            db.executemany(f"INSERT INTO messages (id, number_id, to_text, {COLUMNS}, status, created_at, due_at) "
                           f"VALUES ({marks})", rows)
        db.close()


class PostgresQueue:
    def __init__(self, postgres):
        self.postgres = postgres

    def cpu(self):
        """Of the database's processes, those that have ended included."""
        with open(os.path.join(self.postgres.data, "postmaster.pid"), encoding="ascii") as file:
            first = file.readline().strip()
        with open(f"/proc/{first}/task/{first}/children", encoding="ascii") as file:
            children = file.read().split()
        total = sum(times(first))
        for child in children:
            try:
                total += sum(times(child)[:2])
            except FileNotFoundError:
                pass
        return total

    def fill(self, count):
        now = int(time.time() * 1_000_000)
        first = int(time.time() * 1000)
        self.postgres.sql(
            "UPDATE messages SET status = 'cancelled' WHERE status IN ('queued', 'sending')",
            "CREATE TEMP TABLE people AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, e164 FROM numbers WHERE head_seq = 1; "
            f"INSERT INTO messages (id, number_id, to_text, {COLUMNS}, status, created_at, due_at) "
            f"SELECT decode(lpad(to_hex({first}::bigint), 12, '0') || lpad(to_hex(s.n), 20, '0'), 'hex'), p.id, p.e164, "
            f"{', '.join('m.' + name for name in COLUMNS.split(', '))}, 'queued', {now}, {now} - {count} + s.n "
            f"FROM generate_series(0, {count} - 1) s(n) JOIN people p ON p.n = s.n % (SELECT count(*) FROM people) "
            "CROSS JOIN (SELECT * FROM messages WHERE lane = 'gated' LIMIT 1) m",
            # As a database that has lived with these rows for a while. Otherwise autovacuum does it while we measure.
            "VACUUM (ANALYZE)", "CHECKPOINT")


class Stops(threading.Thread):
    """A signed STOP every 50 ms, until it is told to end."""

    def __init__(self, port, begin):
        super().__init__(daemon=True)
        self.port, self.n, self.ended, self.times = port, begin, threading.Event(), []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.ended.wait(0.05):
            self.n += 1
            head, body = stop(self.n, f"+1303{2_000_000 + self.n % 7_000_000}").split(b"\r\n\r\n", 1)
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[2:])
            began = time.perf_counter()
            connection.request("POST", INBOUND, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"a STOP was answered {answer.status}")
            self.times.append((time.perf_counter() - began) * 1000)

    def percentile(self, part):
        times = sorted(self.times)
        return times[min(len(times) - 1, int(len(times) * part))] if times else float("nan")


def opt_in(it, count):
    """So many numbers opt in."""
    def some(first):
        connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=60)
        for n in range(first, count, AT_ONCE):
            params = {"From": f"+1212{2_000_000 + n}", "To": SENDER, "Body": "START", "MessageSid": f"SM{n:032x}", "OptOutType": "START"}
            headers, body = signed(INBOUND, params)
            connection.request("POST", INBOUND, body, dict(headers))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"a START was answered {answer.status}")
    workers = [threading.Thread(target=some, args=(n,)) for n in range(AT_ONCE)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]


def one_message(it):
    connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=60)
    body = '{"to": "+12122000000", "body": "Your order 4711 is ready.", "category": "alert"}'
    connection.request("POST", "/api/v1/messages", body, dict(it.auth) | {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status >= 300:
        raise SystemExit(f"a message was answered {answer.status}: {answer.read()}")


def measured(it, carrier, queue, count, seconds, begin):
    """Texts a second, milliseconds of CPU for each (the server's, the database's), and STOPs beside them."""
    queue.fill(count)
    before = carrier.taken.value
    it.start()
    stops = Stops(it.port, begin)
    stops.start()
    while carrier.taken.value == before:
        time.sleep(0.001)
    first, began, cpu, database = carrier.taken.value, time.perf_counter(), it.cpu(), queue.cpu()
    while time.perf_counter() - began < seconds and carrier.taken.value - before < count:
        time.sleep(0.002)
    done, took = carrier.taken.value - first, time.perf_counter() - began
    cost, of_database = it.cpu() - cpu, queue.cpu() - database
    if count < 5000:
        # Too short for STOPs of its own: a second more.
        time.sleep(1)
    stops.ended.set()
    stops.join()
    it.stop()
    return done / took, cost * 1000 / max(done, 1), of_database * 1000 / max(done, 1), stops


def down(it, queue, count):
    """Cores that the server and the database take while nothing answers at the carrier's address."""
    queue.fill(count)
    it.start()
    time.sleep(15)
    cpu, of_database, began = it.cpu(), queue.cpu(), time.perf_counter()
    time.sleep(20)
    took = time.perf_counter() - began
    cores = (it.cpu() - cpu) / took, (queue.cpu() - of_database) / took
    it.stop()
    return cores


def run(given, name, folder, database, make_queue):
    carrier = Carrier(given.delay / 1000)
    WithCarrier.carrier = carrier
    it = WithCarrier(given.binary, folder, 0, database)
    it.command("program", "--quiet-hours", "off", "--frequency-cap", "off")
    opt_in(it, given.numbers)
    one_message(it)
    it.stop()
    queue, base = make_queue(), None
    print(f"\n{name}, a carrier that answers after {given.delay} ms, {given.numbers:,} numbers, "
          f"{datetime.date.today()}\n\n| queued | texts/s | CPU, ms a text: server | database | STOP p50, ms | STOP p99, ms | CPU against the first |")
    print("|---|---|---|---|---|---|---|")
    carrier.come()
    for turn, count in enumerate(given.queued):
        rate, cost, of_database, stops = measured(it, carrier, queue, count, given.seconds, (turn + 1) * 100_000)
        base = base or cost + of_database
        print(f"| {count:,} | {rate:,.0f} | {cost:.2f} | {of_database:.2f} | {stops.percentile(0.5):.1f} | {stops.percentile(0.99):.1f} | "
              f"{(cost + of_database) / base:.2f} |", flush=True)
    carrier.leave()
    server, database = down(it, queue, given.queued[-1])
    print(f"\nCarrier unreachable, {given.queued[-1]:,} queued: {server:.3f} cores for the server, {database:.3f} for the database", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--queued", type=int, nargs="+", default=[500, 10_000, 100_000])
    parser.add_argument("--numbers", type=int, default=20_000)
    parser.add_argument("--delay", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, too")
    parser.add_argument("--no-sqlite", action="store_true", help="not on SQLite")
    given = parser.parse_args()
    if not given.no_sqlite:
        with tempfile.TemporaryDirectory() as folder:
            run(given, "SQLite", folder, None, lambda: SqliteQueue(f"{folder}/bench.db"))
    if given.postgres:
        with tempfile.TemporaryDirectory() as folder:
            postgres = Postgres(folder)
            try:
                run(given, "PostgreSQL", folder, postgres.url, lambda: PostgresQueue(postgres))
            finally:
                postgres.stop()


main()
