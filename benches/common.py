"""What the measurements share: requests made beforehand, the client that sends them, and an installation."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

TOKEN, PUBLIC = "bench-token", "https://consent.example.test"
PASSWORD = "correct horse battery"
SENDER = "+12065550199"
INBOUND = "/hooks/twilio/inbound"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(method, path, headers=(), body=b""):
    head = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    return "\r\n".join(head + [f"{name}: {value}" for name, value in headers] + ["", ""]).encode() + body


def load(port, requests, expected, connections):
    """Sends all requests and returns the seconds it took. The client is a program of its own, because it shares the machine
    with the server and must cost little."""
    client = pathlib.Path(__file__).parent.parent / "target/release/examples/load"
    if not client.exists():
        raise SystemExit("There is no client: run cargo build --release --example load first.")
    with tempfile.NamedTemporaryFile() as file:
        for one in requests:
            file.write(len(one).to_bytes(4, "big") + one)
        file.flush()
        words = [client, str(port), str(min(connections, len(requests))), str(expected), file.name]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return float(done.stdout)


def stop(n, lead):
    """A STOP as Twilio signs it. Twilio has confirmed it to the lead already, so that no confirmation is made."""
    params = {"From": lead, "To": SENDER, "Body": "STOP", "MessageSid": f"SM{n:032x}", "OptOutType": "STOP"}
    return request("POST", INBOUND, *signed(INBOUND, params))


def signed(path, params):
    """The headers and the body of a webhook as Twilio signs it."""
    words = PUBLIC + path + "".join(name + params[name] for name in sorted(params))
    mac = base64.b64encode(hmac.new(TOKEN.encode(), words.encode(), hashlib.sha1).digest()).decode()
    headers = [("X-Twilio-Signature", mac), ("Content-Type", "application/x-www-form-urlencoded")]
    return headers, urllib.parse.urlencode(params).encode()


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
        # Demo contacts make a database simulated; without any it is what its first server makes it.
        self.command(*(("seed", "--contacts", str(contacts)) if contacts else ("migrate",)))
        print(f"seed of {contacts} contacts: {time.monotonic() - began:.0f} s", flush=True)
        self.command("create-user", "--email", "b@example.com", "--role", "administrator", "--password-stdin", typed=PASSWORD)
        key = self.command("api-key", "create", "--name", "b", "--scope", "messages,contacts,consent").strip()
        self.auth = [("Authorization", f"Bearer {key}")]
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.binary, "serve"], env=self.environment, stdout=subprocess.DEVNULL)
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
        return opener, "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie"))

    def post(self, opener, path, form, cookie):
        body = urllib.parse.urlencode(form).encode()
        return opener.open(urllib.request.Request(f"{self.base}{path}", body, {"Cookie": cookie}))

    def switch_sending(self, state):
        opener, cookie = self.sign_in()
        place = "/sending/off" if state == "off" else "/"
        page = opener.open(urllib.request.Request(f"{self.base}{place}", headers={"Cookie": cookie})).read().decode()
        form = re.search(r'action="/sending".*?</form>', page, re.DOTALL).group(0)
        fields = dict(re.findall(r'name="(csrf|revision)" value="([^"]*)"', form))
        answer = self.post(opener, "/sending", fields | {"state": state}, cookie)
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
