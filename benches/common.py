"""What the measurements share: requests made beforehand, a client that keeps connections busy, and an installation."""

import base64
import hashlib
import hmac
import json
import os
import re
import selectors
import socket
import subprocess
import time
import urllib.parse
import urllib.request

TOKEN, PUBLIC = "bench-token", "https://consent.example.test"
PASSWORD = "correct horse battery"
SENDER = "+12065550199"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def load(port, requests, expected, connections):
    """Sends all requests and returns the seconds it took."""
    left, waiting = iter(requests), selectors.DefaultSelector()
    opened = [Connection(port) for _ in range(min(connections, len(requests)))]
    began = time.monotonic()
    for connection in opened:
        connection.socket.sendall(next(left))
        waiting.register(connection.socket, selectors.EVENT_READ, connection)
    busy = len(opened)
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
                key.data.socket.close()
                busy -= 1
            else:
                key.data.socket.sendall(following)
    return time.monotonic() - began


def stop(n, lead):
    """A STOP as Twilio signs it. Twilio has confirmed it to the lead already, so that no confirmation is made."""
    params = {"From": lead, "To": SENDER, "Body": "STOP", "MessageSid": f"SM{n:032x}", "OptOutType": "STOP"}
    signed = PUBLIC + "/hooks/twilio/inbound" + "".join(name + params[name] for name in sorted(params))
    mac = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    headers = [("X-Twilio-Signature", mac), ("Content-Type", "application/x-www-form-urlencoded")]
    return request("POST", "/hooks/twilio/inbound", headers, urllib.parse.urlencode(params).encode())


def send(n, to, auth):
    body = json.dumps({"to": to, "body": f"Your order {n} is ready.", "category": "alert"}).encode()
    headers = auth + [("Content-Type", "application/json"), ("Idempotency-Key", f"bench-{n}")]
    return request("POST", "/api/v1/messages", headers, body)


class Installation:
    """A server with demo contacts on a database of its own."""

    def __init__(self, binary, folder, contacts, database=None):
        self.port, self.binary = free_port(), binary
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DATABASE_URL": database or f"sqlite://{folder}/bench.db", "DATA_DIR": str(folder),
            "BIND": f"127.0.0.1:{self.port}", "PUBLIC_URL": PUBLIC, "PROVIDER": "simulator",
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

    def stop(self):
        self.process.terminate()
        self.process.wait()

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
        page = opener.open(f"{self.base}/sign-in")
        form = {"csrf": token(page.read().decode()), "email": "b@example.com", "password": PASSWORD}
        answer = self.post(opener, "/sign-in", form, "")
        if answer.status != 303:
            raise SystemExit(f"signing in was answered {answer.status}")
        return opener, answer.headers["Set-Cookie"].split(";")[0]

    def post(self, opener, path, form, cookie):
        body = urllib.parse.urlencode(form).encode()
        return opener.open(urllib.request.Request(f"{self.base}{path}", body, {"Cookie": cookie}))

    def switch_sending(self, state):
        opener, cookie = self.sign_in()
        page = opener.open(urllib.request.Request(f"{self.base}/", headers={"Cookie": cookie})).read().decode()
        answer = self.post(opener, "/sending", {"csrf": token(page), "state": state}, cookie)
        if answer.status != 303:
            raise SystemExit(f"switching sending was answered {answer.status}")


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
