//! The pages about contacts, consent and messages, over real HTTP, as each role sees them.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::person::{Answer, Person};
use crate::support::{World, world};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n";
/// The day before the world began.
const YESTERDAY: &str = "2026-11-02";

/// Adds a contact; returns the address of its page.
pub async fn contact(person: &mut Person, phone: &str, name: &str) -> String {
    let answer = person.post("/contacts/new", "/contacts", &[("phone", phone), ("name", name)]).await;
    assert_eq!(answer.status, 303, "{}", answer.page);
    answer.location
}

/// A manual opt-in with good answers, except for those in `changes`.
pub async fn opt_in(
    person: &mut Person,
    contact: &str,
    changes: &[(&str, &str)],
    file: Option<(&str, &[u8])>,
) -> Answer {
    let good = [
        ("update", "opt_in"),
        ("document", "signed_form"),
        ("given_on", YESTERDAY),
        ("reason", "Contract 2291, page 3"),
        ("seen", "yes"),
    ];
    let fields: Vec<(&str, &str)> = good
        .iter()
        .map(|(name, value)| {
            let changed = changes.iter().find(|(changed, _)| changed == name);
            (*name, changed.map_or(*value, |(_, value)| *value))
        })
        .collect();
    let page = format!("{contact}/consents/new");
    person.upload(&page, &format!("{contact}/consents"), &fields, file).await
}

/// A form that comes back with its error in the title, in the summary and beside the field.
fn assert_refused(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 422, "{why}\n{}", answer.page);
    answer.says("Error: ").says("error-summary").says(why);
}

#[actix_web::test]
async fn the_verdict_says_every_check_with_its_facts() {
    let world = world().await;
    let (mut ada, ana) = (world.ada().await, world.lead(10));
    let page = contact(&mut ada, "206 555 0110", "Ana Abbott").await;
    ada.open(&page).await.says("been invited to");
    ana.texts("START").await;
    let yes = ada.open(&page).await;
    yes.says("Yes. Opted in on Nov 3, 2026 by text from the handset.");
    yes.says("verdict yes")
        .says("It is 10:00 AM in Los Angeles; Washington allows 8:00 AM to 8:00 PM.")
        .says("by area code 206: Washington")
        .lacks("Not checked</span>");
    let consent = ana.consent().await;
    assert_eq!(consent["can_text_now"], json!(true));
    assert_eq!(consent["checks"][6]["outcome"], "pass");
    assert_eq!(consent["next_allowed_at"], json!(null));
    ana.texts("STOP").await;
    let no = ada.open(&page).await;
    no.says("No. Opted out on Nov 3, 2026 by STOP.")
        .says("they must text START to (206) 555-0199 (+12065550199)");
    let refused = ada.post(&page, &format!("{page}/messages"), &[("body", "One more thing")]).await;
    ada.follow(&refused).await.says("banner bad\" role=\"alert\"").says("Not sent. The attempt was logged");
    let messages = ada.open("/messages?status=blocked&code=opted_out").await;
    messages.says("No. Opted out on Nov 3, 2026 by STOP.").says("Ada Abbott").says("Code: opted_out");
    ada.open("/messages?status=blocked&code=paused").await.says("No matching messages");
    ada.open("/").await.says("/messages?status=blocked&#38;code=opted_out").says("This contact opted out.");
}

#[actix_web::test]
async fn a_message_keeps_the_tone_of_the_verdict_it_got() {
    let world = world().await;
    let (mut ada, ana) = (world.ada().await, world.lead(11));
    ana.texts("START").await;
    let (_, sent) = ana.is_sent("Your quote is ready.").await;
    let path = format!("/messages/{}", sent["id"].as_str().unwrap());
    ada.open(&path).await.says("verdict yes").says("API key tests");
}

#[actix_web::test]
async fn replies_that_no_rule_understands_wait_on_the_dashboard() {
    let world = world().await;
    let (mut ada, ana, ben) = (world.ada().await, world.lead(12), world.lead(13));
    ada.post("/", "/rules/reminders/fcc-26-67", &[("answer", "done")]).await;
    ada.open("/").await.says("Needs attention").says("You’re all caught up.");
    contact(&mut ada, "206 555 0112", "Ana Abbott").await;
    ana.texts("START").await;
    ana.texts("please <b>lose</b> my number").await;
    ben.texts("START").await;
    ben.texts("STOP").await;
    ben.texts("who is this?").await;
    let page = ada.open("/").await;
    page.says("Replies to read").says("Ana Abbott").says("please &#60;b&#62;lose").says("record an opt-out");
    page.lacks("who is this?");
    world.clock.advance(chrono::Duration::days(8));
    world.ada_again(&mut ada).await;
    ada.open("/").await.lacks("Replies to read");
}

#[actix_web::test]
async fn a_manual_opt_in_is_refused_with_everything_that_is_wrong_at_once() {
    let world = world().await;
    let mut sam = world.sam().await;
    let page = contact(&mut sam, "206 555 0114", "Dee Dubois").await;
    let all = [("document", ""), ("given_on", ""), ("reason", "test test test"), ("seen", "")];
    let answer = opt_in(&mut sam, &page, &all, None).await;
    assert_refused(&answer, "Choose the kind of document.");
    answer
        .says("Enter the day on the document")
        .says("Confirm that you have seen")
        .says("at least two different words");
    answer.says("test test test");
    for (change, why) in [
        (("reason", "aaaaaaaaaaaa"), "Give a reference or reason in words"),
        (("given_on", "2026-11-04"), "cannot have been given in the future"),
        (("given_on", "1891-11-03"), "Check the year"),
        (("document", "test"), "Choose the kind of document."),
    ] {
        assert_refused(&opt_in(&mut sam, &page, &[change], None).await, why);
    }
    assert!(world.lead(14).history().await.is_empty(), "nothing was recorded");
}

#[actix_web::test]
async fn a_consent_older_than_the_opt_out_proves_nothing() {
    let world = world().await;
    let (mut sam, ben) = (world.sam().await, world.lead(15));
    let page = contact(&mut sam, "206 555 0115", "").await;
    ben.texts("START").await;
    let moved = [("update", "reassigned"), ("reason", "The new owner called us today")];
    let form = format!("{page}/consents/new");
    let answer = sam.upload(&form, &format!("{page}/consents"), &moved, None).await;
    sam.follow(&answer).await.says("Recorded: Consent ended.");
    let old = opt_in(&mut sam, &page, &[], None).await;
    assert_refused(&old, "older than this number&#39;s last opt-out or change of owner");
    ben.texts("STOP").await;
    let refused = opt_in(&mut sam, &page, &[], None).await;
    assert_refused(&refused, "ask the contact to text START to (206) 555-0199 (+12065550199)");
    sam.open(&format!("{page}/consents/new?update=opt_in"))
        .await
        .says("Opt in with proof: This number opted out");
    let again = sam.upload(&form, &format!("{page}/consents"), &moved, None).await;
    sam.follow(&again).await.says("Recorded: Owner changed, stays opted out.");
    assert_eq!(ben.state().await, "opted_out");
}

#[actix_web::test]
async fn files_are_known_by_their_content() {
    let world = world().await;
    let mut sam = world.sam().await;
    let page = contact(&mut sam, "206 555 0116", "Dee Dubois").await;
    let large = vec![b'a'; 10 * 1024 * 1024 + 1];
    let larger = vec![b'a'; 21 * 1024 * 1024];
    let exe: &[u8] = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00";
    for (name, content, why) in [
        ("consent.pdf", exe, "This kind of file cannot be kept."),
        (
            "consent.zip",
            b"PK\x03\x04\x14\x00\x00\x00\x08\x00".as_slice(),
            "This kind of file cannot be kept.",
        ),
        ("empty.pdf", b"".as_slice(), "The file is empty."),
        ("large.txt", &large, "larger than 10 MB"),
        ("larger.txt", &larger, "larger than 10 MB"),
    ] {
        let answer = opt_in(&mut sam, &page, &[], Some((name, content))).await;
        assert_refused(&answer, why);
        answer.says("Contract 2291, page 3");
    }
    let answer = opt_in(&mut sam, &page, &[], Some(("consent.exe", PDF))).await;
    sam.follow(&answer).await.says("Recorded: Opted in.").says("given Nov 2, 2026 · recorded Nov 3, 2026");
    let hash: String = Sha256::digest(PDF).iter().map(|byte| format!("{byte:02x}")).collect();
    let history = world.lead(16).history().await;
    assert_eq!(history[0]["evidence"]["file_sha256"], json!(hash));
    sam.open(&page).await.says(&format!("Signed form (PDF), {}…", &hash[..8])).says(&hash);
    let file = sam.open(&format!("/documents/{hash}")).await;
    assert_eq!((file.status, file.page.as_bytes()), (200, PDF));
    assert!(file.disposition.starts_with("attachment"), "{}", file.disposition);
    assert_eq!(file.cache, "no-store", "a document holds personal data");
    let twice = opt_in(&mut sam, &page, &[], None).await;
    sam.follow(&twice).await.says("Recorded: Document added.");
}

#[actix_web::test]
async fn support_is_told_what_only_an_administrator_may_do() {
    let world = world().await;
    let (mut ada, mut sam) = (world.ada().await, world.sam().await);
    let page = contact(&mut ada, "206 555 0117", "Dee Dubois").await;
    let (form, path) = (format!("{page}/consents/new"), format!("{page}/consents"));
    let set = [("update", "do_not_text"), ("reason", "Their lawyer wrote to us")];
    assert_eq!(sam.upload(&form, &path, &set, None).await.status, 403);
    sam.open(&format!("{form}?update=do_not_text"))
        .await
        .says("Add to Do Not Text: Only an administrator can do this.");
    assert_eq!(ada.upload(&form, &path, &set, None).await.status, 303);
    ada.open(&page).await.says("update=clear_do_not_text");
    sam.open(&page).await.lacks("update=clear_do_not_text").says("An administrator can remove Do Not Text");
    let asked = sam.open(&format!("{form}?update=clear_do_not_text")).await;
    asked.says("Remove Do Not Text: Only an administrator can do this.").lacks("name=\"reason\"");
}

#[actix_web::test]
async fn an_auditor_looks_and_posts_nothing() {
    let world = world().await;
    let (mut ada, mut aud, cy) = (world.ada().await, world.aud().await, world.lead(18));
    let page = contact(&mut ada, "206 555 0118", "Cy Castro").await;
    cy.is_sent("Your quote is ready.").await;
    aud.open(&page).await.says("Cy Castro").lacks("Write a message").lacks("name=\"body\"").lacks("/edit");
    let phones = aud.open("/simulator").await;
    phones
        .says("Cy Castro")
        .says("Refresh")
        .lacks("/texts")
        .lacks("/simulator/messages")
        .lacks("/simulator/handsets\"");
    let token = aud.token("/contacts").await;
    for (path, fields) in [
        ("/contacts".to_owned(), vec![("phone", "206 555 0119")]),
        (page.clone(), vec![("phone", "206 555 0119")]),
        (format!("{page}/messages"), vec![("body", "hello")]),
        ("/simulator/messages".to_owned(), vec![("phone", "206 555 0119"), ("body", "hello")]),
        ("/simulator/handsets".to_owned(), vec![("phone", "206 555 0119")]),
        ("/simulator/behaviour".to_owned(), vec![("fail_with", "30006")]),
        ("/sending".to_owned(), vec![("state", "off")]),
    ] {
        let answer = aud.post_with(&token, &path, &fields).await;
        assert_eq!(answer.status, 403, "{path}");
        answer.says("needs the role");
    }
    let none = aud.upload("/contacts", &format!("{page}/consents"), &[("update", "opt_out")], None).await;
    assert_eq!(none.status, 403);
    assert_eq!(world.lead(19).consent().await["state"], "not_asked");
    assert_eq!(cy.state().await, "invited");
    cy.texts("START").await;
    assert_eq!(cy.state().await, "opted_in", "the machine path needs nobody signed in");
}

#[actix_web::test]
async fn a_form_with_an_old_token_changes_nothing_and_shows_the_way_back() {
    let world = world().await;
    let mut sam = world.sam().await;
    let page = contact(&mut sam, "206 555 0120", "Dee Dubois").await;
    for path in [page.clone(), "/contacts".to_owned(), format!("{page}/messages")] {
        let fields = [("phone", "206 555 0121"), ("name", "Somebody Else"), ("body", "hello")];
        let answer = sam.post_with("an old token", &path, &fields).await;
        assert_eq!(answer.status, 403, "{path}");
        answer.says("This form is out of date").says("Nothing was changed").says("Back to the page");
    }
    sam.open(&page).await.says("Dee Dubois").says("No texts yet").lacks("Somebody Else");
}

#[actix_web::test]
async fn a_number_is_found_however_it_is_written() {
    let world = world().await;
    let mut sam = world.sam().await;
    let page = contact(&mut sam, "+1 206 555 0122", "Ana Abbott").await;
    let whole = [
        "(206) 555-0122",
        "206.555.0122",
        "2065550122",
        "+12065550122",
        "1-206-555-0122",
        "tel:+12065550122",
    ];
    let search = |q: &str| format!("/contacts?{}", serde_html_form::to_string([("q", q)]).unwrap());
    for q in whole {
        let answer = sam.open(&search(q)).await;
        assert_eq!((answer.status, &answer.location), (303, &page), "{q}");
    }
    for q in ["0122", "555-0122", "(206) 555", "abbott"] {
        sam.open(&search(q)).await.says("Ana Abbott").says("(206) 555-0122");
    }
    let shared = contact(&mut sam, "206-555-0122", "Ben Abbott").await;
    sam.open(&shared).await.says("This number is already on record: also used by Ana Abbott.");
    for q in whole {
        sam.open(&search(q)).await.says("Ana Abbott").says("Ben Abbott");
    }
    let abroad = contact(&mut sam, "+44 20 7946 0000", "").await;
    sam.open(&abroad).await.says("<h1>+44 20 7946 0000</h1>").lacks("020 7946");
    for q in ["020 7946 0000", "7946 0000"] {
        sam.open(&search(q)).await.says("+44 20 7946 0000").lacks("Ana Abbott");
    }
}

#[actix_web::test]
async fn a_new_contact_of_a_known_number_says_what_is_known() {
    let world = world().await;
    let (mut sam, ben) = (world.sam().await, world.lead(23));
    ben.texts("STOP").await;
    let page = contact(&mut sam, "206 555 0123", "Ben Brandt").await;
    sam.open(&page).await.says("This number is already on record: opted out on Nov 3, 2026 by STOP.");
    let other = contact(&mut sam, "206 555 0124", "Dee Dubois").await;
    sam.open(&other).await.says("The contact is added.").lacks("already on record");
    let edit = [("phone", "206 555 0123"), ("name", "Dee Dubois")];
    let saved = sam.post(&format!("{other}/edit"), &other, &edit).await;
    sam.follow(&saved).await.says("opted out on Nov 3, 2026 by STOP; also used by Ben Brandt");
}

#[actix_web::test]
async fn the_simulator_names_every_error_and_refuses_in_red() {
    let world = world().await;
    let (mut sam, ben) = (world.sam().await, world.lead(25));
    let answer = sam.post("/simulator", "/simulator/messages", &[("phone", "12"), ("body", " ")]).await;
    assert_refused(&answer, "This number does not exist.");
    answer.says("Write the text that is to be sent.");
    ben.texts("STOP").await;
    let fields = [("phone", "206 555 0125"), ("body", "hello")];
    let refused = sam.post("/simulator", "/simulator/messages", &fields).await;
    let page = sam.follow(&refused).await;
    page.says("banner bad\" role=\"alert\"")
        .says("Not sent to (206) 555-0125.")
        .says("data-live-from=\"/simulator/live\"")
        .says("/assets/js/live.");
    sam.open("/troubleshoot?number=12").await.says("error-summary");
}

impl World {
    /// Signs in again after a long time.
    async fn ada_again(&self, ada: &mut Person) {
        let fields = [("email", "ada@example.com"), ("password", crate::support::person::PASSWORD)];
        let answer = ada.post("/sign-in", "/sign-in", &fields).await;
        assert_eq!(answer.status, 303);
    }
}

#[actix_web::test]
async fn what_a_reply_would_mean_is_told_before_anybody_sends_it() {
    let world = world().await;
    let mut aud = world.aud().await;
    let read = async |text: &str, person: &mut crate::support::person::Person| {
        person.open(&format!("/reply-tester?text={}", text.replace(' ', "+"))).await
    };
    read("take me off your list", &mut aud)
        .await
        .says("Opt-out")
        .says("clear in other words")
        .says("take me off");
    read("START", &mut aud).await.says("Consent begins for the program");
    read("not interested", &mut aud).await.says("paused at once");
    read("yes?", &mut aud).await.says("No opt-in or opt-out: YES, as a question.");
    read("is it on this end", &mut aud)
        .await
        .says("No opt-in or opt-out: “this end” refers to something else.");
    read("<b>stopwatch</b>", &mut aud)
        .await
        .says("No change")
        .says("&#60;b&#62;stopwatch")
        .lacks("<b>stopwatch");
    let public = world.client.get(format!("{}/p/default", world.url)).send().await.unwrap();
    assert!(public.text().await.unwrap().contains("<a href=\"/replies\">how replies are read</a>"));
    for class in
        ["", "?class=unclear", "?class=opt_in", "?class=confirm", "?class=help", "?class=other", "?class=x"]
    {
        let answer = world.client.get(format!("{}/replies{class}", world.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let page = answer.text().await.unwrap();
        assert!(page.matches("<li>").count() >= 300, "{class}");
    }
}
