//! Every address of the server, once. Registrations use the patterns; handlers, templates, redirects and the tests of
//! pages use the functions of the same names. `routing` asks each handler who may open it. It writes nothing.

mod filling;
mod queries;

use std::fmt::Display;

pub use filling::with_query;
pub use queries::*;

use filling::filled;

/// What one line of the list below becomes: a pattern to register, and a function that fills it in.
macro_rules! routes {
    ($($(#[$doc:meta])* $pattern:ident $name:ident($($part:ident),*) $text:literal;)+) => {
        /// The patterns that the handlers are registered under.
        pub mod patterns {
            $($(#[$doc])* pub const $pattern: &str = $text;)+
            /// All of them, with their names.
            pub const ALL: &[(&str, &str)] = &[$((stringify!($pattern), $pattern)),+];
        }
        $(routes!(@function $(#[$doc])* $pattern $name($($part),*));)+
    };
    (@function $(#[$doc:meta])* $pattern:ident $name:ident()) => {
        $(#[$doc])*
        pub const fn $name() -> &'static str {
            patterns::$pattern
        }
    };
    (@function $(#[$doc:meta])* $pattern:ident $name:ident($($part:ident),+)) => {
        $(#[$doc])*
        pub fn $name($($part: impl Display),+) -> String {
            filled(patterns::$pattern, &[$(&$part),+])
        }
    };
}

routes! {
    /// The process is alive.
    HEALTHZ healthz() "/healthz";
    /// The database answers.
    READYZ readyz() "/readyz";
    /// Figures for Prometheus.
    METRICS metrics() "/metrics";
    /// A static file, by its name with its hash.
    ASSET asset(name) "/assets/{name:.*}";

    /// Twilio hands over a text.
    TWILIO_INBOUND twilio_inbound() "/hooks/twilio/inbound";
    /// Twilio says what became of a text.
    TWILIO_STATUS twilio_status() "/hooks/twilio/status";
    /// The simulated carrier hands over a text.
    SIMULATOR_INBOUND simulator_inbound() "/hooks/simulator/inbound";
    /// The simulated carrier says what became of a text.
    SIMULATOR_STATUS simulator_status() "/hooks/simulator/status";
    /// A program on this machine texts as a simulated phone.
    SIMULATOR_HANDSET_TEXTS simulator_handset_texts(number) "/simulator/handsets/{number}/texts";

    /// A hosted form.
    PUBLIC_FORM public_form(slug) "/f/{slug}";
    /// What follows on a hosted form.
    PUBLIC_FORM_DONE public_form_done(slug) "/f/{slug}/done";
    /// A program's public page.
    PUBLIC_PROGRAM public_program(slug) "/p/{slug}";
    /// How replies are read, for everybody.
    PUBLIC_REPLIES public_replies() "/replies";
    /// The reference of the API.
    API_REFERENCE api_reference() "/api";

    /// The first administrator is made.
    SETUP setup() "/setup";
    /// The form to sign in.
    SIGN_IN sign_in() "/sign-in";
    /// Takes a code of the second factor.
    SIGN_IN_CODE sign_in_code() "/sign-in/code";
    /// Ends a session.
    SIGN_OUT sign_out() "/sign-out";
    /// One's own account.
    ACCOUNT account() "/account";
    /// The zone in which one reads times.
    ACCOUNT_TIME_ZONE account_time_zone() "/account/time-zone";
    /// One's own second factor.
    SECOND_FACTOR second_factor() "/account/second-factor";
    /// Begins to set it up.
    SECOND_FACTOR_SETUP second_factor_setup() "/account/second-factor/setup";
    /// Turns it off.
    SECOND_FACTOR_OFF second_factor_off() "/account/second-factor/off";
    /// New recovery codes.
    RECOVERY_CODES recovery_codes() "/account/second-factor/recovery-codes";
    /// Ends one of one's own sessions.
    END_SESSION end_session() "/account/sessions/end";
    /// Ends all others.
    END_OTHER_SESSIONS end_other_sessions() "/account/sessions/end-others";
    /// The settings of the organization.
    SETTINGS settings() "/settings";
    /// Changes the limits on unasked texts.
    SETTINGS_LIMITS settings_limits() "/settings/limits";
    /// Changes the limits on failed sign-ins.
    SETTINGS_FAILURE_LIMITS settings_failure_limits() "/settings/failed-sign-ins";
    /// The rules of signing in.
    SETTINGS_SIGN_IN settings_sign_in() "/settings/sign-in";

    /// The dashboard.
    DASHBOARD dashboard() "/";
    /// Lets paused opt-in requests go on.
    PAUSED_REQUESTS paused_requests() "/paused-requests";
    /// Turns sending on or off.
    SENDING sending() "/sending";
    /// Asks before sending is turned off.
    SENDING_OFF sending_off() "/sending/off";
    /// A notice on the dashboard is done.
    NOTICE notice(id) "/notices/{id}";

    /// The list of contacts.
    CONTACTS contacts() "/contacts";
    /// The form for a new contact.
    NEW_CONTACT new_contact() "/contacts/new";
    /// A contact.
    CONTACT contact(id) "/contacts/{id}";
    /// What has changed on a contact's page.
    CONTACT_LIVE contact_live(id) "/contacts/{id}/live";
    /// The form for a contact's details.
    EDIT_CONTACT edit_contact(id) "/contacts/{id}/edit";
    /// Texts to a contact.
    CONTACT_MESSAGES contact_messages(id) "/contacts/{id}/messages";
    /// Consent of a contact, recorded by hand.
    CONSENTS consents(id) "/contacts/{id}/consents";
    /// The form for it.
    NEW_CONSENT new_consent(id) "/contacts/{id}/consents/new";
    /// A contact is asked once more.
    REINVITATION reinvitation(id) "/contacts/{id}/reinvitation";
    /// A number that no contact has.
    NUMBER number(id) "/numbers/{id}";
    /// What has changed on a number's page.
    NUMBER_LIVE number_live(id) "/numbers/{id}/live";
    /// Texts to a number.
    NUMBER_MESSAGES number_messages(id) "/numbers/{id}/messages";
    /// Consent of a number, recorded by hand.
    NUMBER_CONSENTS number_consents(id) "/numbers/{id}/consents";
    /// The form for it.
    NEW_NUMBER_CONSENT new_number_consent(id) "/numbers/{id}/consents/new";
    /// A number is asked once more.
    NUMBER_REINVITATION number_reinvitation(id) "/numbers/{id}/reinvitation";
    /// A number that the carrier gave up can receive texts again.
    REACHABLE reachable(id) "/numbers/{id}/reachable";
    /// A document that proves consent.
    DOCUMENT document(sha256) "/documents/{sha256}";

    /// The list of messages.
    MESSAGES messages() "/messages";
    /// A message.
    MESSAGE message(id) "/messages/{id}";
    /// What has changed on a message's page.
    MESSAGE_LIVE message_live(id) "/messages/{id}/live";
    /// What is to become of a message that expired before its opt-in.
    EXPIRED_HOLD expired_hold(id) "/messages/{id}/stale";

    /// The review desk.
    REVIEWS reviews() "/reviews";
    /// A number at the review desk.
    REVIEW review(id) "/reviews/{id}";
    /// Opt-outs that people recorded.
    REVOCATIONS revocations() "/revocations";
    /// The form to record one.
    NEW_REVOCATION new_revocation() "/revocations/new";
    /// The checks of one number.
    TROUBLESHOOT troubleshoot() "/troubleshoot";
    /// How a reply is read.
    REPLY_TESTER reply_tester() "/reply-tester";

    /// The hosted forms.
    FORMS forms() "/forms";
    /// A hosted form with its versions.
    FORM form(slug) "/forms/{slug}";
    /// The programs.
    PROGRAMS programs() "/programs";
    /// The form for a new program.
    NEW_PROGRAM new_program() "/programs/new";
    /// A program.
    PROGRAM program(slug) "/programs/{slug}";
    /// Sender, hours and keywords of a program.
    PROGRAM_SENDING program_sending(slug) "/programs/{slug}/sending";
    /// Replies of a program in one language.
    PROGRAM_REPLIES program_replies(slug, language) "/programs/{slug}/replies/{language}";

    /// The dated rules.
    RULES rules() "/rules";
    /// Publishes a rule.
    RULE_ROWS rule_rows() "/rules/rows";
    /// The form for a new rule.
    NEW_RULE_ROW new_rule_row() "/rules/rows/new";
    /// A rule.
    RULE_ROW rule_row(id) "/rules/rows/{id}";
    /// New built-in rules.
    RULES_REVIEW rules_review() "/rules/review";
    /// A reminder to look at a rule.
    RULES_REMINDER rules_reminder(name) "/rules/reminders/{name}";
    /// The published versions of the rules.
    RULES_HISTORY rules_history() "/rules/history";
    /// A version to publish again.
    RULES_VERSION rules_version(version) "/rules/history/{version}";

    /// The simulated phones.
    SIMULATOR simulator() "/simulator";
    /// What has changed on the simulated phones.
    SIMULATOR_LIVE simulator_live() "/simulator/live";
    /// Puts a phone on the table.
    SIMULATOR_HANDSETS simulator_handsets() "/simulator/handsets";
    /// A simulated phone texts us.
    SIMULATOR_TEXTS simulator_texts() "/simulator/texts";
    /// We text a simulated phone.
    SIMULATOR_MESSAGES simulator_messages() "/simulator/messages";
    /// Delivers a waiting text now.
    SIMULATOR_DELIVERY simulator_delivery(id) "/simulator/messages/{id}/delivery";
    /// How the simulated carrier behaves.
    SIMULATOR_BEHAVIOR simulator_behavior() "/simulator/behaviour";

    /// The users.
    USERS users() "/users";
    /// A user.
    USER user(id) "/users/{id}";
    /// The role of a user.
    USER_ROLE user_role(id) "/users/{id}/role";
    /// The password of a user.
    USER_PASSWORD user_password(id) "/users/{id}/password";
    /// Takes a user's second factor away.
    USER_SECOND_FACTOR user_second_factor(id) "/users/{id}/second-factor";
    /// Ends a user's sessions.
    END_USER_SESSIONS end_user_sessions(id) "/users/{id}/sessions/end";
    /// Ends a user's access.
    DEACTIVATE_USER deactivate_user(id) "/users/{id}/deactivate";
    /// Gives it back.
    REACTIVATE_USER reactivate_user(id) "/users/{id}/reactivate";
    /// The API keys.
    API_KEYS api_keys() "/api-keys";
    /// Revokes an API key.
    REVOKE_API_KEY revoke_api_key(id) "/api-keys/{id}/revoke";
    /// The background jobs.
    JOBS jobs() "/jobs";
    /// A background job.
    JOB job(id) "/jobs/{id}";
    /// The same, when the page asks for itself again.
    JOB_LIVE job_live(id) "/jobs/{id}/live";
    /// Cancels a background job.
    CANCEL_JOB cancel_job(id) "/jobs/{id}/cancel";
    /// Has a background job go on.
    RETRY_JOB retry_job(id) "/jobs/{id}/retry";
    /// The file that a background job left behind.
    JOB_RESULT job_result(id) "/jobs/{id}/result";
    /// The log of the administration.
    LOG log() "/log";

    /// API: sends a message.
    API_MESSAGES api_messages() "/api/v1/messages";
    /// API: a message.
    API_MESSAGE api_message(id) "/api/v1/messages/{id}";
    /// API: numbers.
    API_NUMBERS api_numbers() "/api/v1/numbers";
    /// API: the consent of a number.
    API_CONSENT api_consent(number) "/api/v1/numbers/{number}/consent";
    /// API: the history of a number.
    API_EVENTS api_events(number) "/api/v1/numbers/{number}/events";
    /// API: an opt-out.
    API_OPT_OUTS api_opt_outs(number) "/api/v1/numbers/{number}/opt-outs";
    /// API: contacts.
    API_CONTACTS api_contacts() "/api/v1/contacts";
    /// API: the document that describes it.
    API_DOCUMENT api_document() "/api/v1/openapi.json";
}

/// Everything below it is the API's.
pub const API: &str = "/api/v1";

/// True for a part of a page that is asked for again and again.
pub fn is_live(address: &str) -> bool {
    matches!(
        parts(address).as_slice(),
        ["contacts" | "numbers" | "messages" | "jobs", _, "live"] | ["simulator", "live"]
    )
}

/// True for the page of a number and what lies below it.
pub fn is_of_number(address: &str) -> bool {
    matches!(parts(address).as_slice(), ["numbers", ..])
}

fn parts(address: &str) -> Vec<&str> {
    address.trim_start_matches('/').split('/').collect()
}

/// The page that an address which only takes forms belongs to: where a browser is led on a reload or after a sign-in.
pub fn page_of_form(address: &str) -> Option<String> {
    match parts(address).as_slice() {
        ["contacts", id, "consents" | "messages"] => Some(contact(id)),
        ["numbers", id, "consents" | "messages"] => Some(number(id)),
        ["messages", id, "stale"] => Some(message(id)),
        ["users", id, "role" | "password"] | ["users", id, "sessions", _] => Some(user(id)),
        ["jobs", id, "cancel" | "retry"] => Some(job(id)),
        ["settings", _] => Some(settings().to_owned()),
        ["account", "second-factor", _] => Some(second_factor().to_owned()),
        ["sign-in", "code"] => Some(sign_in().to_owned()),
        ["account", "time-zone"] | ["account", "sessions", _] => Some(account().to_owned()),
        ["rules", "rows"] | ["rules", "reminders", _] => Some(rules().to_owned()),
        ["simulator", "behaviour" | "handsets" | "texts"] | ["simulator", "messages", ..] => {
            Some(simulator().to_owned())
        }
        ["sending" | "sign-out" | "paused-requests"] | ["notices", _] => Some(dashboard().to_owned()),
        _ => None,
    }
}
