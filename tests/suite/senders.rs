//! Who a text is from: channels of one handset, other channels of its number, and senders that are no number.

use sms_opt_in::actions::ActionError;
use sms_opt_in::domain::id::InboundId;
use sms_opt_in::domain::notice::NoticeKind;
use sms_opt_in::store::inbound::{self, InboundRow};
use sms_opt_in::store::{Tx, notices, numbers};

use crate::hooks::{INBOUND, post, signature};
use crate::support::{World, world};

async fn texts(world: &World, sid: &str, from: &str, to: &str, body: &str) -> u16 {
    texts_with(world, &[("MessageSid", sid), ("From", from), ("To", to), ("Body", body)]).await
}

async fn texts_with(world: &World, fields: &[(&str, &str)]) -> u16 {
    let status = post(world, INBOUND, fields, &signature(INBOUND, fields)).await;
    world.deliver().await;
    status
}

const OURS: &str = "+12065550199";

#[actix_web::test]
async fn a_stop_from_any_channel_of_the_handset_counts() {
    let world = world().await;
    for (line, channel) in [(61, "sms:"), (62, "mms:"), (63, "rcs:"), (64, "RCS:")] {
        let lead = world.lead(line);
        lead.texts("START").await;
        let from = format!("{channel}{}", lead.phone.as_str());
        assert_eq!(texts(&world, &format!("SM{line}"), &from, OURS, "STOP").await, 200);
        assert_eq!(lead.state().await, "opted_out", "{channel}");
        assert_eq!(lead.received().len(), 2, "START and STOP are confirmed");
    }
    let dee = world.lead(65);
    let from = format!("rcs:{}", dee.phone.as_str());
    assert_eq!(texts(&world, "SM651", &from, &format!("sms:{OURS}"), "START").await, 200);
    assert_eq!(dee.state().await, "opted_in", "the same handset also opts in");
    world.is_intact().await;
}

#[actix_web::test]
async fn another_channel_of_the_number_only_revokes() {
    let world = world().await;
    let lead = world.lead(66);
    let from = format!("whatsapp:{}", lead.phone.as_str());
    assert_eq!(texts(&world, "SM1", &from, OURS, "START").await, 200);
    assert_eq!(lead.state().await, "not_asked");
    assert_eq!(lead.history().await.last().unwrap()["kind"], "recorded", "the START is kept");
    lead.texts("START").await;
    let received = lead.received().len();
    assert_eq!(texts(&world, "SM2", &from, OURS, "HELP").await, 200);
    assert_eq!(texts(&world, "SM3", &from, OURS, "STOP").await, 200);
    assert_eq!(lead.state().await, "opted_out");
    assert_eq!(texts(&world, "SM4", &from, OURS, "START").await, 200);
    assert_eq!(lead.state().await, "opted_out");
    assert_eq!(lead.received().len(), received, "nothing is answered by text");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_sender_that_is_no_number_is_kept_and_shown_to_staff() {
    let world = world().await;
    for (n, from) in ["rcs:brand_agent", "messenger:1234567890123456", "AMAZON", "22395"].iter().enumerate() {
        assert_eq!(texts(&world, &format!("SM{n}0"), from, OURS, "Please STOP").await, 200);
    }
    let mut sam = world.sam().await;
    let page = sam.open("/").await;
    page.says("Texts from unknown senders")
        .says("messenger:1234567890123456")
        .says("22395")
        .says("Please STOP");
    page.says("href=\"/revocations/new\">Record an opt-out");
    let (_, rest) = page.page.split_once("action=\"/notices/").unwrap();
    let id = rest.split('"').next().unwrap().to_owned();
    let done = sam.post("/", &format!("/notices/{id}"), &[]).await;
    let page = sam.follow(&done).await;
    page.says("Marked as done.").lacks("rcs:brand_agent").says("AMAZON");
    let mut aud = world.aud().await;
    aud.open("/").await.says("AMAZON").lacks("action=\"/notices/");
}

#[actix_web::test]
async fn staff_hear_of_a_start_that_only_the_carrier_reads() {
    let world = world().await;
    let lead = world.lead(67);
    lead.texts("START").await;
    lead.texts("STOP").await;
    let received = lead.received().len();
    let fields = [
        ("MessageSid", "SM1"),
        ("From", lead.phone.as_str()),
        ("To", OURS),
        ("Body", "RENEW"),
        ("OptOutType", "START"),
    ];
    assert_eq!(texts_with(&world, &fields).await, 200);
    assert_eq!(lead.state().await, "opted_out", "consent does not begin by it");
    assert_eq!(lead.received().len(), received);
    let history = lead.history().await;
    assert_eq!(history.last().unwrap()["kind"], "recorded");
    assert!(
        history.last().unwrap()["evidence"]["matched"].as_str().unwrap().contains("the carrier read START")
    );
    let mut sam = world.sam().await;
    sam.open("/").await.says("RENEW").says("The carrier took this as START");
    let page = format!("/troubleshoot?number={}", lead.phone.as_str().replace('+', "%2B"));
    sam.open(&page).await.says("The carrier took this as START");
    // START itself, and a lead who is in already, need nobody's look.
    let fields = [
        ("Body", "START"),
        ("From", lead.phone.as_str()),
        ("MessageSid", "SM2"),
        ("OptOutType", "START"),
        ("To", OURS),
    ];
    world.clock.advance(chrono::Duration::minutes(2));
    assert_eq!(texts_with(&world, &fields).await, 200);
    let fields = [
        ("Body", "RENEW"),
        ("From", lead.phone.as_str()),
        ("MessageSid", "SM3"),
        ("OptOutType", "START"),
        ("To", OURS),
    ];
    assert_eq!(texts_with(&world, &fields).await, 200);
    assert_eq!(lead.state().await, "opted_in");
    let page = sam.open("/").await.page;
    assert_eq!(page.matches("The carrier took this as START").count(), 1);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_start_with_a_question_mark_waits_for_a_person() {
    let world = world().await;
    let (out, new, is_in) = (world.lead(68), world.lead(69), world.lead(70));
    out.texts("START").await;
    out.texts("STOP").await;
    is_in.texts("START").await;
    for lead in [&out, &new, &is_in] {
        lead.texts("START?").await;
    }
    assert_eq!((out.state().await, new.state().await), ("opted_out".into(), "not_asked".into()));
    let mut sam = world.sam().await;
    let page = sam.open("/").await;
    page.says("Questions about opting in").says("START?").says("they text START without a question mark");
    let (_, rest) = page.page.split_once("Questions about opting in").unwrap();
    let (group, _) = rest.split_once("</ul>").unwrap();
    assert!(group.contains(out.phone.as_str()) && group.contains(new.phone.as_str()), "{group}");
    assert!(!group.contains(is_in.phone.as_str()), "a lead who is in is among the replies to read");
    page.says("Replies to read");
    let number = format!("/troubleshoot?number={}", out.phone.as_str().replace('+', "%2B"));
    let page = sam.open(&number).await;
    page.says("The contact asks a question").says("Texts and changes to review");
    page.lacks("Changes made by the carrier");
    world.is_intact().await;
}

/// The list is made from the enum: a kind that it forgets does not compile, and many of one kind hide no other.
#[actix_web::test]
async fn the_dashboard_shows_every_kind_of_notice_beside_many_of_one() {
    let world = world().await;
    for n in 0..12 {
        assert_eq!(texts(&world, &format!("SM{n}"), "AMAZON", OURS, "STOP").await, 200);
    }
    let ana = world.lead(71);
    ana.texts("hello").await;
    for kind in NoticeKind::ALL {
        let (kind, now, phone) = (*kind, world.clock.now(), ana.phone.clone());
        let raise = move |tx: &mut Tx<'_>| {
            let number = numbers::find(tx, &phone)?.unwrap().id;
            let old = inbound::of_number(tx, number, None, 1)?.remove(0);
            let id: InboundId = tx.new_id(now)?;
            let text = InboundRow { id, provider_id: kind.to_string(), body: format!("about {kind}"), ..old };
            inbound::insert(tx, &text)?;
            Ok::<_, ActionError>(notices::raise(tx, &text, kind, now)?)
        };
        world.jobs.store.write(raise).await.unwrap();
    }
    let mut ada = world.ada().await;
    let page = ada.open("/").await;
    page.says("More appear when these are done.");
    for kind in NoticeKind::ALL.iter().filter(|kind| **kind != NoticeKind::UnknownSender) {
        page.says(&format!("about {kind}"));
    }
    assert_eq!(page.page.matches("AMAZON").count(), 10, "the longest waiting of a kind");
}
