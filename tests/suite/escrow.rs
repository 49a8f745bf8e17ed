//! The escrow from the first message to a new lead on: one invitation, what waits and in which order, what runs out, what a
//! person decides once it is stale, and when somebody may be asked again.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use sms_opt_in::actions::expire::expire;
use sms_opt_in::actions::record_consent::NewConsentRecord;
use sms_opt_in::domain::language::Language;
use sms_opt_in::domain::program::default_wording;

use crate::support::{Lead, World, world};

const RAN_OUT: &str = "expired while waiting for START; the contact has opted in since";

/// Time goes by, and the loop that looks after what waits has its turn.
async fn days_later(world: &World, days: i64) {
    world.clock.advance(Duration::days(days));
    let now = world.clock.now();
    world.jobs.store.write(move |tx| expire(tx, now)).await.unwrap();
    world.deliver().await;
}

/// The address of the question about a message.
fn stale(message: &Value) -> String {
    format!("/messages/{}/stale", message["id"].as_str().unwrap())
}

fn times(lead: &Lead<'_>, body: &str) -> usize {
    lead.received().iter().filter(|text| *text == body).count()
}

#[actix_web::test]
async fn what_ran_out_is_decided_on_by_a_person_once_the_lead_opted_in() {
    let world = world().await;
    let cy = world.lead(1);
    let page = cy.contact("Cy Cole").await;
    let (_, quote) = cy.is_sent("Your quote is ready").await;
    let (_, rate) = cy.is_sent("Your rate ends on Friday").await;
    days_later(&world, 9).await;
    assert_eq!(
        (world.status(&quote["id"]).await, world.status(&rate["id"]).await),
        ("expired".into(), "expired".into())
    );
    let mut sam = world.sam().await;
    sam.open("/").await.lacks(RAN_OUT);
    cy.texts("START").await;
    assert_eq!(cy.state().await, "opted_in");
    assert_eq!(cy.received().len(), 2, "the invitation and the confirmation: {:?}", cy.received());
    for at in ["/", &page] {
        sam.open(at)
            .await
            .says(&format!("2 messages {RAN_OUT}"))
            .says("Your quote is ready")
            .says("Send now");
    }
    let left = sam.post(&page, &stale(&rate), &[("decision", "leave"), ("back", &page)]).await;
    sam.follow(&left).await.says("the message stays expired").says(&format!("1 message {RAN_OUT}"));
    let sent = sam.post("/", &stale(&quote), &[("decision", "send"), ("back", "/")]).await;
    sam.follow(&sent).await.says("Sent again").lacks(RAN_OUT);
    world.deliver().await;
    assert_eq!((times(&cy, "Your quote is ready"), times(&cy, "Your rate ends on Friday")), (1, 0));
    assert_eq!(world.status(&quote["id"]).await, "expired", "the old one stays as it was");
    let old = format!("/messages/{}", quote["id"].as_str().unwrap());
    let told = sam.open(&old).await;
    told.says("Sent again by Sam Sato").says("A person sent it again as message");
    let (_, new) = told.page.split_once("class=\"mono\" href=\"/messages/").unwrap();
    let new = new.split_once('"').unwrap().0;
    sam.open(&format!("/messages/{new}")).await.says("In place of").says(&old);
    let api = async |id: &str| world.call(Method::GET, &format!("/api/v1/messages/{id}"), None).await.1;
    assert_eq!(api(new).await["in_place_of"], quote["id"]);
    assert_eq!(api(quote["id"].as_str().unwrap()).await["sent_anew_as"], *new);
    let again = sam.post("/contacts/new", &stale(&quote), &[("decision", "send")]).await;
    sam.follow(&again).await.says("Another person has already decided about this message");
    world.deliver().await;
    assert_eq!(times(&cy, "Your quote is ready"), 1);
    world.is_intact().await;
}

#[actix_web::test]
async fn two_people_who_press_send_at_once_send_one() {
    let world = world().await;
    let cy = world.lead(2);
    let page = cy.contact("Cy Cole").await;
    let (_, quote) = cy.is_sent("Your quote is ready").await;
    days_later(&world, 8).await;
    cy.texts("START").await;
    let (mut sam, mut ada) = (world.sam().await, world.ada().await);
    let (of_sam, of_ada) = (sam.token(&page).await, ada.token(&page).await);
    let (at, send) = (stale(&quote), [("decision", "send")]);
    let (one, other) = tokio::join!(sam.post_with(&of_sam, &at, &send), ada.post_with(&of_ada, &at, &send));
    assert_eq!((one.status, other.status), (303, 303));
    let told = [sam.follow(&one).await.page, ada.follow(&other).await.page];
    let late = told
        .iter()
        .filter(|page| page.contains("Another person has already decided about this message"))
        .count();
    assert_eq!(late, 1, "one of them was faster");
    world.deliver().await;
    assert_eq!(times(&cy, "Your quote is ready"), 1);
    world.is_intact().await;
}

#[actix_web::test]
async fn after_a_stop_nothing_stale_goes_out_and_no_later_start_revives_it() {
    let world = world().await;
    let cy = world.lead(3);
    let page = cy.contact("Cy Cole").await;
    let (_, quote) = cy.is_sent("Your quote is ready").await;
    days_later(&world, 8).await;
    cy.texts("START").await;
    let mut sam = world.sam().await;
    let token = sam.token(&page).await;
    cy.texts("STOP").await;
    let send = [("decision", "send")];
    let refused = sam.post_with(&token, &stale(&quote), &send).await;
    sam.follow(&refused).await.says("The attempt was logged").says("Opted out");
    sam.open("/").await.lacks(RAN_OUT);
    world.clock.advance(Duration::seconds(5));
    cy.texts("START").await;
    sam.open("/").await.lacks(RAN_OUT);
    let late = sam.post_with(&token, &stale(&quote), &send).await;
    sam.follow(&late).await.says("a later START does not revive it");
    world.deliver().await;
    assert_eq!(times(&cy, "Your quote is ready"), 0);
    // What ran out before a STOP is not asked about after it either.
    let dee = world.lead(4);
    dee.contact("Dee Dorn").await;
    dee.is_sent("From before the stop").await;
    days_later(&world, 8).await;
    dee.texts("STOP").await;
    world.clock.advance(Duration::seconds(5));
    dee.texts("START").await;
    assert_eq!(dee.state().await, "opted_in");
    world.ada().await.open("/").await.lacks(RAN_OUT);
    world.is_intact().await;
}

#[actix_web::test]
async fn what_ran_out_long_ago_is_not_asked_about() {
    let world = world().await;
    let cy = world.lead(5);
    cy.contact("Cy Cole").await;
    cy.is_sent("An old quote").await;
    days_later(&world, 60).await;
    cy.is_sent("A newer quote").await;
    days_later(&world, 38).await;
    cy.texts("START").await;
    world
        .sam()
        .await
        .open("/")
        .await
        .says(&format!("1 message {RAN_OUT}"))
        .says("A newer quote")
        .lacks("An old quote");
    world.is_intact().await;
}

/// Ada switches the question on in the default program.
async fn ask_for_a_basis(world: &World) {
    let mut ada = world.ada().await;
    let wording = default_wording(Language::English);
    let fields = [
        ("name", "Account updates"),
        ("brand", "Example Company"),
        ("opt_in_template", wording.opt_in_template.as_str()),
        ("opt_in_reply", &wording.opt_in_reply),
        ("opt_out_reply", &wording.opt_out_reply),
        ("help_reply", &wording.help_reply),
        ("frequency", "up to 4 msgs/month"),
        ("contact_route", "write to help@example.com"),
        ("hold_days", "7"),
        ("requires_basis", "yes"),
    ];
    let saved = ada.post("/programs/default", "/programs/default", &fields).await;
    ada.follow(&saved).await.says("Asks how you got the number");
    ada.open("/log").await.says("Ask how you got a number");
}

async fn is_sent_on(lead: &Lead<'_>, world: &World, basis: Value) -> (u16, Value) {
    let message = json!({"to": lead.phone.as_str(), "body": "hello", "category": "alert", "basis": basis});
    let answer = world.call(Method::POST, "/api/v1/messages", Some(message)).await;
    world.deliver().await;
    answer
}

#[actix_web::test]
async fn a_program_may_ask_how_we_got_the_number_before_it_invites() {
    let world = world().await;
    ask_for_a_basis(&world).await;
    let cy = world.lead(6);
    let page = cy.contact("Cy Cole").await;
    let (status, refused) = cy.is_sent("hello").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("basis_required")));
    assert_eq!(world.status(&refused["id"]).await, "blocked", "the attempt is stored");
    let vague = json!({"kind": "inquiry", "words": "test"});
    let (status, invalid) = is_sent_on(&cy, &world, vague).await;
    assert_eq!((status, invalid["errors"][0]["field"].as_str()), (422, Some("basis.words")));
    assert_eq!((cy.state().await.as_str(), cy.received().len()), ("not_asked", 0));
    let basis = json!({"kind": "inquiry", "words": "Asked for a quote by phone"});
    assert_eq!(is_sent_on(&cy, &world, basis.clone()).await.0, 202);
    assert_eq!(cy.received().len(), 1);
    assert_eq!(cy.history().await[0]["evidence"]["basis"], basis);
    // Who was invited already is not asked about again.
    assert_eq!(cy.is_sent("and more").await.0, 202);
    let mut sam = world.sam().await;
    sam.open(&page).await.says("Asked for a quote by phone").lacks("How did we get this number?");
    // On the page, the question stands where a text would invite, and an answer that is missing costs no words.
    let page = world.lead(7).contact("Dee Dorn").await;
    let send = format!("{page}/messages");
    sam.open(&page).await.says("How did we get this number?");
    let missing = sam.post(&page, &send, &[("body", "Your rate is ready")]).await;
    assert_eq!(missing.status, 422);
    missing.says("Choose how you got this number").says("Your rate is ready</textarea>");
    let vague = [("body", "Your rate is ready"), ("basis.kind", "inquiry"), ("basis.words", "test")];
    sam.post(&page, &send, &vague).await.says("Say in words how you got the number");
    sam.open(&page).await.lacks("Your rate is ready");
    sam.open("/messages?status=blocked").await.lacks("Your rate is ready");
    let words = ("basis.words", "Signed up at the fair in May");
    let sent = [("body", "Your rate is ready"), ("basis.kind", "event_sign_up"), words];
    let sent = sam.post(&page, &send, &sent).await;
    sam.follow(&sent).await.says("Held").says("Event sign-up");
    world.is_intact().await;
}

#[actix_web::test]
async fn the_simulated_phones_ask_for_the_basis_as_well() {
    let world = world().await;
    let (mut sam, dee) = (world.sam().await, world.lead(8));
    sam.open("/simulator").await.lacks("How did we get this number?");
    ask_for_a_basis(&world).await;
    sam.open("/simulator").await.says("How did we get this number?");
    let wish = [("phone", dee.phone.as_str()), ("body", "Your rate is ready")];
    let missing = sam.post("/simulator", "/simulator/messages", &wish).await;
    assert_eq!(missing.status, 422);
    missing.says("Choose how you got this number").says("Your rate is ready</textarea>");
    sam.open("/messages").await.lacks("Your rate is ready");
    let basis = [("basis.kind", "event_sign_up"), ("basis.words", "Signed up at the fair in May")];
    let sent = sam.post("/simulator", "/simulator/messages", &[wish, basis].concat()).await;
    sam.follow(&sent).await.says("Held. We send an opt-in request first");
    world.deliver().await;
    assert_eq!(dee.history().await[0]["evidence"]["basis"]["kind"], "event_sign_up");
}

#[actix_web::test]
async fn a_hosted_form_is_its_own_basis() {
    let world = world().await;
    ask_for_a_basis(&world).await;
    let eva = world.lead(8);
    let fields = [("phone", eva.phone.as_str()), ("consent", "yes")];
    let answer = world.client.post(format!("{}/f/opt-in", world.url)).form(&fields).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    world.deliver().await;
    assert_eq!((eva.state().await.as_str(), eva.received().len()), ("invited", 1));
    assert_eq!(eva.is_sent("hello").await.0, 202, "who is invited is not asked about");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_person_may_invite_once_more_after_thirty_days_and_nobody_else() {
    let world = world().await;
    let cy = world.lead(9);
    let page = cy.contact("Cy Cole").await;
    let again = format!("{page}/reinvitation");
    cy.is_sent("hello").await;
    days_later(&world, 29).await;
    let mut sam = world.sam().await;
    sam.open(&page)
        .await
        .says("You can send one reminder after")
        .says("Dec 3, 2026")
        .lacks("Send opt-in reminder");
    let early = sam.open(&again).await;
    assert_eq!(early.location, page, "the way back is to the contact");
    sam.follow(&early).await.says("resent automatically").says("Dec 3, 2026");
    let early = sam.post(&page, &again, &[]).await;
    sam.follow(&early).await.says("resent automatically");
    assert_eq!(cy.received().len(), 1);
    days_later(&world, 2).await;
    // A new message waits as before, and asks nobody by itself.
    let (_, held) = cy.is_sent("Are you still looking?").await;
    assert_eq!((cy.received().len(), world.status(&held["id"]).await), (1, "held".to_owned()));
    let mut aud = world.aud().await;
    assert_eq!(aud.open(&again).await.status, 403);
    aud.open(&page).await.lacks("Send opt-in reminder");
    let mut ada = world.ada().await;
    ada.open(&page).await.says("Send opt-in reminder");
    ada.open(&again).await.says("Held messages: 1").says("keep their time").says("Dec 11, 2026");
    let (one, two) = (ada.token(&page).await, ada.token(&page).await);
    let asked = ada.post_with(&one, &again, &[]).await;
    ada.follow(&asked).await.says("Opt-in reminder scheduled").says("Ada Abbott ·").lacks("reinvitation");
    let twice = ada.post_with(&two, &again, &[]).await;
    ada.follow(&twice).await.says("Wait until it is sent");
    world.deliver().await;
    ada.open(&page).await.says("Opt-in reminder sent");
    assert_eq!(cy.received().len(), 2, "the template once more: {:?}", cy.received());
    let mut history = cy.history().await;
    let (sent, asked) = (history.pop().unwrap(), history.pop().unwrap());
    assert_eq!(
        (asked["kind"].as_str(), asked["source"].as_str()),
        (Some("request_scheduled"), Some("manual"))
    );
    assert_eq!(asked["actor"], "user:ada@example.com");
    assert_eq!((sent["kind"].as_str(), sent["source"].as_str()), (Some("invited"), Some("provider")));
    cy.texts("yes").await;
    assert_eq!(times(&cy, "Are you still looking?"), 1);
    assert_eq!(times(&cy, "hello"), 0, "it ran out, and a person is asked");
    ada.open("/").await.says(&format!("1 message {RAN_OUT}"));
    world.is_intact().await;
}

#[actix_web::test]
async fn nobody_is_invited_again_who_said_no_or_must_not_be_texted() {
    let world = world().await;
    let ben = world.lead(10);
    let page_of_ben = ben.contact("Ben Bell").await;
    let dee = world.lead(11);
    let page_of_dee = dee.contact("Dee Dorn").await;
    let page_of_eva = world.lead(12).contact("Eva Eng").await;
    ben.is_sent("hello").await;
    dee.is_sent("hello").await;
    ben.texts("STOP").await;
    dee.texts("not interested right now").await;
    days_later(&world, 31).await;
    let mut ada = world.ada().await;
    for (page, why) in [
        (page_of_ben, "opted out"),
        (page_of_dee, "An unclear reply from this number awaits a decision"),
        (page_of_eva, "No opt-in request has been sent to this number"),
    ] {
        ada.open(&page).await.lacks("Send opt-in reminder");
        let refused = ada.post(&page, &format!("{page}/reinvitation"), &[]).await;
        ada.follow(&refused).await.says(why);
    }
    // Flagged while the invitation is out: whatever else is true, nobody may be asked.
    let hal = world.lead(15);
    let page = hal.contact("Hal Hart").await;
    hal.is_sent("hello").await;
    days_later(&world, 31).await;
    let flag = NewConsentRecord::SetDoNotText("the lawyer wrote to us about it".to_owned());
    hal.is_recorded(flag, world.clock.now()).await.unwrap();
    let mut sam = world.sam().await;
    let refused = sam.post(&page, &format!("{page}/reinvitation"), &[]).await;
    sam.follow(&refused).await.says("This number is on the Do Not Text list").lacks("Send opt-in reminder");
    world.deliver().await;
    assert_eq!(hal.received().len(), 1);
    assert_eq!((ben.received().len(), dee.received().len()), (2, 1), "Ben has one confirmation besides");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_repeated_invitation_that_fails_does_not_count_as_never_asked() {
    let world = world().await;
    let cy = world.lead(13);
    let page = cy.contact("Cy Cole").await;
    cy.is_sent("hello").await;
    days_later(&world, 31).await;
    world.carrier_fails(Some("30008"));
    let mut sam = world.sam().await;
    let asked = sam.post(&page, &format!("{page}/reinvitation"), &[]).await;
    assert_eq!(asked.status, 303);
    world.deliver().await;
    world.carrier_fails(None);
    assert_eq!(cy.state().await, "invited");
    sam.open(&page).await.says("Repeated opt-in request could not be delivered");
    let before = cy.received().len();
    let (_, held) = cy.is_sent("hello again").await;
    assert_eq!((cy.received().len(), world.status(&held["id"]).await), (before, "held".to_owned()));
    world.is_intact().await;
}

/// Two weeks and more of one lead and one brand, from the first text to the last word.
#[actix_web::test]
async fn a_fortnight_and_more() {
    let world = world().await;
    let cy = world.lead(14);
    let page = cy.contact("Cy Cole").await;
    // Day 0: three messages, one invitation.
    let mut sent = Vec::new();
    for text in ["one", "two", "three"] {
        sent.push(cy.is_sent(text).await.1);
    }
    assert_eq!((cy.received().len(), cy.state().await.as_str()), (1, "invited"));
    // Day 5: one more, which has a time of its own. Day 7: the first three run out.
    days_later(&world, 5).await;
    let (_, four) = cy.is_sent("four").await;
    days_later(&world, 2).await;
    for message in &sent {
        assert_eq!(world.status(&message["id"]).await, "expired");
    }
    assert_eq!(world.status(&four["id"]).await, "held");
    // Day 9: START. What still waits goes out; of the rest nothing by itself.
    days_later(&world, 2).await;
    cy.texts(" Start! ").await;
    assert_eq!(cy.received().len(), 3, "invitation, confirmation, four: {:?}", cy.received());
    assert_eq!(cy.received().last().map(String::as_str), Some("four"));
    // A person sends the second, leaves the first, and does not get to the third.
    let mut sam = world.sam().await;
    sam.open("/").await.says(&format!("3 messages {RAN_OUT}"));
    sam.post(&page, &stale(&sent[1]), &[("decision", "send")]).await;
    sam.post(&page, &stale(&sent[0]), &[("decision", "leave")]).await;
    world.deliver().await;
    assert_eq!(cy.received().len(), 4);
    assert_eq!(cy.received().last().map(String::as_str), Some("two"));
    sam.open(&page).await.says(&format!("1 message {RAN_OUT}"));
    // Day 12: STOP ends it all. Day 14: START again, and the third is from before the STOP.
    days_later(&world, 3).await;
    cy.texts("STOP").await;
    assert_eq!(cy.received().len(), 5, "one confirmation");
    assert_eq!(cy.is_sent("five").await.0, 422);
    days_later(&world, 2).await;
    cy.texts("UNSTOP").await;
    assert_eq!((cy.state().await.as_str(), cy.received().len()), ("opted_in", 6));
    world.ada().await.open("/").await.lacks(RAN_OUT);
    assert_eq!(cy.is_sent("six").await.0, 202);
    let content: Vec<String> = cy.received().into_iter().filter(|text| text.len() < 6).collect();
    assert_eq!(content, ["four", "two", "six"]);
    world.is_intact().await;
}
