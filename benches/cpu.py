#!/usr/bin/env python3
"""Server CPU per request, in multiples of a bare actix handler in the same run, and requests per second.

    cargo build --release --example bare && cargo build --release
    python3 benches/cpu.py --contacts 100000

The client keeps 64 connections busy with requests that were made beforehand. What is compared is the CPU time (user and
system) of the server's process, so the ratios hold on a noisy machine; the rates share two cores with the client. A
pause after each load is counted too, so that what the load left for the delivery worker belongs to it.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import selectors
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

TOKEN, PUBLIC = "bench-token", "https://consent.example.test"
PASSWORD = "correct horse battery"
CONNECTIONS = 64


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Canadian area codes: with 555-01XX they make fictional numbers that the demo data does not have.
NEW_AREAS = ("204 226 236 249 250 289 306 343 365 403 416 418 431 437 438 450 506 514 519 548 579 581 587 604 613 639 647 "
             "672 705 709 778 780 782 807 819 825 867 873 902 905").split()


def new_number(n):
    return f"+1{NEW_AREAS[n % len(NEW_AREAS)]}55501{n // len(NEW_AREAS) % 100:02}"


def request(method, path, headers=(), body=b""):
    head = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    return "\r\n".join(head + [f"{name}: {value}" for name, value in headers] + ["", ""]).encode() + body


class Connection:
    """One request at a time; the next one leaves as soon as the answer is whole."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = b""

    def take(self):
        """The status of the answer, once it is whole."""
        self.answer += self.socket.recv(1 << 18)
        end = self.answer.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = re.search(rb"content-length: (\d+)", self.answer[:end], re.IGNORECASE)
        if len(self.answer) < end + 4 + int(length.group(1)):
            return None
        status, self.answer = int(self.answer[9:12]), b""
        return status


def load(port, requests, expected):
    """Sends all requests and returns the seconds it took."""
    left, waiting = iter(requests), selectors.DefaultSelector()
    connections = [Connection(port) for _ in range(min(CONNECTIONS, len(requests)))]
    began = time.monotonic()
    for connection in connections:
        connection.socket.sendall(next(left))
        waiting.register(connection.socket, selectors.EVENT_READ, connection)
    busy = len(connections)
    while busy:
        for key, _ in waiting.select():
            status = key.data.take()
            if status is None:
                continue
            if status != expected:
                raise SystemExit(f"a request was answered {status}, not {expected}")
            following = next(left, None)
            if following is None:
                waiting.unregister(key.data.socket)
                busy -= 1
            else:
                key.data.socket.sendall(following)
    return time.monotonic() - began


class Table:
    """Prints each load beside the first one, the baseline."""

    def __init__(self):
        self.baseline = None

    def measure(self, name, pid, port, requests, expected=200, settle=0.0):
        before = cpu(pid)
        seconds = load(port, requests, expected)
        time.sleep(settle)
        micros = (cpu(pid) - before) / len(requests) * 1e6
        self.baseline = self.baseline or micros
        print(f"{name:48} {len(requests) / seconds:8.0f} requests/s {micros:8.1f} us CPU {micros / self.baseline:6.1f} x",
              flush=True)


def stop(n, to, answered):
    """A STOP as Twilio signs it; with `answered`, Twilio has confirmed it to the lead already."""
    params = {"From": f"+1{201 + n % 700}55501{n // 700 % 100:02}", "To": to, "Body": "STOP", "MessageSid": f"SM{n:032x}"}
    if answered:
        params["OptOutType"] = "STOP"
    signed = PUBLIC + "/hooks/twilio/inbound" + "".join(name + params[name] for name in sorted(params))
    mac = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    headers = [("X-Twilio-Signature", mac), ("Content-Type", "application/x-www-form-urlencoded")]
    return request("POST", "/hooks/twilio/inbound", headers, urllib.parse.urlencode(params).encode())


def send(n, to, auth):
    body = json.dumps({"to": to, "body": f"Your order {n} is ready.", "category": "alert"}).encode()
    headers = auth + [("Content-Type", "application/json"), ("Idempotency-Key", f"bench-{n}")]
    return request("POST", "/api/v1/messages", headers, body)


class Installation:
    """A server on a database of its own with demo contacts."""

    def __init__(self, binary, folder, contacts):
        self.port, self.binary = free_port(), binary
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite://{folder}/bench.db", "BIND": f"127.0.0.1:{self.port}", "PUBLIC_URL": PUBLIC,
            "TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": TOKEN, "RUST_LOG": "error",
        }
        began = time.monotonic()
        self.command("seed", "--contacts", str(contacts))
        print(f"seed of {contacts} contacts: {time.monotonic() - began:.0f} s", flush=True)
        self.command("create-user", "--email", "b@example.com", "--role", "administrator", "--password-stdin", typed=PASSWORD)
        key = self.command("api-key", "create", "--name", "b", "--scope", "messages,contacts,consent").strip()
        self.auth = [("Authorization", f"Bearer {key}")]
        self.process = subprocess.Popen([binary, "serve"], env=self.environment, stdout=subprocess.DEVNULL)
        wait_for(self.port)

    def command(self, *words, typed=None):
        return subprocess.run([self.binary, *words], env=self.environment, check=True, input=typed, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def opted_in(self, count):
        """Numbers that may be texted."""
        found, after = [], ""
        while len(set(found)) < count:
            path = f"{self.base}/api/v1/contacts?state=opted_in&limit=200{after}"
            with urllib.request.urlopen(urllib.request.Request(path, headers=dict(self.auth))) as answer:
                page = json.load(answer)
            found += [contact["phone"] for contact in page["data"]]
            if page["next_after"] is None:
                break
            after = f"&after={page['next_after']}"
        return sorted(set(found))

    def sign_in(self):
        """An administrator's browser: the opener, the cookie header and the token of its forms."""
        # PUBLIC_URL is https, so the cookie is for https alone: it is carried by hand.
        opener = urllib.request.build_opener(NoRedirect)
        page = opener.open(f"{self.base}/sign-in").read().decode()
        form = {"csrf": token(page), "email": "b@example.com", "password": PASSWORD}
        answer = self.post(opener, "/sign-in", form, "")
        return opener, answer.headers["Set-Cookie"].split(";")[0]

    def post(self, opener, path, form, cookie):
        body = urllib.parse.urlencode(form).encode()
        return opener.open(urllib.request.Request(f"{self.base}{path}", body, {"Cookie": cookie}))

    def switch_sending(self, state):
        opener, cookie = self.sign_in()
        page = opener.open(urllib.request.Request(f"{self.base}/", headers={"Cookie": cookie})).read().decode()
        self.post(opener, "/sending", {"csrf": token(page), "state": state}, cookie)


class NoRedirect(urllib.request.HTTPErrorProcessor):
    def http_response(self, _, response):
        return response


def token(page):
    return re.search(r'name="csrf" value="([^"]+)"', page).group(1)


def wait_for(port):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not answer")


def run(table, it, count, contacts):
    opted_in = it.opted_in(count)
    pages = [contacts - (n * 50) % max(contacts - 100, 1) for n in range(count // 10)]
    sender = "+12065550199"

    def measured(name, requests, expected=200, settle=0.0):
        table.measure(name, it.process.pid, it.port, requests, expected, settle)

    measured("list page of 50, JSON", [request("GET", f"/api/v1/contacts?limit=50&after={after}", it.auth) for after in pages])
    _, cookie = it.sign_in()
    measured("list page of 50, HTML, signed in", [request("GET", "/contacts", [("Cookie", cookie)]) for _ in pages])
    it.switch_sending("off")
    measured("gated send to an opted-in number, accepted",
             [send(n, opted_in[n % len(opted_in)], it.auth) for n in range(count)], 202, 1)
    measured("gated send to a new number, held, invitation made",
             [send(count + n, new_number(n), it.auth) for n in range(min(count // 2, len(NEW_AREAS) * 100))], 202, 1)
    measured("signed STOP, Twilio has confirmed it", [stop(n, sender, True) for n in range(count)], 200, 1)
    it.switch_sending("on")
    time.sleep(20)
    opted_in = it.opted_in(count) or opted_in
    measured("gated send, delivered, receipts taken",
             [send(2 * count + n, opted_in[n % len(opted_in)], it.auth) for n in range(count // 4)], 202, 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--bare", default="target/release/examples/bare")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=20_000)
    given = parser.parse_args()
    table, port = Table(), free_port()
    bare = subprocess.Popen([given.bare, f"127.0.0.1:{port}"])
    try:
        wait_for(port)
        table.measure("bare actix handler", bare.pid, port, [request("GET", "/")] * (given.requests * 5))
    finally:
        bare.kill()
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-bench-") as folder:
        it = Installation(given.binary, folder, given.contacts)
        try:
            run(table, it, given.requests, given.contacts)
        finally:
            it.process.terminate()
            it.process.wait()


main()
