#!/usr/bin/env python3
"""Plays Twilio against a running server, with the signatures of Twilio's own client library.

    python3 tests/twilio_client.py [BINARY]        (needs: pip install twilio)

A stand-in for Twilio's API runs in this process and keeps every text the server hands over. The story is one lead's:
asked, opted in, opted out. Exit code 0 when every step went as told, 1 with the step that did not.
"""

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

try:
    from twilio.request_validator import RequestValidator
except ImportError:
    sys.exit("The Python package twilio is missing: pip install twilio")

from support import AT_ANY_HOUR

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a-token-that-only-this-test-knows"
PUBLIC_URL = "https://consent.example.test"
SENDER = "+12065550199"
LEAD = "+12065550142"
INBOUND = "/hooks/twilio/inbound"
SETTLED = 1.5  # seconds without a text, after which nothing more is expected


class Wrong(Exception):
    """A step that did not go as told."""


class StandIn(http.server.BaseHTTPRequestHandler):
    """Twilio's Messages resource: takes every text and keeps it."""

    texts = []
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return self.answer(404, {"code": 20404, "message": "not found"})
        StandIn.texts.append(dict(urllib.parse.parse_qsl(body, keep_blank_values=True)))
        self.answer(201, {"sid": sid_of("SM", len(StandIn.texts)), "status": "queued"})

    def do_GET(self):
        if "/Messages/" in self.path:
            return self.answer(404, {"code": 20404, "message": "not found"})
        self.answer(200, {"messages": []})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server:
    """The server under test, on its own database."""

    def __init__(self, binary, folder, api_base):
        self.binary, self.port, self.key = binary, free_port(), None
        self.log_path = os.path.join(folder, "server.log")
        self.env = {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": "sqlite://" + os.path.join(folder, "test.db"),
            "BIND": f"127.0.0.1:{self.port}",
            "PUBLIC_URL": PUBLIC_URL,
            "PROVIDER": "twilio",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE": api_base,
            "SENDER_NUMBER": SENDER,
        }
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([binary], env=self.env, cwd=folder, stdout=log, stderr=log)

    def wait_until_live(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Wrong(f"the server ended with code {self.process.returncode}")
            try:
                if self.call("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise Wrong("the server did not answer /healthz within 30 seconds")

    def command(self, *words):
        return subprocess.run(
            [self.binary, *words], env=self.env, capture_output=True, text=True, timeout=60, check=False
        )

    def call(self, method, path, body=None, headers=None):
        """One request: the status and the body as text."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, method=method, headers=headers or {}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def api(self, method, path, value=None, headers=None):
        """One call of the JSON API: the status and the parsed answer."""
        headers = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        body = None
        if value is not None:
            body, headers["Content-Type"] = json.dumps(value).encode(), "application/json"
        status, text = self.call(method, path, body, headers)
        try:
            return status, json.loads(text)
        except ValueError:
            raise Wrong(f"{method} {path} answered {status} with no JSON: {text[:200]!r}") from None

    def post_message(self, body, idempotency_key):
        value = {"to": LEAD, "body": body, "category": "automated"}
        return self.api("POST", "/api/v1/messages", value, {"Idempotency-Key": idempotency_key})

    def consent(self):
        status, known = self.api("GET", f"/api/v1/numbers/{urllib.parse.quote(LEAD)}/consent")
        expect(status == 200, f"the consent answered {status}: {known}")
        return known

    def history(self):
        return self.api("GET", f"/api/v1/numbers/{urllib.parse.quote(LEAD)}/events")[1]

    def hook(self, path, params, signature=None):
        """A webhook; signed as Twilio signs unless a signature is given."""
        signature = signature or RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, params)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", path, urllib.parse.urlencode(params).encode(), headers)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sid_of(prefix, number):
    return f"{prefix}{number:032x}"


def text_from_lead(number, body):
    """The fields of an inbound text, as Twilio sends them."""
    sid = sid_of("SM", 0xABC000 + number)
    return {
        "ToCountry": "US", "ToState": "WA", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "", "FromZip": "",
        "SmsSid": sid, "FromState": "WA", "SmsStatus": "received", "FromCity": "SEATTLE", "Body": body,
        "FromCountry": "US", "To": SENDER, "NumSegments": "1", "MessageSid": sid, "AccountSid": ACCOUNT,
        "From": LEAD, "ApiVersion": "2010-04-01",
    }


def expect(true, otherwise):
    if not true:
        raise Wrong(otherwise)


def new_texts(seen, count):
    """The texts handed over since `seen`: exactly `count`, and no more after that."""
    end = time.monotonic() + 15
    while len(StandIn.texts) - seen < count and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(SETTLED)
    texts = StandIn.texts[seen:]
    expect(len(texts) == count, f"{count} texts were expected, the stand-in has {len(texts)}: {texts}")
    for text in texts:
        expect(text["To"] == LEAD and text["From"] == SENDER, f"to or from is wrong: {text}")
    return texts


def step(words):
    print(f"ok  {words}", flush=True)


def ask(server):
    held = "Your documents are ready: see https://example.test/d?a=1&b=2"
    status, answer = server.post_message(held, "story-1")
    expect((status, answer.get("status")) == (202, "held"), f"202 held was expected, came {status}: {answer}")
    [invitation] = new_texts(0, 1)
    for word in ("START", "STOP", "HELP"):
        expect(word in invitation["Body"], f"the opt-in template lacks {word}: {invitation['Body']}")
    expect(server.consent()["state"] == "invited", "the number is not invited")
    step("a message to a new number is held, and one opt-in template goes out")

    again = server.post_message(held, "story-1")
    expect(again == (status, answer), f"the same Idempotency-Key got another answer: {again}")
    new_texts(1, 0)
    step("the same Idempotency-Key gets the same answer and sends nothing")
    return held, answer["id"]


def opt_in(server, held, message):
    status, twiml = server.hook(INBOUND, text_from_lead(1, "START"))
    expect(status == 200 and "<Response" in twiml, f"START was answered {status}: {twiml}")
    texts = new_texts(1, 2)
    bodies = [text["Body"] for text in texts]
    expect(bodies.count(held) == 1, f"the held message was not sent exactly once: {bodies}")
    known = server.consent()
    expect(known["state"] == "opted_in" and known["can_text_now"], f"not opted in: {known}")
    step("a signed START opts in; the confirmation and the held message go out once each")

    events = server.history()
    status, _ = server.hook(INBOUND, text_from_lead(1, "START"))
    expect(status == 200, f"the repeated webhook was answered {status}")
    expect(server.history() == events, "the repeated webhook changed the history")
    new_texts(3, 0)
    step("the same MessageSid again changes nothing and sends nothing")

    [callback] = [text["StatusCallback"] for text in texts if text["Body"] == held]
    expect(callback.startswith(PUBLIC_URL), f"the status callback is not below PUBLIC_URL: {callback}")
    sid = server.api("GET", f"/api/v1/messages/{message}")[1]["provider_message_id"]
    receipt = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": "delivered", "SmsStatus": "delivered",
               "To": LEAD, "From": SENDER, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}
    status, _ = server.hook(callback.removeprefix(PUBLIC_URL), receipt)
    now = server.api("GET", f"/api/v1/messages/{message}")[1]["status"]
    expect((status, now) == (200, "delivered"), f"the receipt got {status}, the message is {now}")
    step("a signed receipt marks the message as delivered")


def try_to_deceive(server):
    events = server.history()
    stop = text_from_lead(2, "STOP")
    other = RequestValidator("another token").compute_signature(PUBLIC_URL + INBOUND, stop)
    expect(server.hook(INBOUND, stop, other)[0] == 403, "another token's signature was believed")
    good = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + INBOUND, stop)
    changed = {**stop, "Body": "START"}
    expect(server.hook(INBOUND, changed, good)[0] == 403, "a changed body was believed")
    expect(server.history() == events, "a forged webhook changed the history")
    expect(server.consent()["state"] == "opted_in", "a forged webhook changed the state")
    new_texts(3, 0)
    step("a wrong signature gets 403 and changes nothing")

    for number, body in enumerate(("Grüße & alles Gute + 1=2 % 👍", "a+b&Body=c d", "", "¿Mañana a las 3 p.m.?"), 10):
        status, answer = server.hook(INBOUND, text_from_lead(number, body))
        expect(status == 200, f"the signed text {body!r} was answered {status}: {answer}")
    expect(server.consent()["state"] == "opted_in", "an ordinary text changed the state")
    new_texts(3, 0)
    step("signatures over unicode, plus, ampersand and an empty text are right")


def opt_out(server):
    stop = {**text_from_lead(3, "STOP"), "OriginalRepliedMessageSid": sid_of("SM", 7), "SomethingNew": "MessageSid"}
    status, twiml = server.hook(INBOUND, stop)
    expect(status == 200 and "<Response" in twiml, f"STOP was answered {status}: {twiml}")
    expect(server.consent()["state"] == "opted_out", "the STOP was acknowledged, but the number is not out")
    new_texts(3, 1)
    step("a signed STOP with parameters that nobody announced opts out and is confirmed once")

    status, answer = server.post_message("One more thing", "story-2")
    expect((status, answer.get("code")) == (422, "opted_out"), f"422 opted_out was expected, came {status}: {answer}")
    expect(answer.get("id"), f"the refused attempt has no id: {answer}")
    new_texts(4, 0)
    step("the next message is refused with the code opted_out")

    expect(server.hook(INBOUND, text_from_lead(4, "STOP"))[0] == 200, "the second STOP was not taken")
    new_texts(4, 0)
    expect(server.consent()["state"] == "opted_out", "the second STOP changed the state")
    step("a second STOP is taken and not confirmed again")


def replay(server):
    captured = text_from_lead(1, "START")
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + INBOUND, captured)
    recut = {**captured, "MessageSid": captured["MessageSid"] + "NumMedia0"}
    del recut["NumMedia"]
    same = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + INBOUND, recut)
    expect(same == signature, "Twilio's scheme was expected to sign both alike")
    status, answer = server.hook(INBOUND, recut, signature)
    expect(status == 403, f"a START under a made-up MessageSid was answered {status}: {answer}")
    expect(server.consent()["state"] == "opted_out", "a replayed START opted the lead in again")
    step("a captured START cannot be replayed under another MessageSid")

    doubtful = {**text_from_lead(20, "START"), "ParentMessageSid": sid_of("SM", 8)}
    status, answer = server.hook(INBOUND, doubtful)
    expect(status == 200, f"a doubtful START was answered {status}: {answer}")
    time.sleep(SETTLED)
    expect(server.consent()["state"] == "opted_out", "a START that Twilio does not have counted")
    step("a doubtful START does not count while Twilio has no such text")

    long = {**text_from_lead(21, "\U0001F44B" * 1600), "NumMedia": "10"}
    for n in range(10):
        long[f"MediaUrl{n}"] = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{long['MessageSid']}/Media/{n}"
        long[f"MediaContentType{n}"] = "image/jpeg"
    status, answer = server.hook(INBOUND, long)
    expect(status == 200, f"1,600 emoji with ten pictures were answered {status}: {answer}")
    step("a text of 1,600 emoji with ten pictures is read")

    for number, prefix in enumerate(("rcs:", "sms:", "whatsapp:"), 22):
        stop = {**text_from_lead(number, "STOP"), "From": prefix + LEAD}
        before = len(server.history())
        expect(server.hook(INBOUND, stop)[0] == 200, f"a STOP from {prefix} was not taken")
        expect(len(server.history()) == before + 1, f"a STOP from {prefix} is not in the history")
    step("a STOP from rcs:, sms: and whatsapp: is in the number's history")


def story(server):
    server.wait_until_live()
    hours = server.command(*AT_ANY_HOUR)
    expect(hours.returncode == 0, f"quiet hours could not be switched off: {hours}")
    made = server.command("api-key", "create", "--name", "t", "--scope", "messages,contacts,consent")
    server.key = made.stdout.strip()
    expect(made.returncode == 0 and len(server.key.split()) == 1, f"no API key was made: {made}")
    step("the server is live and an API key is made")
    held, message = ask(server)
    opt_in(server, held, message)
    try_to_deceive(server)
    opt_out(server)
    replay(server)
    server.stop()
    verified = server.command("verify")
    expect(verified.returncode == 0, f"verify ended with {verified.returncode}: {verified.stdout}{verified.stderr}")
    step("the server stopped, and verify finds the ledger intact")


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/sms-opt-in")
    if not os.access(binary, os.X_OK):
        sys.exit(f"There is no program at {binary}: run cargo build first.")
    stand_in = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=stand_in.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-twilio-") as folder:
        server = Server(binary, folder, f"http://127.0.0.1:{stand_in.server_port}")
        try:
            story(server)
        except (Wrong, OSError, subprocess.SubprocessError, KeyError) as error:
            server.stop()
            with open(server.log_path, encoding="utf-8", errors="replace") as log:
                print("--- the server's last lines ---", "".join(log.readlines()[-20:]), sep="\n", file=sys.stderr)
            sys.exit(f"FAILED: {error!r}" if isinstance(error, KeyError) else f"FAILED: {error}")
        finally:
            server.stop()
    print("The whole story went as told.")


if __name__ == "__main__":
    main()
