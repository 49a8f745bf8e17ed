"""Makes a database of many millions of contacts out of a small one that the server wrote itself.

`sms-opt-in seed` knows 27,200 fictional numbers, so that its ten millionth contact would share a number with some 370
others. Here every seeded number is copied instead, set-based in SQL: each copy is a day older, has a number, an identifier
and a place of its own, and else the words, states and JSON of the row it was copied from. Salts and hashes are copied as
they are, so that `verify` would not accept the chains of the copies; no query here looks at them.
"""

from cluster import progress

DAY = 86_400_000
# Exchanges of North American numbers: no N11, and not 555, where the seeded numbers are.
EXCHANGES = [n for n in range(200, 1000) if n % 100 != 11 and n != 555]
TEMPLATES = {
    "numbers": "id", "contacts": "row_id", "consents": "number_id", "consent_events": "position", "messages": "id",
    "message_steps": "message_id, n", "inbound_texts": "id",
}
COPIED = ("messages", "message_steps", "consent_events", "contacts", "contacts_search", "numbers", "consents",
          "inbound_texts", "admin_log", "idempotency_keys")
ORDER = {"messages": "place", "message_steps": "place, n", "inbound_texts": "place", "admin_log": "place",
         "idempotency_keys": "place"}
# What becomes of the texts, in a hundred thousand: most arrive, and what is rare is what somebody looks for.
FATES = (("failed", 3000), ("blocked", 4000), ("cancelled", 500), ("expired", 500), ("held", 500), ("queued", 10),
         ("sent", 10))


def set_up(postgres):
    """The rows to copy, numbered, and what all copies are told by."""
    made = [f"CREATE UNLOGGED TABLE seed_{table} AS SELECT row_number() OVER (ORDER BY {key}) AS nth, * FROM {table}"
            for table, key in TEMPLATES.items()]
    exchanges = ", ".join(map(str, EXCHANGES))
    postgres.sql(
        # No text leads to a pause yet: a few numbers are marked by hand, as the lists know it.
        "UPDATE numbers SET paused = true WHERE id IN (SELECT number_id FROM contacts WHERE row_id % 6000 = 0)",
        "INSERT INTO tallies SELECT id, 'needs_review', 0, (SELECT count(*) FROM numbers WHERE paused) FROM programs",
        *made,
        "CREATE UNLOGGED TABLE seed_place AS SELECT id AS whose, nth AS place FROM seed_numbers",
        "CREATE UNLOGGED TABLE seed_text AS "
        "SELECT id FROM messages WHERE lane = 'gated' AND status = 'delivered' ORDER BY id LIMIT 1",
        "CREATE FUNCTION moved(id bytea, by bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT "
        "substr(int8send(('x' || encode(substr(id, 1, 6), 'hex'))::bit(48)::bigint + by), 3) || substr(id, 7) $$",
        f"CREATE FUNCTION exchange(g int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT (ARRAY[{exchanges}])[g] $$",
        "ANALYZE",
    )


def copy(postgres, table, source, **changed):
    """A statement for one generation of copies: the row as it was, but for what is changed; `g` counts the days."""
    named = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
    names = postgres.sql(named)
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {source} AS t ORDER BY {ORDER.get(table, 'nth')}"


def fate(word):
    """A number between 0 and 99,999 for each copied number, and the part of a CASE for each status."""
    chance = "((place * 7919 + g * 104729::bigint) % 100000)"
    low, parts = 0, []
    for status, many in FATES:
        low += many
        parts.append(f"WHEN {chance} < {low} THEN {word(status)}")
    return f"CASE {' '.join(parts)} ELSE {word('delivered')} END"


def of_people(postgres):
    """The tables of the address book."""
    many, events = (int(postgres.value(f"SELECT count(*) FROM seed_{table}")) for table in ("numbers", "consent_events"))
    e164 = "'+1' || substr(t.e164, 3, 3) || exchange(g) || lpad(((right(t.e164, 2)::int * 97 + g * 13) % 10000)::text, 4, '0')"
    row_id = f"{many}::bigint * (1 + copies - g) + t.nth"
    email = f"split_part(t.email, '.', 1) || '.' || split_part(t.email, '.', 2) || '.' || {row_id} || '@example.com'"
    external_id = f"'demo-' || lpad(({row_id})::text, 8, '0')"
    new_id, number_id, created_at = f"moved(t.id, g * {-DAY}::bigint)", f"moved(t.number_id, g * {-DAY}::bigint)", \
        f"t.created_at - g * {DAY}000::bigint"
    people = "(SELECT c.*, e164 FROM seed_contacts c JOIN seed_numbers n ON n.id = number_id)"
    return {
        "numbers": copy(postgres, "numbers", "seed_numbers", id=new_id, e164=e164, created_at=created_at),
        "contacts": copy(postgres, "contacts", "seed_contacts", row_id=row_id, id=new_id, number_id=number_id, email=email,
                         external_id=external_id, created_at=created_at),
        "contacts_search": copy(postgres, "contacts_search", people, row_id=row_id, email=email, external_id=external_id,
                                digits=e164),
        "consents": copy(postgres, "consents", "seed_consents", number_id=number_id),
        "consent_events": copy(postgres, "consent_events", "seed_consent_events", number_id=number_id,
                               position=f"{events}::bigint * (1 + copies - g) + t.nth"),
    }


def of_texts(postgres):
    """Each number was texted once and every third one wrote; the lines of the log and the keys of callers are fewer."""
    since = f"(place * 3000 - g * {DAY}::bigint)"
    new_id, number_id = f"moved(whose, {since})", f"moved(whose, g * {-DAY}::bigint)"
    sid, later = f"'SM' || md5({new_id})", "t.due_at + (place % 31 - 1) * 86400000000::bigint"
    codes = {"failed": "(ARRAY['30003', '30005', '30006'])[1 + place % 3]", "blocked": "'opted_out'",
             "cancelled": "'cancelled'", "expired": "'expired'"}
    taken = ("failed", "sent", "delivered")
    shown = {
        "status": fate(lambda status: f"'{status}'"),
        "error_code": fate(lambda status: codes.get(status, "NULL")),
        "expires_at": fate(lambda status: later if status == "held" else "NULL"),
        "claimed_at": fate(lambda status: "t.claimed_at" if status in taken else "NULL"),
        "provider_id": fate(lambda status: sid if status in taken else "NULL"),
        "created_at": f"t.created_at + {since} * 1000", "due_at": f"t.due_at + {since} * 1000",
    }
    text = "(SELECT * FROM seed_place, seed_messages WHERE id IN (SELECT id FROM seed_text))"
    steps = "(SELECT * FROM seed_place, seed_message_steps WHERE message_id IN (SELECT id FROM seed_text))"
    heard = "(SELECT * FROM seed_place JOIN seed_inbound_texts ON nth = 1 + place / 3 % (SELECT count(*) FROM " \
            "seed_inbound_texts) WHERE place % 3 = 0)"
    some = "(SELECT * FROM seed_place, (SELECT * FROM {} LIMIT 1) AS one WHERE place % 30 = 0)"
    action = "(ARRAY['sign-in', 'contact.created', 'contact.updated', 'sending.off'])[1 + place / 30 % 4]"
    return {
        "messages": copy(postgres, "messages", text, id=new_id, number_id=number_id, **shown),
        "message_steps": copy(postgres, "message_steps", steps, message_id=new_id),
        "inbound_texts": copy(postgres, "inbound_texts", heard, id=new_id, number_id=number_id, provider="'twilio'",
                              provider_id=sid),
        "admin_log": copy(postgres, "admin_log", some.format("admin_log"), id=new_id, action=action),
        "idempotency_keys": copy(postgres, "idempotency_keys", some.format("idempotency_keys"), key="md5(place || '-' || g)"),
    }


def indexes(postgres):
    """The indexes that keep nothing unique, so that they can be built at the end; the largest one first."""
    tables = ", ".join(f"'{table}'" for table in COPIED)
    found = postgres.sql(
        "SELECT c.relname || '|' || pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid "
        "JOIN pg_class t ON t.oid = indrelid LEFT JOIN pg_constraint k ON k.conindid = c.oid AND contype IN ('p', 'u') "
        f"WHERE t.relname IN ({tables}) AND k.oid IS NULL ORDER BY c.relname <> 'contacts_search_words', c.relname")
    return dict(line.split("|", 1) for line in found)


def multiply(postgres, contacts):
    """Copies the small database until it has so many contacts."""
    set_up(postgres)
    copies = -(-contacts // int(postgres.value("SELECT count(*) FROM seed_numbers"))) - 1
    if not 0 < copies <= len(EXCHANGES):
        raise SystemExit(f"{copies} copies of each number cannot be made; give another number of contacts")
    later = indexes(postgres)
    postgres.sql(*[f"DROP INDEX {name}" for name in later])
    statements = of_people(postgres) | of_texts(postgres)

    def fill(table):
        # Foreign keys hold by construction, and triggers would ask for every row.
        loop = f"FOR g IN REVERSE {copies}..1 LOOP {statements[table]}; END LOOP"
        return ["SET session_replication_role = replica",
                f"DO $do$ DECLARE copies int := {copies}; BEGIN {loop}; END $do$"]

    progress(f"each of the seeded numbers is copied {copies} times")
    postgres.side_by_side([fill(table) for table in COPIED])
    progress("the rows are there, the indexes follow")
    postgres.side_by_side([[definition] for definition in later.values()])
    postgres.sql(f"UPDATE tallies SET n = n * {copies + 1}",
                 *[f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}))"
                   for table, column in (("contacts", "row_id"), ("consent_events", "position"))],
                 # As if all had been sealed up to a short while ago: the server seals the rest when it starts.
                 "INSERT INTO seals SELECT max(position) - 20000, max(position) - 20000, sha256('x'), sha256('x'), "
                 "max(recorded_at) FROM consent_events")
    postgres.sql("DROP TABLE " + ", ".join([f"seed_{table}" for table in TEMPLATES] + ["seed_place", "seed_text"]))
    progress("vacuum and analyze")
    postgres.side_by_side([[f"VACUUM (FREEZE, ANALYZE) {table}"] for table in COPIED] + [["VACUUM ANALYZE"]])
