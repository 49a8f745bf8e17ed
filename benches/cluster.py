"""A PostgreSQL server of its own for the measurements at large sizes, with the settings an operator of such a size would choose."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from standins import Cluster  # noqa: E402  (it lies in the tests' folder)

# Half of a small server's memory is not ours: the data must not fit, as it would not in an installation of this size.
SETTINGS = """
shared_buffers = 2GB
effective_cache_size = 8GB
work_mem = 16MB
maintenance_work_mem = 1GB
random_page_cost = 1.1
effective_io_concurrency = 200
max_wal_size = 2GB
checkpoint_timeout = 15min
max_connections = 100
logging_collector = on
log_destination = jsonlog
log_directory = statements
log_filename = statements
log_rotation_age = 0
log_rotation_size = 0
log_min_messages = warning
"""
# While a database is filled nothing has to survive a crash, and vacuum would only run behind the load.
LOADING = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "autovacuum = off")
# Other work needs the disk as well.
KEEP_FREE = 12 << 30
AT_ONCE = 2


class Postgres(Cluster):
    """The tests' cluster, with statements that may take their time."""

    def __init__(self, folder):
        super().__init__(folder)
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as settings:
            settings.write(SETTINGS)
        self.statements = os.path.join(self.data, "statements", "statements.json")
        self.start()

    def sql(self, *statements, check=True):
        """Runs statements, each in a transaction of its own, and returns the lines they print."""
        refuse_full_disk(self.home)
        words = [word for statement in statements for word in ("-c", statement)]
        call = [os.path.join(self.programs, "psql"), self.url, "-AtqX", "-v", "ON_ERROR_STOP=1", *words]
        done = subprocess.run(call, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if check and done.returncode:
            raise SystemExit(f"psql failed: {done.stderr.strip()}\n{statements}")
        return done.stdout.split("\n")[:-1]

    def value(self, statement):
        return self.sql(statement)[0]

    def side_by_side(self, statements):
        """Runs statements on as many connections as there are cores; the first ones first."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(self.sql, *one) for one in statements]:
                done.result()

    def configure(self, *settings):
        self.sql(*[f"ALTER SYSTEM SET {setting}" for setting in settings], "SELECT pg_reload_conf()")
        # The processes take a new setting between two statements.
        time.sleep(0.5)

    def loading(self):
        self.configure(*LOADING)

    def loaded(self):
        """Everything is on the disk as if it had been written with care, and from here on it is."""
        names = [setting.split(" ")[0] for setting in LOADING]
        self.sql("CHECKPOINT", *[f"ALTER SYSTEM RESET {name}" for name in names], "SELECT pg_reload_conf()")
        os.sync()
        time.sleep(0.5)

    def version(self):
        return self.value("SHOW server_version").split(" ")[0]


def refuse_full_disk(folder):
    free = shutil.disk_usage(folder).free
    if free < KEEP_FREE:
        raise SystemExit(f"Only {free >> 30} GB of the disk are free. Give --folder on a larger one, or fewer rows.")


def progress(words):
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)
