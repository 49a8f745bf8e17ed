//! What `verify` covers, and what it does not, with the reason. Used by `verify --help`, and by a test that changes rows at
//! random and holds every change that is not found against this list.

/// A part of the database that can be changed without a finding.
pub struct CoverageGap {
    /// The table.
    pub table: &'static str,
    /// Its columns; "rows" for rows that are added or deleted, "*" for everything.
    pub parts: &'static [&'static str],
    /// Why nothing covers them.
    pub why: &'static str,
}

/// In short; it is said with every answer.
pub const COVERED: &str = "\
Covered: every event with its evidence (hash chains); the seals, in the database and in the file beside it; the states, \
flags and figures that lists show; documents and consent wordings, by their SHA-256; received texts that changed consent; \
for each text handed over its recipient, the event that permitted it, the steps of its life, and the words of an opt-in \
request; and that rows were made when they say.
Not covered: the words of other texts, contact details, settings, accounts, keys and the administration log (verify --help \
lists each with its reason); a history that is cut off together with its last seals and the file of seals. Anyone who has \
the secret key, the database and the file of seals can rewrite all three: keep copies of the seals elsewhere.";

const SETTING: &str = "people change it; the administration log says who and when";
const PASSING: &str = "short-lived; it changes no consent";
const LOG: &str = "a trigger protects it; a chained log of its own is planned";
const NO_EVENT: &str = "no event of the history rests on it";
const WORK: &str = "it says how long work went on; the histories say what it did";
const PROGRESS: &str = "it says how sending went on, not what was permitted";

/// Every gap.
pub const NOT_COVERED: &[CoverageGap] = &[
    CoverageGap {
        table: "admin_log",
        parts: &["id", "actor", "action", "subject", "details", "rows"],
        why: LOG,
    },
    CoverageGap { table: "api_keys", parts: &["*"], why: SETTING },
    CoverageGap { table: "background_jobs", parts: &["*"], why: WORK },
    CoverageGap {
        table: "consents",
        parts: &["rows"],
        why: "a row that says \"not asked\" says the same as no row",
    },
    CoverageGap {
        table: "contacts",
        parts: &["row_id", "email", "external_id", "zip", "time_zone", "time_zone_confirmed", "updated_at"],
        why: "details of people, which may be changed and erased; consent belongs to the number, and a zone moves only the hours \
              of sending",
    },
    CoverageGap {
        table: "contacts",
        parts: &["number_id"],
        why: "two contacts that change places keep every count; consent belongs to the number",
    },
    CoverageGap { table: "documents", parts: &["stored_at"], why: "the event that rests on it says when" },
    CoverageGap {
        table: "form_versions",
        parts: &["locale", "published_at", "published_by", "rows"],
        why: "the wording and its hash are covered, and evidence repeats both and the language",
    },
    CoverageGap {
        table: "form_requests",
        parts: &["*"],
        why: "a sample of requests; the histories hold each one",
    },
    CoverageGap { table: "forms", parts: &["*"], why: SETTING },
    CoverageGap { table: "guards", parts: &["*"], why: "empty rows that only serve as locks" },
    CoverageGap { table: "idempotency_keys", parts: &["*"], why: PASSING },
    CoverageGap {
        table: "inbound_notices",
        parts: &["*"],
        why: "a list for staff; the text that it names stays",
    },
    CoverageGap { table: "inbound_questions", parts: &["*"], why: PASSING },
    CoverageGap {
        table: "inbound_texts",
        parts: &[
            "program_id",
            "provider",
            "provider_id",
            "to_text",
            "body",
            "class",
            "matched",
            "sent_at",
            "number_id",
            "from_text",
            "rows",
        ],
        why: NO_EVENT,
    },
    CoverageGap { table: "limit_hits", parts: &["*"], why: "figures for monitoring" },
    CoverageGap {
        table: "message_attempts",
        parts: &["*"],
        why: "hand-offs that failed and were followed by another; the permission of the last one is covered",
    },
    CoverageGap { table: "message_steps", parts: &["status", "at", "code", "note"], why: PROGRESS },
    CoverageGap {
        table: "messages",
        parts: &[
            "number_id",
            "program_id",
            "sender",
            "category",
            "lane",
            "body",
            "actor",
            "due_at",
            "expires_at",
            "attempts",
            "permit_seq",
            "claimed_seq",
            "provider_id",
            "error_code",
            "error_text",
            "verdict",
            "accepted_seq",
            "skips_quiet_hours",
            "rows",
        ],
        why: "of a text that was handed over the permission is covered, not its words; of others nothing left",
    },
    CoverageGap {
        table: "number_notes",
        parts: &["id", "number_id", "contact_id", "kind", "other_number_id", "words", "actor", "rows"],
        why: LOG,
    },
    CoverageGap {
        table: "numbers",
        parts: &["e164", "unreachable_code", "language", "unasked", "replies", "rows"],
        why: "what carriers and the lead's last text said; counts of the last day's requests and replies; numbers to which \
              nothing ever happened",
    },
    CoverageGap { table: "program_replies", parts: &["*"], why: SETTING },
    CoverageGap { table: "programs", parts: &["*"], why: SETTING },
    CoverageGap { table: "request_pauses", parts: &["*"], why: PASSING },
    CoverageGap { table: "recovery_codes", parts: &["*"], why: SETTING },
    CoverageGap { table: "rulebooks", parts: &["*"], why: "a trigger protects it; no event rests on it" },
    CoverageGap { table: "second_factors", parts: &["*"], why: SETTING },
    CoverageGap { table: "senders", parts: &["*"], why: SETTING },
    CoverageGap { table: "sessions", parts: &["*"], why: PASSING },
    CoverageGap { table: "settings", parts: &["*"], why: SETTING },
    CoverageGap { table: "sign_in_failures", parts: &["*"], why: PASSING },
    CoverageGap { table: "spent_stamps", parts: &["*"], why: PASSING },
    CoverageGap { table: "stale_messages", parts: &["*"], why: PROGRESS },
    CoverageGap {
        table: "stored_files",
        parts: &["purpose", "stored_at", "rows"],
        why: "the content of documents is covered; uploads that no document names, and results of jobs, are short-lived",
    },
    CoverageGap {
        table: "tallies",
        parts: &["slot", "rows"],
        why: "figures are sums over slots; a row of zero adds nothing",
    },
    CoverageGap { table: "users", parts: &["*"], why: SETTING },
];

/// The whole answer to "what is covered?".
pub fn help() -> String {
    let gaps = NOT_COVERED.iter().map(|gap| {
        let parts = if gap.parts == ["*"] { "everything".to_owned() } else { gap.parts.join(", ") };
        format!("  {}: {parts} ({})", gap.table, gap.why)
    });
    let gaps: Vec<String> = gaps.collect();
    format!("{COVERED}\n\nChanges that are not found:\n{}", gaps.join("\n"))
}

/// True when a change of that part of the table is known not to be found.
pub fn is_gap(table: &str, part: &str) -> bool {
    NOT_COVERED
        .iter()
        .any(|gap| gap.table == table && gap.parts.iter().any(|known| *known == "*" || *known == part))
}
