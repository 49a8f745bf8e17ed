"""What stands beside the servers under test: a PostgreSQL cluster of their own, machines that die as a whole, and a stand-in
for Twilio's API."""

import contextlib
import datetime
import email.utils
import glob
import http.server
import json
import os
import pwd
import queue
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

from support import ACCOUNT, Caller, Lost, free_port

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


# The first process of a machine: it takes leave of those whose parents died (to a Patroni they would otherwise seem to be
# there still), and ends when nothing is left.
INIT = """
import ctypes, os, sys
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
while True:
    try:
        os.wait()
    except ChildProcessError:
        sys.exit()
"""


class Machine:
    """A folder, an address, and whatever runs in that folder: all of it dies or freezes together."""

    def __init__(self, folder, name, address, su):
        self.name, self.address, self.su = name, address, su
        self.folder, self.words, self.process = os.path.join(folder, name), None, None
        self.log_path = os.path.join(self.folder, "log")
        os.makedirs(self.folder)
        if su:
            shutil.chown(self.folder, "postgres")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, *words):
        self.words = words or self.words
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", INIT, *self.su, *self.words], cwd=self.folder, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )

    def running(self):
        """Everything but the first process."""
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            with contextlib.suppress(OSError):
                if pid != self.process.pid and f"{os.readlink(f'/proc/{pid}/cwd')}/".startswith(f"{self.folder}/"):
                    yield pid

    def signal(self, how):
        """To everything, and to what was begun meanwhile."""
        seen = set()
        while new := set(self.running()) - seen:
            for pid in new:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, how)
            seen |= new

    def kill(self):
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait(30)


class Postgres:
    """PostgreSQL's programs and a folder for them. As root they run as the user postgres, because PostgreSQL refuses root."""

    url = None
    replica_url = None  # Where pages may be read from, if there is such a place.

    def __init__(self, folder):
        found = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"), default=None)
        if not found:
            raise Lost("PostgreSQL's initdb is neither on PATH nor under /usr/lib/postgresql")
        self.programs, self.su = os.path.dirname(os.path.realpath(found)), []
        self.home = os.path.join(folder, "postgres")
        os.makedirs(self.home)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chmod(folder, 0o711)
            os.chown(self.home, user.pw_uid, user.pw_gid)
            self.su = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]

    def run(self, program, *words):
        call = [*self.su, os.path.join(self.programs, program), *words]
        done = subprocess.run(
            call, capture_output=True, text=True, timeout=120, check=False, cwd=self.home, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise Lost(f"{program} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def sql(self, url, sql):
        return self.run("psql", url, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql)

    def rows(self, sql):
        """What a query finds: one dictionary for each row."""
        found = self.sql(self.url, f"SELECT row_to_json(found) FROM ({sql}) AS found")
        return [json.loads(line) for line in found.splitlines()]

    def log_paths(self):
        return [os.path.join(self.home, "log")]

    def count_in_log(self, words):
        count = 0
        for path in self.log_paths():
            with open(path, encoding="utf-8", errors="replace") as log:
                count += sum(words in line for line in log)
        return count


class Cluster(Postgres):
    """A PostgreSQL server of its own."""

    def __init__(self, folder):
        super().__init__(folder)
        self.port, self.data = free_port(), os.path.join(self.home, "data")
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self.make()
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.home}'\n"
                "log_line_prefix = '%m [%p] '\n"
            )

    def make(self):
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self):
        # With its output in a pipe the server would keep the pipe open: it goes into the log.
        self.run("pg_ctl", "-D", self.data, "-l", *self.log_paths(), "-w", "-t", "60", "start")

    def stop(self, how="immediate"):
        self.run("pg_ctl", "-D", self.data, "-m", how, "-w", "stop")


class Proxy:
    """An address that leads to one server today and to another tomorrow."""

    def __init__(self, port):
        self.target, self.open = port, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            self.open += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    @staticmethod
    def carry(source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def lead_to(self, port):
        self.target, ends, self.open = port, self.open, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Twilio:
    """Takes texts, and remembers when each request began and when it had arrived, before it is answered. Some answers never
    come, some lie."""

    def __init__(self, seed):
        self.chance, self.lock, self.arrivals, self.taken = random.Random(seed), threading.Lock(), [], []
        self.callbacks, self.fates, self.of_leads = queue.Queue(), {}, {}
        standin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One connection."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                standin.post(self, dict(urllib.parse.parse_qsl(form)))

            def do_GET(self):
                text = standin.text_of_lead(urllib.parse.urlparse(self.path).path)
                if text is not None:
                    self.answer(*text)
                    return
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query))
                self.answer(200, {"messages": standin.listed(query)})

            def answer(self, status, body):
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def hang_up(self):
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # Its caller was killed.

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            """Many at once."""

            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def learn(self, sid, number, to, body):
        """A lead's text, as Twilio has it on record: with whole seconds."""
        at = datetime.datetime.now(datetime.timezone.utc)
        with self.lock:
            self.of_leads.setdefault(sid, {
                "sid": sid, "from": number, "to": to, "body": body, "status": "received", "direction": "inbound",
                "error_code": None, "date_sent": email.utils.format_datetime(at),
            })

    def text_of_lead(self, path):
        """The answer about one text; nothing when the list is asked for."""
        name = path.removeprefix(MESSAGES.removesuffix(".json") + "/")
        if name == path:
            return None
        with self.lock:
            text = self.of_leads.get(name.removesuffix(".json"))
        return (200, text) if text else (404, {"code": 20404, "message": "Not found"})

    def fate(self):
        """What becomes of a request, and how long it is on its way."""
        with self.lock:
            fate = self.chance.choices(("taken", "hung up", "500", "503", "slow"), (880, 45, 35, 35, 5))[0]
            return fate, min(self.chance.expovariate(1 / 0.05), 0.6)

    def post(self, handler, form):
        begun = time.monotonic()
        fate, delay = self.fate()
        # Until then it is on its way, and whoever sent it can be killed.
        time.sleep(delay)
        query = urllib.parse.parse_qs(urllib.parse.urlparse(form["StatusCallback"]).query)
        text = {
            "begun": begun, "arrived": time.monotonic(), "message": query["message"][0], "to": form["To"], "from": form["From"],
            "body": form["Body"], "sid": "SM" + uuid.uuid4().hex, "callback": form["StatusCallback"],
            "at": datetime.datetime.now(datetime.timezone.utc),
        }
        with self.lock:
            self.fates[fate] = self.fates.get(fate, 0) + 1
            self.arrivals.append(text)
            if fate != "503":
                self.taken.append(text)
        time.sleep(6 if fate == "slow" else delay / 4)
        if fate == "hung up":
            handler.hang_up()
        elif fate == "500":
            handler.answer(500, {"code": 20500, "message": "Internal server error"})
        elif fate == "503":
            handler.answer(503, {"code": 20503, "message": "Service unavailable"})
        else:
            handler.answer(201, {"sid": text["sid"], "status": "queued"})
        if fate != "503":
            self.callbacks.put(text)

    def listed(self, query):
        def asked_for(text):
            return (
                text["to"] == query.get("To", text["to"])
                and text["from"] == query.get("From", text["from"])
                and text["at"].strftime("%Y-%m-%d") >= query.get("DateSent>", "")
            )

        with self.lock:
            found = [text for text in reversed(self.taken) if asked_for(text)]
        return [
            {
                "sid": text["sid"], "body": text["body"], "to": text["to"], "from": text["from"], "status": "sent",
                "error_code": None, "date_created": email.utils.format_datetime(text["at"]),
            }
            for text in found[: int(query.get("PageSize", 50))]
        ]

    def call_back(self, ports, ended):
        """Reports what was taken as delivered, to any of the instances; a quarter is never reported."""
        chance = random.Random(1)
        while not ended.is_set():
            try:
                text = self.callbacks.get(timeout=0.5)
            except queue.Empty:
                continue
            path = text["callback"].split("://", 1)[1]
            path = path[path.index("/"):]
            params = {"MessageSid": text["sid"], "SmsSid": text["sid"], "MessageStatus": "delivered"}
            for _ in range(chance.choice((0, 1, 1, 2))):
                try:
                    Caller(chance.choice(ports)).webhook(path, params)
                except OSError:
                    pass
