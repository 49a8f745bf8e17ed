#!/usr/bin/env python3
"""Every statement the server sends to PostgreSQL at ten million contacts, with its plan.

    cargo build --release
    python3 benches/plans.py --contacts 10000000 --report benches/results/plans-10m.md

A PostgreSQL server of its own is filled (see multiply.py) and a server walked: every page, filter and call, each several
times with other numbers, so that PostgreSQL also shows the plan it keeps for a prepared statement. `auto_explain` writes
down what was executed. Of each statement the plan that touched the most pages is reported, and the slowest one where it is
another. The run fails with the names of the statements whose plan reads a big table from end to end, throws many rows away,
or touches too many pages, and of the searches that do with all their questions together. Milliseconds are shown, but depend
on what else the machine does: nothing fails by them.
"""

import argparse
import base64
import collections
import html
import json
import pathlib
import re
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from cluster import Postgres, progress
from common import Installation, signed, token
from multiply import multiply

SEEDED = 27_000
# More contacts than a search sorts.
CROWD = 60_000
# A statement is met often enough that PostgreSQL, after five runs, may keep a plan that knows no parameters.
REPEATS = 8
PATIENCE = 20
BIG_TABLE = 100_000
DISCARDED = 1_000
# 40 MB of pages: some 10 ms of one core when all of it is in memory, and half a second on a disk that takes 100
# microseconds for a page. A person notices that, and a few such questions a second keep a machine busy.
PAGES = 5_000
# Statements that may do more, by a part of their text: so many pages, so many discarded rows, and why.
INTENDED = {
    "FROM (consents INNER JOIN contacts ON": (
        30_000, 0, "few of ten million are found one by one; to walk past the others costs more"),
    "WHERE numbers.paused LIMIT": (15_000, 0, "few of ten million, as above"),
    "SELECT contacts.name_key, contacts.row_id FROM contacts WHERE (": (
        25_000, 2_000, "sorts what was found: 2,000 rows, or those few"),
    "FROM (SELECT * FROM contacts_search": (10_000, 200_000, "looks for the newest among the 10,000 or 200,000 newest"),
    "WITH found AS MATERIALIZED": (140_000, 400_000, "all that may match, by the letters in a row that they contain"),
    "WHERE ((contacts.name_key >= $1)": (5_000, 100_000, "two letters are a range of names, of which the 2,000 newest are kept"),
}
# What all the questions of one search may read and discard, in pages and rows. The index knows three letters in a row: where
# each of these is common, what contains all of them is looked at one by one.
SEARCH = (70_000, 250_000)
COMMON_LETTERS = "words whose letters are common and that nobody has"
SEARCHES = {COMMON_LETTERS: (140_000, 400_000)}
LOGGED = ("session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0", "auto_explain.log_analyze = on",
          "auto_explain.log_buffers = on", "auto_explain.log_nested_statements = off", "auto_explain.log_format = json")
STATUSES = ("held", "queued", "scheduled", "sending", "sent", "delivered", "failed", "blocked", "cancelled", "expired")
STATES = ("opted_in", "invited", "opted_out", "not_asked", "needs_review")


class Log:
    """What auto_explain wrote, by statement; and what each search asked."""

    def __init__(self, path):
        self.path, self.read, self.plans, self.searches = path, 0, collections.OrderedDict(), []
        self.latest = []

    def take(self, step):
        """Reads what was written since the last time; who asked first is who is named."""
        time.sleep(0.2)
        with open(self.path, encoding="utf-8") as file:
            file.seek(self.read)
            lines = file.readlines()
            self.read = file.tell()
        for line in lines:
            # The collector writes whole lines, but the last one may be on its way.
            if not line.endswith("\n"):
                self.read -= len(line.encode())
                break
            said = json.loads(line)
            message = said.get("message", "")
            # What psql asks is this script's own question.
            if "plan:\n" in message and said.get("application_name") != "psql":
                self.keep(step, json.loads(message.split("plan:\n", 1)[1]), message)
            elif "statement timeout" in message:
                self.given_up(step, said.get("statement", ""))

    def given_up(self, step, text):
        """A statement that the server's own limit of 60 seconds ended: there is no plan of what was not finished."""
        node = {"Node Type": "ended by statement_timeout", "Actual Rows": 0, "Actual Loops": 1}
        ended = {"plan": node, "pages": 10 ** 9, "ms": 60_000.0}
        known = self.plans.setdefault(normalised(text), {"runs": 0, "faults": set()})
        known.update(worst=ended, slowest=ended, step=step, discarded=0, runs=known["runs"] + 1,
                     faults=known["faults"] | {"does not end within 60 s"})

    def keep(self, step, logged, message):
        text = normalised(logged["Query Text"])
        milliseconds = float(re.match(r"duration: ([\d.]+) ms", message).group(1))
        run = {"plan": logged["Plan"], "pages": pages(logged["Plan"]), "ms": milliseconds}
        known = self.plans.setdefault(text, {"step": step, "worst": run, "slowest": run, "runs": 0, "faults": set(), "discarded": 0})
        self.latest.append(run)
        known["runs"] += 1
        known["discarded"] = max(known["discarded"], discarded(run["plan"]))
        known["faults"] |= set(faults(run))
        if run["pages"] > known["worst"]["pages"]:
            known["worst"], known["step"] = run, step
        if run["ms"] > known["slowest"]["ms"]:
            known["slowest"] = run


def normalised(text):
    return re.sub(r"(?<![$\w])-?\d+\b", "0", re.sub(r"\s+", " ", text.replace('"', ""))).strip()


def pages(node):
    return sum(node.get(f"{kind} {what} Blocks", 0) for kind in ("Shared", "Temp") for what in ("Hit", "Read"))


def nodes(node):
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


def removed(node):
    return sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Join Filter", "Index Recheck"))


def discarded(plan):
    """Rows that were looked at for nothing, in all parts of a plan."""
    return sum(removed(node) * node["Actual Loops"] for node in nodes(plan))


BIG = set()


def shape(run):
    return [(node["Node Type"], node.get("Index Name")) for node in nodes(run["plan"])]


def faults(run):
    """What is wrong with a plan, in words."""
    for node in nodes(run["plan"]):
        if node["Node Type"] == "Seq Scan" and node.get("Relation Name") in BIG:
            yield f"reads {node['Relation Name']} from end to end"
    if discarded(run["plan"]) > DISCARDED:
        yield "discards rows"
    if run["pages"] > PAGES:
        yield "touches too many pages"


class Walk:
    """A person and the machines at work."""

    def __init__(self, it, postgres, log):
        self.it, self.postgres, self.log, self.n, self.refused = it, postgres, log, 0, []
        self.opener, self.cookie = it.sign_in()
        self.csrf = token(self.get("/contacts/new"))

    def call(self, method, path, headers=(), body=None):
        asked = urllib.request.Request(self.it.base + path, body, dict(headers), method=method)
        try:
            with self.opener.open(asked, timeout=120) as answer:
                status, text = answer.status, answer.read().decode()
                if answer.headers.get("Location", "").startswith("/sign-in"):
                    status = 401
        except (urllib.error.URLError, TimeoutError) as error:
            status, text = 0, str(error)
        # What was refused asked nothing, and its step says nothing about the statements it is named after.
        if not 200 <= status < 400 and not (status == 422 and "verdict" in text):
            progress(f"    {method} {path[:80]} was answered {status}: {text[:200]!r}")
            self.refused.append(f"{method} {path[:80]}: {status}")
        return text

    def get(self, path):
        return self.call("GET", path, {"Cookie": self.cookie})

    def post(self, path, **form):
        body = urllib.parse.urlencode({"csrf": self.csrf, **form}).encode()
        return self.call("POST", path, {"Cookie": self.cookie}, body)

    def api(self, method, path, **body):
        self.n += 1
        headers = dict(self.it.auth) | {"Content-Type": "application/json", "Idempotency-Key": f"walk-{self.n}"}
        return self.call(method, "/api/v1" + path, headers, json.dumps(body).encode() if body else None)

    def hook(self, path, **params):
        headers, body = signed(path, params)
        return self.call("POST", path, headers, body)

    def text(self, phone, body, sid=None):
        self.n += 1
        return self.hook("/hooks/twilio/inbound", From=phone, To="+12065550199", Body=body, MessageSid=sid or f"SM{self.n:032x}")

    def step(self, name, act, subjects=range(REPEATS)):
        began = time.monotonic()
        for done, subject in enumerate(subjects, 1):
            act(subject)
            # What is as slow as this is known after a few times.
            if time.monotonic() - began > PATIENCE:
                break
        self.log.take(name)
        progress(f"  {name}: {(time.monotonic() - began) * 1000 / done:.0f} ms each")

    def search(self, name, words):
        """What one search costs the database, all its questions together."""
        costs = []
        for n in range(REPEATS):
            self.log.latest = []
            began = time.monotonic()
            self.get(f"/contacts?q={urllib.parse.quote_plus(words[n % len(words)])}")
            took = (time.monotonic() - began) * 1000
            self.log.take(f"search for {name}")
            latest = self.log.latest
            costs.append((took, sum(run["pages"] for run in latest), sum(discarded(run["plan"]) for run in latest)))
        times = sorted(took for took, _, _ in costs)
        most = [max(column) for column in zip(*costs)]
        self.log.searches.append((name, times[REPEATS // 2], *most))
        progress(f"  search for {name}: {times[REPEATS // 2]:.0f} ms, {most[0]:.0f} ms, {most[1]} pages, {most[2]} discarded")

    def pages(self, name, *paths):
        self.step(name, lambda n: [self.get(path) for path in paths])


def onwards(walk, path, name):
    """The first pages of a list and the way back, as its links lead."""
    def turn(_):
        first = walk.get(path)
        second = re.search(r'href="(/[^"]*(?:after|before)=[^"]+)"', first)
        if second:
            back = re.search(r'href="(/[^"]*before=[^"]+)"', walk.get(html.unescape(second.group(1))))
            if back:
                walk.get(html.unescape(back.group(1)))
    walk.step(name, turn)


def people(walk, some):
    """Whom the walk is about: contacts, numbers and texts from all over the database."""
    def pick(sql, count):
        return walk.postgres.sql(f"{sql} LIMIT {count}")
    wanted = {}
    for state in ("opted_in", "opted_out", "invited"):
        wanted[state] = pick(f"SELECT e164 FROM numbers TABLESAMPLE SYSTEM_ROWS ({some * 4000}) JOIN consents ON number_id = id "
                             f"WHERE state = '{state}' AND contact_count = 1", some)
    wanted["not_asked"] = pick(f"SELECT e164 FROM numbers TABLESAMPLE SYSTEM_ROWS ({some * 40}) WHERE head_seq = 0", some)
    uuid = "encode({}, 'hex')::uuid"
    wanted["contacts"] = pick(f"SELECT {uuid.format('id')} FROM contacts TABLESAMPLE SYSTEM_ROWS ({some})", some)
    wanted["messages"] = pick(f"SELECT {uuid.format('id')} FROM messages TABLESAMPLE SYSTEM_ROWS ({some})", some)
    wanted["sids"] = pick(f"SELECT {uuid.format('id')} || ' ' || provider_id FROM messages TABLESAMPLE SYSTEM_ROWS ({some * 9}) "
                          "WHERE provider_id IS NOT NULL", some)
    return wanted


def cursor(name, place):
    return base64.urlsafe_b64encode(json.dumps([name, place]).encode()).decode().rstrip("=")


def lists(walk, given, who):
    """The lists of the administration."""
    middle = given.contacts // 2
    onwards(walk, "/contacts", "contacts, all, and the pages beside")
    walk.step("contacts, a page in the middle", lambda n: walk.get(f"/contacts?after={cursor('', middle - n)}"))
    walk.step("contacts, backwards in the middle", lambda n: walk.get(f"/contacts?before={cursor('', middle - n)}"))
    onwards(walk, "/contacts?sort=name", "contacts by name, and the pages beside")
    walk.step("contacts by name, in the middle", lambda n: walk.get(f"/contacts?sort=name&after={cursor('max kim', middle - n)}"))
    walk.step("contacts by name, backwards in the middle",
              lambda n: walk.get(f"/contacts?sort=name&before={cursor('max kim', middle - n)}"))
    for state in STATES:
        onwards(walk, f"/contacts?state={state}", f"contacts, {state}, and the pages beside")
        walk.step(f"contacts, {state}, in the middle", lambda n, s=state: walk.get(f"/contacts?state={s}&after={cursor('', middle)}"))
        walk.pages(f"contacts, {state}, by name", f"/contacts?state={state}&sort=name")
    for name, words in searches(walk.postgres, given):
        walk.search(name, words)
    walk.pages("a common name and a state", "/contacts?q=garcia&state=invited")
    walk.pages("a common name by name", "/contacts?q=garcia&sort=name")


def searches(postgres, given):
    """What support staff type, about contacts from years ago, of last year and of today."""
    def of(what, first):
        return postgres.sql(f"SELECT {what} FROM contacts JOIN numbers ON numbers.id = number_id WHERE row_id >= {first} "
                            f"AND external_id LIKE 'demo-%' ORDER BY row_id LIMIT {REPEATS}")
    ages = {"old": given.contacts // 50, "middle-aged": given.contacts // 2, "new": given.contacts - REPEATS}
    for age, first in ages.items():
        yield f"the last four digits of {age} contacts", of("right(e164, 4)", first)
        yield f"the last seven digits of {age} contacts", of("right(e164, 7)", first)
        yield f"the e-mail address of {age} contacts, in capitals", of("upper(email)", first)
        yield f"a part of the e-mail address of {age} contacts", of("split_part(email, '@', 1)", first)
        yield f"the identifier of {age} contacts", of("external_id", first)
    middle = ages["middle-aged"]
    yield "a whole number", of("e164", middle)
    yield "the same four digits of 27,000 old contacts and a few others", ["5501"]
    yield "three digits", ["206", "312", "971", "550"]
    yield "a full, common name", of("name", middle)
    yield "a full name the wrong way round", of("split_part(name, ' ', 2) || ' ' || split_part(name, ' ', 1)", middle)
    yield "a full, rare name", ["Zebulon Quist"]
    yield "a common part of names", ["garcia", "ann", "abbott"]
    yield f"words that only the {CROWD:,} oldest contacts have", ["legacy"]
    yield "the e-mail address of nobody", [f"abbott.{middle + n}@example.com" for n in range(REPEATS)]
    yield "a part of all e-mail addresses", ["example.com", "@example", "ample.c"]
    yield COMMON_LETTERS, ["na an", "ia an", "100%"]
    yield "words that nobody has", ["zzqqxx", "zz.top@"]
    yield "two letters", ["an", "zo", "ze", "zx"]


def texts(walk, who):
    """The lists of messages, the log, and what leads from one to the other."""
    onwards(walk, "/messages", "messages, all, and the page after")
    for status in STATUSES:
        onwards(walk, f"/messages?status={status}", f"messages, {status}, and the page after")
    for status, code in (("failed", "30003"), ("failed", "30099"), ("blocked", "opted_out"), ("delivered", "30003"), ("sent", "x")):
        onwards(walk, f"/messages?status={status}&code={code}", f"messages, {status}, cause {code}")
    walk.step("message page", lambda n: walk.get(f"/messages/{who['messages'][n]}"))
    onwards(walk, "/log", "log, and the page after")
    for asked in ("actor=cli", "actor=nobody", "action=sign-in", "action=nothing", "actor=user:b@example.com&action=sign-in"):
        onwards(walk, f"/log?{asked}", f"log, {asked}")


def desk(walk, who):
    """Single pages, and what a person does on them."""
    walk.pages("dashboard", "/")
    walk.pages("metrics and readiness", "/metrics", "/readyz")
    walk.pages("forms and programs", "/forms", "/forms/opt-in", "/programs", "/programs/default", "/p/default")
    walk.pages("accounts, keys, phones", "/users", "/account", "/api-keys", "/simulator")
    walk.step("troubleshoot", lambda n: [walk.get(f"/troubleshoot?number={who[state][n].replace('+', '%2B')}") for state in
                                         ("opted_in", "opted_out", "not_asked")])
    walk.step("troubleshoot, a new number", lambda n: walk.get(f"/troubleshoot?number=%2B1416555014{n}"))
    walk.step("contact page", lambda n: [walk.get(f"/contacts/{who['contacts'][n]}{more}") for more in ("", "/edit",
                                                                                                       "/consents/new")])
    walk.step("new contact", lambda n: walk.post("/contacts", name=f"Walk {n}", phone=f"+1416555010{n}", external_id=f"walk-{n}"))
    walk.step("contact changed", lambda n: walk.post(f"/contacts/{who['contacts'][n]}", name="Ann", phone=f"+1416555011{n}"))
    walk.step("message by hand", lambda n: walk.post(f"/contacts/{who['contacts'][n + 8]}/messages", body="Hello"))
    walk.step("consent by hand", lambda n: by_hand(walk, who["contacts"][n + 16]))


def by_hand(walk, contact):
    form = {"csrf": walk.csrf, "update": "opt_out", "channel": "call", "reason": "Asked on the phone."}
    parts = [f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form.items()]
    headers = {"Cookie": walk.cookie, "Content-Type": "multipart/form-data; boundary=part"}
    walk.call("POST", f"/contacts/{contact}/consents", headers, ("".join(parts) + "--part--\r\n").encode())


def machines(walk, given, who):
    """Calls, webhooks and receipts."""
    walk.pages("public form", "/f/opt-in")
    walk.step("public form, sent", lambda n: walk.call("POST", "/f/opt-in", (), urllib.parse.urlencode(
        {"phone": f"+1206555022{n}", "consent": "on", "name": "Ann"}).encode()))
    for number in ("consent", "events"):
        walk.step(f"API: {number} of a number", lambda n, what=number: walk.api("GET", f"/numbers/{who['opted_in'][n]}/{what}"))
    for asked in ("", "&state=opted_in", "&state=invited", "&state=opted_out", "&state=not_asked", "&q=garcia"):
        walk.step(f"API: contacts {asked}", lambda n, a=asked: walk.api("GET", f"/contacts?limit=200{a}"))
    walk.step("API: contacts, in the middle",
              lambda n: walk.api("GET", f"/contacts?limit=200&state=opted_in&after={given.contacts // 2 - n}"))
    walk.step("API: contact made and changed", lambda n: walk.api("POST", "/contacts", phone=f"+1416555013{n % 4}",
                                                                  external_id=f"api-{n % 4}", name="Ann"))
    for n, state in enumerate(("opted_in", "not_asked", "opted_out", "invited")):
        walk.step(f"API: send, {state}", lambda n, s=state: walk.api("POST", "/messages", to=who[s][n + 8], body="Your order is ready.",
                                                                   category="alert"))
    again = dict(walk.it.auth) | {"Content-Type": "application/json", "Idempotency-Key": "again"}
    body = json.dumps({"to": who["opted_in"][20], "body": "Once.", "category": "alert"}).encode()
    walk.step("API: send again with the same key", lambda n: walk.call("POST", "/api/v1/messages", again, body))
    walk.step("API: message", lambda n: walk.api("GET", f"/messages/{who['messages'][n]}"))
    walk.step("API: opt-out", lambda n: walk.api("POST", f"/numbers/{who['opted_in'][n + 24]}/opt-outs", channel="call", reason="x"))
    for word in ("STOP", "START", "HELP", "Who is this?"):
        walk.step(f"text: {word}", lambda n, w=word: walk.text(who["opted_in"][n + 32], w))
    walk.step("text: STOP from a new number", lambda n: walk.text(f"+1416555015{n}", "STOP"))
    walk.step("text: STOP told again", lambda n: walk.text(who["opted_in"][40], "STOP", "SM" + "f" * 32))
    receipt = "/hooks/twilio/status"
    walk.step("receipt by our own identifier", lambda n: walk.hook(f"{receipt}?message={who['sids'][n].split()[0]}",
                                                                 MessageSid=who["sids"][n].split()[1], MessageStatus="delivered"))
    walk.step("receipt by the provider's", lambda n: walk.hook(receipt, MessageSid=who["sids"][n + 8].split()[1],
                                                               MessageStatus="delivered"))
    walk.step("receipt for nobody", lambda n: walk.hook(receipt, MessageSid=f"SM{n:032d}", MessageStatus="delivered"))


def everything(it, postgres, log, given):
    time.sleep(25)
    log.take("the loops and the start, sending off")
    walk = Walk(it, postgres, log)
    log.take("sign-in")
    who = people(walk, 48)
    desk(walk, who)
    lists(walk, given, who)
    texts(walk, who)
    machines(walk, given, who)
    it.switch_sending("on")
    time.sleep(30)
    log.take("the loops, sending on")
    it.switch_sending("off")
    log.take("sending switched")
    return walk.refused


def templates(it):
    """The texts that are copied: through the server, so that every column is what it writes."""
    opted_in, walk = it.opted_in(200), Walk(it, None, None)
    for phone in opted_in[:60]:
        walk.api("POST", "/messages", to=phone, body="Your order 4711 is ready. Pick it up until Friday.", category="alert")
    with_nothing = [contact["phone"] for contact in json.loads(walk.api("GET", "/contacts?state=not_asked&limit=8"))["data"]]
    for phone in with_nothing:
        walk.api("POST", "/messages", to=phone, body="Your order 4711 is ready.", category="alert")
    for n, phone in enumerate(opted_in[60:100]):
        walk.text(phone, ("Thanks!", "START", "HELP", "START", "See you on Monday then")[n % 5])
    time.sleep(10)
    it.switch_sending("off")


def unlike(postgres):
    """What copies do not have: few with a name of their own, and many with words of their own, all of them old."""
    crowd = f"SELECT row_id FROM contacts ORDER BY row_id LIMIT {CROWD}"
    postgres.sql("UPDATE contacts SET name = 'Zebulon Quist', name_key = 'zebulon quist' WHERE row_id IN "
                 f"(SELECT row_id FROM contacts WHERE row_id > {CROWD} ORDER BY row_id LIMIT {REPEATS})",
                 f"UPDATE contacts SET external_id = 'legacy-' || row_id WHERE row_id IN ({crowd})",
                 "VACUUM ANALYZE contacts", "VACUUM ANALYZE contacts_search")


def trimmed(text):
    """The statement without the columns it returns, where those are many."""
    def few(match):
        columns = match.group(1).split(", ")
        return match.group(0) if len(columns) < 4 else f"SELECT {columns[0]}, … ({len(columns)} columns) FROM"
    text = re.sub(r"SELECT ((?:(?! FROM ).)+?) FROM", few, text, count=1)
    return re.sub(r"VALUES \(.*?\)(?= |$)", "VALUES (…)", text)


def told(node, depth=0):
    """A plan as indented lines: what is read by which condition, rows, pages and time."""
    where = node.get("Index Name") or node.get("Relation Name") or ""
    words = " ".join(word for word in (node["Node Type"], "on" if where else "", where) if word)
    for key in ("Index Cond", "Recheck Cond", "Hash Cond", "Filter", "Sort Key"):
        if key in node and not (key == "Recheck Cond" and "Index Recheck" not in str(node)):
            words += f" | {key}: {str(node[key])[:160]}"
    loops = f" x {node['Actual Loops']}" if node["Actual Loops"] > 1 else ""
    gone = f", {removed(node)} discarded" if removed(node) else ""
    figures = f"rows {node['Actual Rows']}{loops}{gone}, pages {pages(node)}, {node.get('Actual Total Time', 0):.2f} ms"
    yield f"{'  ' * depth}{words} ({figures})"
    for child in node.get("Plans", ()):
        yield from told(child, depth + 1)


def head(log, given, postgres):
    """What was measured, how large it was, and how many statements did more than they should."""
    lines = [f"# What PostgreSQL does at {given.contacts:,} contacts", "", f"Made by `python3 benches/plans.py --contacts "
             f"{given.contacts}` with PostgreSQL {postgres.version()}, shared_buffers 2 GB, on a machine with 2 cores that had "
             "other work as well. Of each statement the plan that touched the most pages (8 kB each), out of all its runs, and the "
             "slowest one where that is another plan.", "",
             "| table | rows | table, MB | indexes, MB |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row.split('|'))} |" for row in postgres.sql(
        "SELECT relname, to_char(reltuples, 'FM999,999,999'), pg_table_size(oid) >> 20, pg_indexes_size(oid) >> 20 FROM pg_class "
        f"WHERE relkind = 'r' AND reltuples > {BIG_TABLE} ORDER BY pg_total_relation_size(oid) DESC")]
    wrong, much = judged(log), [known for known in log.plans.values() if known["faults"]]
    lines += ["", f"{len(log.plans)} statements. {len(much)} of them have a plan that reads a table of more than {BIG_TABLE:,} rows "
              f"from end to end, discards more than {DISCARDED:,} rows, or touches more than {PAGES:,} pages; {len(wrong)} of these "
              "are not intended. What is:", "", "| statement | pages at most | rows discarded at most | why |", "|---|---|---|---|"]
    lines += [f"| `{part}` | {most:,} | {rows:,} | {why} |" for part, (most, rows, why) in INTENDED.items()]
    return lines + [""] + searches_told(log)


def searches_told(log):
    """What a person waits for, and how much all the questions of one search read and discard at most."""
    limits = [f"{name} ({pages:,} and {rows:,})" for name, (pages, rows) in SEARCHES.items()]
    lines = [f"No search may touch more than {SEARCH[0]:,} pages or discard more than {SEARCH[1]:,} rows, but for "
             f"{', '.join(limits)}; {len(heavy(log))} of {len(log.searches)} kinds do. From the request to the page, each asked "
             f"{REPEATS} times, with other words where there are others:", "",
             "| search for | ms, median | ms, slowest | pages at most | rows discarded at most |", "|---|---|---|---|---|"]
    lines += [f"| {name} | {median:.0f} | {slowest:.0f} | {pages:,} | {rows:,} |" for name, median, slowest, pages, rows in log.searches]
    return lines + [""]


def heavy(log):
    """The searches that cost more than any may."""
    def is_heavy(name, pages, rows):
        most = SEARCHES.get(name, SEARCH)
        return pages > most[0] or rows > most[1]
    return [f"search for {name}: {pages:,} pages, {rows:,} rows discarded" for name, _, _, pages, rows in log.searches
            if is_heavy(name, pages, rows)]


def report(log, given, postgres):
    lines = head(log, given, postgres)
    ordered = sorted(log.plans.items(), key=lambda item: -item[1]["worst"]["pages"])
    for n, (text, known) in enumerate(ordered, 1):
        worst, slowest, found = known["worst"], known["slowest"], ", ".join(sorted(known["faults"]))
        lines += [f"## {n}. {known['step']}: {worst['pages']:,} pages, {worst['ms']:.1f} ms, {known['runs']} runs, the slowest "
                  f"{slowest['ms']:.1f} ms" + (f" ({found})" if found else ""), "", "```", trimmed(text), "", *told(worst["plan"])]
        # The same statement with other words may have another plan, with fewer pages and more rows to look at.
        lines += ["", "The slowest run:", *told(slowest["plan"])] if shape(slowest) != shape(worst) else []
        lines += ["```", ""]
    pathlib.Path(given.report).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(given.report).write_text("\n".join(lines), encoding="utf-8")


def is_intended(text, known):
    """As far as it may go. No statement may read a big table from end to end, or not end."""
    if any(fault.startswith(("reads", "does not end")) for fault in known["faults"]):
        return False
    return any(part in text and known["worst"]["pages"] <= pages and known["discarded"] <= rows
               for part, (pages, rows, _) in INTENDED.items())


def judged(log):
    """The statements with a plan that nobody intended."""
    return {text: known for text, known in log.plans.items() if known["faults"] and not is_intended(text, known)}


def walked(it, postgres, given):
    """What the log says of a walk, and what was refused on it."""
    postgres.sql("CREATE EXTENSION IF NOT EXISTS tsm_system_rows",
                 *[f"ALTER DATABASE postgres SET {setting}" for setting in LOGGED])
    log = Log(postgres.statements)
    it.start()
    try:
        return log, everything(it, postgres, log, given)
    finally:
        it.stop()


def run(given, folder):
    postgres = Postgres(folder)
    try:
        it = Installation(given.binary, folder, min(given.contacts, SEEDED), postgres.url)
        try:
            templates(it)
        finally:
            it.stop()
        postgres.loading()
        multiply(postgres, given.contacts)
        unlike(postgres)
        postgres.loaded()
        BIG.update(postgres.sql(f"SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > {BIG_TABLE}"))
        log, refused = walked(it, postgres, given)
        report(log, given, postgres)
        for text, known in judged(log).items():
            print(f"{known['step']}: {', '.join(sorted(known['faults']))} ({known['worst']['pages']:,} pages, "
                  f"{known['worst']['ms']:.0f} ms)\n    {trimmed(text)[:200]}")
        for search in heavy(log):
            print(search)
        if refused:
            print("Refused, so that nothing was asked: " + "; ".join(refused))
        if given.keep:
            input(f"The database stays at {postgres.url} until Enter is pressed. ")
        return 1 if judged(log) or heavy(log) or refused else 0
    finally:
        postgres.stop("immediate")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/sms-opt-in")
    parser.add_argument("--contacts", type=int, default=10_000_000)
    parser.add_argument("--report", default="benches/results/plans.md")
    parser.add_argument("--folder", help="where the database lies: some 45 GB for ten million contacts")
    parser.add_argument("--keep", action="store_true", help="wait before the database is removed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sms-opt-in-plans-", dir=given.folder) as folder:
        sys.exit(run(given, folder))


main()
