"""Server CPU per request, in multiples of a bare handler of the same server in the same run.

    cargo build --release
    python3 benches/cpu.py target/release/sms-opt-in --contacts 100000

The client may be slow and the machine noisy: what is compared is CPU time of the server process (user and system),
so only the ratios mean something. Requests per second are what this client reached, not a limit of the server.
"""

import argparse
import base64
import hashlib
import hmac
import http.client
import itertools
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

TOKEN, PUBLIC = "bench-token", "https://consent.example.test"
THREADS = 32


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(pid, port, count, request):
    """Sends `count` requests from several threads; returns requests per second and CPU microseconds per request."""
    numbers, lock, bad = iter(range(count)), threading.Lock(), []

    def run():
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            with lock:
                n = next(numbers, None)
            if n is None:
                return
            method, path, body, headers, expected = request(n)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != expected:
                bad.append(answer.status)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    before, began = cpu(pid), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, used = time.monotonic() - began, cpu(pid) - before
    if bad:
        raise SystemExit(f"{len(bad)} requests failed, the first with {bad[0]}")
    return count / seconds, used / count * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=20_000)
    given = parser.parse_args()
    folder, port = tempfile.mkdtemp(), free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite://{folder}/bench.db", "BIND": f"127.0.0.1:{port}", "PUBLIC_URL": PUBLIC,
        "TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": TOKEN, "RUST_LOG": "error",
    }
    began = time.monotonic()
    subprocess.run([given.binary, "seed", "--contacts", str(given.contacts)], env=environment, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"seed of {given.contacts} contacts: {time.monotonic() - began:.0f} s")
    key = subprocess.run([given.binary, "api-key", "create", "--name", "b", "--scope", "messages,contacts,consent"],
                         env=environment, check=True, capture_output=True, text=True).stdout.strip()
    server = subprocess.Popen([given.binary, "serve"], env=environment, stdout=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    auth = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def bare(_):
        return "GET", "/healthz", None, {}, 200

    def stop(n):
        params = {"From": f"+1{201 + n % 700}55501{n // 700 % 100:02}", "To": "+12065550199", "Body": "STOP",
                  "MessageSid": f"SM{n:032x}"}
        signed = PUBLIC + "/hooks/twilio/inbound" + "".join(k + params[k] for k in sorted(params))
        mac = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        headers = {"X-Twilio-Signature": mac, "Content-Type": "application/x-www-form-urlencoded"}
        return "POST", "/hooks/twilio/inbound", urllib.parse.urlencode(params), headers, 200

    def listing(n):
        after = given.contacts - (n * 50) % max(given.contacts - 100, 1)
        return "GET", f"/api/v1/contacts?limit=50&after={after}", None, auth, 200

    refused = itertools.count()

    def send(n):
        body = {"to": f"+1206555{100 + next(refused) % 100:04}", "body": "Your order is ready.", "category": "alert"}
        return "POST", "/api/v1/messages", json.dumps(body), auth | {"Idempotency-Key": f"k{n}"}, 202

    try:
        baseline = None
        for name, count, request in [("bare handler", given.requests, bare), ("list page of 50", given.requests // 10, listing),
                                     ("gated send, held", given.requests // 2, send), ("signed STOP", given.requests, stop)]:
            rate, micros = measure(server.pid, port, count, request)
            baseline = baseline or micros
            print(f"{name:18} {rate:8.0f} requests/s  {micros:8.1f} µs CPU  {micros / baseline:6.1f} ×", flush=True)
    finally:
        server.terminate()
        server.wait()


main()
