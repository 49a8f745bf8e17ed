"""What the tests share that kill servers: the server as a process, a caller that signs as Twilio does, and numbers."""

import base64
import hashlib
import hmac
import http.client
import os
import socket
import subprocess
import time
import urllib.parse

TOKEN = "a-token-that-only-this-test-knows"
ACCOUNT = "AC" + "0" * 32
PUBLIC_URL = "https://consent.example.test"
SENDER = "+12065550199"
INBOUND = "/hooks/twilio/inbound"
AT_ANY_HOUR = ("program", "--quiet-hours", "off", "--frequency-cap", "off")
AREAS = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 "
    "253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 "
    "321 323 325 330 334 336 337 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 "
    "423 424 425 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518"
).split()


class Lost(Exception):
    """What must not happen."""


def numbers(chance):
    """Every fictional number there is, in any order."""
    order = [f"+1{area}55501{last:02}" for area in AREAS for last in range(100)]
    order.remove(SENDER)
    chance.shuffle(order)
    return order


def wait_for(true, what, seconds=30):
    """Waits, and returns what was waited for."""
    end = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > end:
            raise Lost(f"not within {seconds} seconds: {what}")
        time.sleep(0.02)
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def last_lines(path, how_many=20):
    with open(path, encoding="utf-8", errors="replace") as log:
        return "".join(log.readlines()[-how_many:])


class Server:
    """The server under test; it can be started again and again on one database."""

    def __init__(self, binary, folder, database, twilio, level="error"):
        self.port, self.binary, self.folder, self.process = free_port(), binary, folder, None
        self.log_path = os.path.join(folder, "server.log")
        self.started = False
        self.env = {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": database,
            "BIND": f"127.0.0.1:{self.port}",
            "PUBLIC_URL": PUBLIC_URL,
            "PROVIDER": "twilio",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE": twilio,
            "SENDER_NUMBER": SENDER,
            "RUST_LOG": level,
        }

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary], env=self.env, cwd=self.folder, stdout=log, stderr=log
            )
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Lost(f"the server ended with code {self.process.returncode} when it was started")
            try:
                if Caller(self.port).call("GET", "/healthz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.02)
        else:
            raise Lost("the server did not answer /healthz within 30 seconds")
        if not self.started:
            self.started = True
            # The tests text at whatever hour they run.
            at_any_hour = self.command(*AT_ANY_HOUR)
            if at_any_hour.returncode:
                raise Lost(f"quiet hours could not be switched off: {at_any_hour}")

    def end(self, how):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def command(self, *words, stdin=None):
        return subprocess.run(
            [self.binary, *words], env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=120,
            check=False, input=stdin,
        )

    def api_key(self):
        made = self.command("api-key", "create", "--name", "test", "--scope", "messages,contacts,consent")
        if made.returncode or not made.stdout.strip():
            raise Lost(f"no API key was made: {made}")
        return made.stdout.strip()

    def verify(self):
        """Its report; raises when the record is not intact."""
        verified = self.command("verify")
        if verified.returncode:
            raise Lost(f"verify ended with {verified.returncode}: {verified.stdout}{verified.stderr}")
        return verified.stdout.strip()

    def last_lines(self):
        return last_lines(self.log_path)


class Caller:
    """One connection, kept open."""

    def __init__(self, port, timeout=20):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def call(self, method, path, body=None, headers=None):
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error

    def webhook(self, path, params):
        """A webhook as Twilio signs it; True when it was acknowledged."""
        signed = PUBLIC_URL + path + "".join(name + params[name] for name in sorted(params))
        mac = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": base64.b64encode(mac).decode(),
        }
        status, _ = self.call("POST", path, urllib.parse.urlencode(params), headers)
        if status in (401, 403, 404):
            raise Lost(f"a signed webhook was answered {status}")
        return 200 <= status < 300

    def text(self, number, body, sid):
        """A text from a lead; True when it was acknowledged."""
        return self.webhook(INBOUND, {"From": number, "To": SENDER, "Body": body, "MessageSid": sid})
