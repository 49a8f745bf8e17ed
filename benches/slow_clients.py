#!/usr/bin/env python3
"""What slow clients cost their neighbors, and what uploads cost in memory.

    cargo build --release
    python3 benches/slow_clients.py

A thousand clients of five kinds hold connections: headers that trickle, bodies that trickle, answers that are hardly read,
connections that are kept idle, and connections that say nothing. A connection that the server closes is opened again. Beside
them neighbors send signed STOPs, ask for a list page and for the public form, one after the other. Then 20 files of 10 MB are
uploaded at once, while the memory of the server is watched. `--binary target/debug/sms-opt-in` tries it without figures.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import pathlib
import re
import resource
import socket
import statistics
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from common import Installation, NoRedirect, request, stop, token

KINDS = ("headers", "body", "reader", "idle", "silent")
FILE = 10 * 1024 * 1024 - 1024


class SlowClients:
    """Runs in a process of its own: it takes no turns from those who measure."""

    def __init__(self, port, count):
        self.port, self.count = port, count
        self.open, self.reopened, self.refused = (multiprocessing.Value("i", 0, lock=False) for _ in range(3))
        self.process = multiprocessing.Process(target=lambda: asyncio.run(self.run()), daemon=True)
        self.process.start()

    async def run(self):
        await asyncio.gather(*(self.client(KINDS[n % len(KINDS)], n) for n in range(self.count)))

    async def client(self, kind, n):
        await asyncio.sleep(n / self.count * 5)
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1024)
            except OSError:
                self.refused.value += 1
                await asyncio.sleep(1)
                continue
            self.open.value += 1
            try:
                await getattr(self, kind)(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass
            self.open.value -= 1
            self.reopened.value += 1
            writer.close()
            await asyncio.sleep(0.2)

    async def trickle(self, reader, writer, text):
        for byte in text:
            writer.write(bytes([byte]))
            await writer.drain()
            if reader.at_eof() or reader.exception():
                return
            await asyncio.sleep(1)

    async def headers(self, reader, writer):
        await self.trickle(reader, writer, b"GET /f/opt-in HTTP/1.1\r\nHost: bench\r\nX-Slow: " + b"a" * 600)

    async def body(self, reader, writer):
        writer.write(b"POST /f/opt-in HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                     b"Content-Length: 600\r\n\r\n")
        await self.trickle(reader, writer, b"a" * 600)

    async def reader(self, reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        writer.write(request("GET", "/api/v1/openapi.json") * 50)
        while await reader.read(64):
            await asyncio.sleep(1)

    async def idle(self, reader, writer):
        writer.write(request("GET", "/f/opt-in"))
        while await reader.read(1024):
            pass

    async def silent(self, reader, _):
        await reader.read(1)


class Neighbor:
    """Asks on one connection, one request after the other, and keeps how long each took."""

    def __init__(self, port):
        self.port, self.sock = port, None

    def ask(self, request):
        began = time.perf_counter()
        if self.sock is None:
            self.sock = socket.create_connection(("127.0.0.1", self.port))
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head.lower()).group(1))
        while len(rest) < length:
            rest += self.more()
        if b"connection: close" in head.lower():
            self.sock.close()
            self.sock = None
        return int(head.split()[1]), (time.perf_counter() - began) * 1000

    def more(self):
        part = self.sock.recv(65536)
        if not part:
            raise SystemExit("the server closed a neighbor's connection")
        return part


def neighbors(it, cookie, count, first):
    kinds = {
        "signed STOP": lambda n: stop(first + n, f"+1{201 + n % 700}55501{(first + n) // 700 % 100:02}"),
        "list page, signed in": lambda _: request("GET", "/contacts", [("Cookie", cookie)]),
        "public form": lambda _: request("GET", "/f/opt-in"),
    }
    found = {}
    for name, make in kinds.items():
        neighbor, times = Neighbor(it.port), []
        for n in range(count):
            status, took = neighbor.ask(make(n))
            if status != 200:
                raise SystemExit(f"{name} was answered {status}")
            times.append(took)
            time.sleep(0.01)
        found[name] = (statistics.median(times), statistics.quantiles(times, n=100)[98], max(times))
    return found


def memory(pid, field="VmRSS"):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status).group(1)) / 1024


def upload(it, cookie, contact, n):
    """One document; a server that is busy is asked again when it says so. The statuses of all attempts."""
    opener = urllib.request.build_opener(NoRedirect)
    place = f"{it.base}/contacts/{contact}/consents"
    page = opener.open(urllib.request.Request(f"{place}/new?update=opt_in", headers={"Cookie": cookie})).read().decode()
    fields = {"csrf": token(page), "update": "opt_in", "document": "signed_form", "given_on": time.strftime("%Y-%m-%d"),
              "reason": f"Signed form number {n} of the archive", "seen": "yes"}
    parts = "".join(f'--bench\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    parts += '--bench\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
    body = parts.encode() + f"{n:08} ".encode() + b"x" * FILE + b"\r\n--bench--\r\n"
    headers = {"Cookie": cookie, "Content-Type": "multipart/form-data; boundary=bench"}
    statuses = []
    for _ in range(60):
        try:
            answer = opener.open(urllib.request.Request(place, body, headers))
        except urllib.error.URLError:
            # It was answered before it had sent everything, and the connection was closed.
            statuses.append(0)
            time.sleep(1)
            continue
        statuses.append(answer.status)
        if answer.status != 503:
            break
        time.sleep(int(answer.headers.get("Retry-After", "1")))
    return statuses


def uploads(it, cookie, count):
    path = f"{it.base}/api/v1/contacts?state=not_asked&limit={count}"
    with urllib.request.urlopen(urllib.request.Request(path, headers=dict(it.auth))) as answer:
        contacts = [contact["id"] for contact in json.load(answer)["data"]]
    before, peak, done = memory(it.process.pid), [0.0], threading.Event()

    def watch():
        while not done.is_set():
            peak[0] = max(peak[0], memory(it.process.pid))
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        statuses = list(pool.map(lambda given: upload(it, cookie, given[1], given[0]), enumerate(contacts)))
    took = time.monotonic() - began
    done.set()
    watcher.join()
    ends = [statuses_of_one[-1] for statuses_of_one in statuses]
    again = sum(len(statuses_of_one) - 1 for statuses_of_one in statuses)
    print(f"{len(contacts)} uploads of 10 MB at once: RSS {before:.0f} MB before, {peak[0]:.0f} MB at most, "
          f"{memory(it.process.pid):.0f} MB after; {took:.0f} s, {ends.count(303)} kept, {again} asked again", flush=True)
    if ends.count(303) != len(contacts):
        raise SystemExit(f"an upload failed: {statuses}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--contacts", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=500, help="of each kind of neighbor")
    parser.add_argument("--uploads", type=int, default=20)
    given = parser.parse_args()
    wanted = 4 * given.clients + 200
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if most < wanted else wanted, most))
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-bench-") as folder:
        it = Installation(os.path.abspath(given.binary), folder, given.contacts)
        try:
            _, cookie = it.sign_in()
            alone = neighbors(it, cookie, given.requests, 0)
            slow = SlowClients(it.port, given.clients)
            time.sleep(8)
            beside = neighbors(it, cookie, given.requests, given.requests)
            for name, (median, p99, worst) in alone.items():
                print(f"{name:24} alone: median {median:6.2f} ms, p99 {p99:6.2f}, worst {worst:6.2f}", flush=True)
                median, p99, worst = beside[name]
                print(f"{name:24} beside {slow.open.value} slow clients: median {median:6.2f} ms, p99 {p99:6.2f}, worst {worst:6.2f}")
            print(f"{slow.reopened.value} connections were closed by the server and opened again, {slow.refused.value} were refused; "
                  f"RSS {memory(it.process.pid):.0f} MB")
            slow.process.kill()
            slow.process.join()
            it.stop()
            it.start()
            uploads(it, cookie, given.uploads)
        finally:
            it.stop()


main()
