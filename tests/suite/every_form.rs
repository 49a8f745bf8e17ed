//! Every form of the pages, sent empty or wrong: all that is wrong comes in one answer, at its field and in the summary that
//! leads there, and what was typed is kept.

use crate::support::person::Answer;
use crate::support::world;

/// A form: the page it stands on, where it is sent, wrong answers, the fields that are wrong, and what is kept.
type WrongForm<'a> = (String, String, &'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);

const WRONG_CONTACT: &[(&str, &str)] = &[
    ("name", "Kept Name"),
    ("phone", "12"),
    ("email", "kept@"),
    ("zip", "kept zip"),
    ("time_zone", "Kept/Zone"),
];
const CONTACT_FIELDS: &[&str] = &["phone", "email", "zip", "time_zone"];
const KEPT_CONTACT: &[&str] = &["Kept Name", "\"12\"", "kept@", "kept zip", "Kept/Zone"];

/// What the answer lacks of what a person needs to put it right.
fn lacking(answer: &Answer, fields: &[&str], kept: &[&str]) -> Vec<String> {
    let mut lacking = Vec::new();
    if answer.status != 422 {
        lacking.push(format!("status {}", answer.status));
    }
    let mut needs = vec!["<title>Error: ".to_owned(), "class=\"error-summary\"".to_owned()];
    for field in fields {
        needs.push(format!("<a href=\"#{field}\">"));
        needs.push(format!("id=\"{field}\""));
        needs.push(format!("id=\"{field}-error\""));
    }
    needs.extend(kept.iter().map(|words| (*words).to_owned()));
    lacking.extend(needs.into_iter().filter(|need| !answer.page.contains(need.as_str())));
    lacking
}

#[actix_web::test]
async fn every_form_says_all_that_is_wrong_at_once_and_keeps_what_was_typed() {
    let world = world().await;
    let (mut ada, ben) = (world.ada().await, world.lead(1));
    world.sam().await;
    let fields = [("phone", "206 555 0101"), ("name", "Ben Brandt")];
    let contact = ada.post("/contacts/new", "/contacts", &fields).await.location;
    ben.texts("START").await;
    ben.texts("way too many messages").await;
    let users = ada.open("/users").await.page;
    let sam = users.split("href=\"/users/").find(|rest| rest.contains("Sam Sato</a>")).unwrap();
    let sam = format!("/users/{}", sam.split('"').next().unwrap());
    let own = |path: &str| path.to_owned();
    let forms: Vec<WrongForm<'_>> = vec![
        (own("/contacts/new"), own("/contacts"), WRONG_CONTACT, CONTACT_FIELDS, KEPT_CONTACT),
        (format!("{contact}/edit"), contact.clone(), WRONG_CONTACT, CONTACT_FIELDS, KEPT_CONTACT),
        (
            contact.clone(),
            format!("{contact}/messages"),
            &[("body", ""), ("basis.kind", "none of these"), ("basis.words", "kept words")],
            &["body"],
            &[],
        ),
        (
            own("/revocations/new"),
            own("/revocations"),
            &[("phone", "12"), ("channel", ""), ("received_on", "kept day"), ("reason", "")],
            &["phone", "channel", "received_on", "reason"],
            &["\"12\"", "kept day"],
        ),
        (
            own("/users"),
            own("/users"),
            &[("name", " "), ("email", "kept@"), ("password", "short"), ("role", "")],
            &["name", "email", "password", "role"],
            &["kept@"],
        ),
        (sam.clone(), format!("{sam}/role"), &[("role", "")], &["role"], &[]),
        (sam.clone(), format!("{sam}/password"), &[("password", "short")], &["password"], &[]),
        (
            own("/account"),
            own("/account"),
            &[("current", "x"), ("password", "short")],
            &["current", "password"],
            &[],
        ),
        (own("/api-keys"), own("/api-keys"), &[("name", " ")], &["name", "scopes"], &[]),
        (
            own("/programs/new"),
            own("/programs"),
            &[("name", ""), ("brand", ""), ("slug", "Kept Slug"), ("contact_route", ""), ("sender", "12")],
            &["name", "brand", "slug", "contact_route", "sender"],
            &["Kept Slug", "\"12\""],
        ),
        (
            own("/programs/default"),
            own("/programs/default"),
            &[
                ("name", ""),
                ("brand", ""),
                ("opt_in_template", "kept template"),
                ("hold_days", "kept days"),
                ("privacy_url", "kept url"),
            ],
            &[
                "name",
                "brand",
                "opt_in_template",
                "opt_in_reply",
                "help_reply",
                "frequency",
                "hold_days",
                "privacy_url",
            ],
            &["kept template", "kept days", "kept url"],
        ),
        (
            own("/programs/default"),
            own("/programs/default/sending"),
            &[("sender", "12"), ("kind", ""), ("hours", "kept hours"), ("code", "kept code!")],
            &["sender", "hours", "code"],
            &["\"12\"", "kept hours", "kept code!"],
        ),
        (
            own("/forms/opt-in"),
            own("/forms/opt-in"),
            &[("title", ""), ("wording", "kept wording"), ("opt_in", "")],
            &["title", "wording", "opt_in"],
            &["kept wording"],
        ),
        (
            own("/rules/rows/new?kind=hours"),
            own("/rules/rows"),
            &[("kind", "hours"), ("opens", "kept time"), ("reason", "no"), ("step", "preview")],
            &["place", "day", "opens", "from", "source", "certainty", "reason"],
            &["kept time", "\nno</textarea>"],
        ),
        (
            own("/simulator"),
            own("/simulator/messages"),
            &[("phone", "12"), ("body", " ")],
            &["phone", "body"],
            &["\"12\""],
        ),
        (own("/simulator"), own("/simulator/handsets"), &[("phone", "12")], &["handset"], &["\"12\""]),
        (
            own("/simulator"),
            own("/simulator/behaviour"),
            &[("fail_with", "none of these"), ("delay_ms", "kept delay")],
            &["fail_with", "delay_ms"],
            &["kept delay"],
        ),
    ];
    let mut wrong = Vec::new();
    let mut judge = |form: String, answer: Answer, fields: &[&str], kept: &[&str]| {
        let lacking = lacking(&answer, fields, kept);
        if !lacking.is_empty() {
            wrong.push(format!("{form}: {lacking:?}"));
        }
    };
    for (page, action, answers, fields, kept) in forms {
        judge(action.clone(), ada.post(&page, &action, answers).await, fields, kept);
    }
    let by_hand = format!("{contact}/consents");
    for (update, fields) in [
        ("opt_in", &["document", "given_on", "reason", "seen"][..]),
        ("opt_out", &["channel", "received_on"][..]),
    ] {
        let page = format!("{contact}/consents/new?update={update}");
        let answers =
            [("update", update), ("reason", "kept"), ("received_on", "never"), ("given_on", "never")];
        let answer = ada.upload(&page, &by_hand, &answers, None).await;
        judge(format!("{by_hand} {update}"), answer, fields, &["never", "\nkept</textarea>"]);
    }
    let public = ada.post_with("", "/f/opt-in", &[("name", "Kept Name"), ("phone", "12")]).await;
    judge("/f/opt-in".to_owned(), public, &["phone", "consent"], &["Kept Name", "\"12\""]);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
