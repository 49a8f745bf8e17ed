#!/usr/bin/env python3
"""Reaches a PostgreSQL server that takes nothing but TLS, with the right certificate, the wrong name and the wrong authority.

    python3 tests/postgres_tls.py [BINARY]          (as root or as a user that may run a PostgreSQL server)

Makes an authority and certificates with the openssl command, and a cluster of its own with ssl = on and only hostssl lines
in pg_hba.conf. Exit code 0 when all went as told, 1 with what did not, 2 when a tool is missing.
"""

import glob
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PASSWORD = "it's a 100% #secret?"
IN_URL = "it%27s%20a%20100%25%20%23secret%3F"
BINARY = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/sms-opt-in")


def tool(name):
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    if not found:
        print(f"Skipped: there is no {name} on this machine.")
        sys.exit(2)
    return found


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")


def as_server(*command):
    """The server does not run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    run(*command, user=user, group=user, extra_groups=[] if user else None, cwd="/")


def authority(openssl, folder, name):
    run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", cwd=folder)


def certificate(openssl, folder, name, signed_by, extensions):
    run(openssl, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key",
        "-out", f"{folder}/{name}.csr")
    (folder / f"{name}.ext").write_text(extensions)
    run(openssl, "x509", "-req", "-days", "2", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/{signed_by}.pem",
        "-CAkey", f"{folder}/{signed_by}.key", "-CAcreateserial", "-extfile", f"{folder}/{name}.ext",
        "-out", f"{folder}/{name}.pem")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """A server whose certificate is for localhost alone."""

    def __init__(self, folder):
        self.data, self.pg_ctl, self.folder = folder / "data", tool("pg_ctl"), folder
        self.port = free_port()
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in [folder, *folder.iterdir()]:
                shutil.chown(path, "postgres")
        os.chmod(folder / "server.key", 0o600)
        as_server(tool("initdb"), "-D", str(self.data), "-U", "owner", "--auth=scram-sha-256", "--pwfile",
                  str(folder / "password"), "-E", "UTF8", "--no-sync")
        hba = "hostssl all owner all scram-sha-256\nhostssl all stranger all scram-sha-256 clientcert=verify-full\n"
        (self.data / "pg_hba.conf").write_text(hba)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n"
                           f"ssl = on\nssl_cert_file = '{folder}/server.pem'\nssl_key_file = '{folder}/server.key'\n"
                           f"ssl_ca_file = '{folder}/ours.pem'\n")

    def __enter__(self):
        as_server(self.pg_ctl, "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "start")
        return self

    def __exit__(self, *_):
        as_server(self.pg_ctl, "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def restart(self):
        as_server(self.pg_ctl, "-D", str(self.data), "-l", str(self.folder / "log"), "-m", "immediate", "-w", "restart")

    def url(self, query, host="localhost", user="owner"):
        return f"postgres://{user}:{IN_URL}@{host}:{self.port}/postgres?application_name=tls%20test&{query}"


class Story:
    def __init__(self, folder):
        self.folder, self.temp, self.failures, self.port = folder, folder / "temp", 0, free_port()
        self.temp.mkdir()

    def environment(self, url):
        return {"PATH": os.environ["PATH"], "DATABASE_URL": url, "TMPDIR": str(self.temp), "DATA_DIR": str(self.folder),
                "SECRET_KEY": "a secret key of at least 32 characters", "BIND": f"127.0.0.1:{self.port}"}

    def command(self, url, *words, succeeds=True, says=""):
        done = subprocess.run([BINARY, *words], env=self.environment(url), cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
        good = (done.returncode == 0) == succeeds and says in done.stdout and not any(self.temp.iterdir())
        shown = url.split("@")[1].replace(str(self.folder), "")
        print(f"{'ok    ' if good else 'WRONG '} {' '.join(words):22} {shown}", flush=True)
        if not good or not succeeds:
            print("         " + done.stdout.strip().replace("\n", "\n         "))
        if list(self.temp.iterdir()):
            print("         a folder was left behind")
        self.failures += not good

    def served(self, url, restart):
        """The server's pages come over TLS, again after PostgreSQL was gone, and the way is closed at the end."""
        server = subprocess.Popen([BINARY, "serve"], env=self.environment(url), cwd=self.folder, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            before = self.answers()
            restart()
            after = self.answers()
        finally:
            server.terminate()
            code = server.wait(30)
        good = before and after and code == 0 and not any(self.temp.iterdir())
        print(f"{'ok    ' if good else 'WRONG '} serve, PostgreSQL ends and comes again: {before}, {after}, exit code {code}")
        self.failures += not good

    def answers(self):
        for _ in range(150):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/f/opt-in", timeout=20) as page:
                    return page.status == 200
            except OSError:
                time.sleep(0.2)
        return False


def tell(story, cluster, folder):
    ours, theirs = f"sslrootcert={folder}/ours.pem", f"sslrootcert={folder}/theirs.pem"
    proof = f"sslcert={folder}/stranger.pem&sslkey={folder}/stranger.key"
    full = cluster.url(f"sslmode=verify-full&{ours}")
    story.command(full, "migrate", says="up to date")
    story.command(full, "seed", "--contacts", "200", says="200 demo contacts")
    story.command(full, "verify", says="Everything is intact")
    for words in (["migrate"], ["seed", "--contacts", "200"], ["verify"]):
        # The certificate is for localhost, not for its address.
        story.command(cluster.url(f"sslmode=verify-full&{ours}", host="127.0.0.1"), *words, succeeds=False, says="subjectAltName")
        story.command(cluster.url(f"sslmode=verify-full&{theirs}"), *words, succeeds=False, says="sslrootcert=FILE")
    story.command(cluster.url("sslmode=verify-full"), "migrate", succeeds=False, says="sslrootcert=FILE")
    story.command(cluster.url(f"sslmode=verify-ca&{ours}", host="127.0.0.1"), "verify", says="intact")
    story.command(cluster.url(f"sslmode=verify-ca&{theirs}"), "verify", succeeds=False, says="sslrootcert=FILE")
    story.command(cluster.url("sslmode=verify-ca"), "verify", succeeds=False, says="sslrootcert=FILE")
    story.command(cluster.url("sslmode=require"), "verify", says="NOT checked")
    story.command(cluster.url(f"sslmode=require&{theirs}"), "verify", succeeds=False, says="sslrootcert=FILE")
    story.command(cluster.url("sslmode=disable"), "verify", succeeds=False, says="no encryption")
    story.command(cluster.url("sslmode=prefer"), "verify", succeeds=False, says="no encryption")
    story.served(full, cluster.restart)
    story.command(full.replace(IN_URL, "wrong"), "verify", succeeds=False, says="password authentication failed")
    story.command(cluster.url(f"sslmode=verify-full&{ours}", user="stranger"), "verify", succeeds=False, says="certificate")
    story.command(cluster.url(f"sslmode=verify-full&{ours}&{proof}", user="stranger"), "verify", succeeds=False,
                  says="password authentication failed")


def main():
    openssl = tool("openssl")
    with tempfile.TemporaryDirectory(prefix="postgres-tls-") as folder:
        folder = pathlib.Path(folder)
        authority(openssl, folder, "ours")
        authority(openssl, folder, "theirs")
        certificate(openssl, folder, "server", "ours", "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
        certificate(openssl, folder, "stranger", "ours", "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
        story = Story(folder)
        with Cluster(folder) as cluster:
            tell(story, cluster, folder)
    if story.failures:
        sys.exit(f"{story.failures} steps went wrong.")
    print("TLS to PostgreSQL is as it should be.")


main()
