//! A lead is answered in the language it writes, and the confirmation lane keeps its rules in each of them.

use sms_opt_in::actions::ActionError;
use sms_opt_in::domain::auto_reply::AutoReplies;
use sms_opt_in::domain::language::Language;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::program::Program;
use sms_opt_in::store::{program_replies, programs};

use crate::hooks::{INBOUND, post, signature};
use crate::support::person::{Answer, Person};
use crate::support::{World, world};

const OURS: &str = "+12065550199";
const PROGRAM: &str = "/programs/default";

const STOPPED_IN_SPANISH: &str = "Example Company Account updates: Su baja fue registrada y no le enviaremos otros \
    mensajes. Responda START para suscribirse de nuevo.";
const STARTED_IN_SPANISH: &str = "Example Company: Gracias por suscribirse a Account updates (frecuencia de mensajes variable). \
    Pueden aplicarse tarifas por mensajes y datos. Responda HELP para recibir ayuda o STOP para cancelar.";
const STOPPED_IN_FRENCH: &str = "Example Company Account updates : votre désabonnement est enregistré et vous ne recevrez \
    plus de messages. Répondez START pour vous réabonner.";
const STOPPED_IN_ENGLISH: &str = "Example Company Account updates: You are opted out and will get no more texts. Reply \
    START to opt in again.";

#[actix_web::test]
async fn a_spanish_stop_is_confirmed_in_spanish_once() {
    let world = world().await;
    let ana = world.lead(60);
    ana.texts("START").await;
    ana.texts("Alto, por favor").await;
    assert_eq!(ana.state().await, "opted_out");
    assert_eq!(ana.received()[1..], [STOPPED_IN_SPANISH], "it goes out although the number is suppressed");
    ana.texts("ALTO").await;
    ana.texts("STOP").await;
    assert_eq!(ana.received().len(), 2, "one confirmation for one opt-out");
    ana.texts("Iniciar").await;
    ana.texts("Baja").await;
    assert_eq!(ana.received()[3..], [STOPPED_IN_SPANISH], "one more for another opt-out");
}

#[actix_web::test]
async fn a_spanish_start_is_confirmed_in_spanish_and_releases_what_waits() {
    let world = world().await;
    let cy = world.lead(61);
    let (_, held) = cy.is_sent("Your quote is ready.").await;
    cy.texts("Sí").await;
    assert_eq!(cy.received()[1..], [STARTED_IN_SPANISH, "Your quote is ready."]);
    assert_eq!(world.status(&held["id"]).await, "delivered");
    let dee = world.lead(62);
    dee.texts("Iniciar").await;
    assert_eq!(dee.received(), [STARTED_IN_SPANISH]);
}

#[actix_web::test]
async fn help_is_given_in_the_language_it_is_asked_in() {
    let world = world().await;
    let ana = world.lead(63);
    ana.texts("Ayuda").await;
    ana.texts("aide").await;
    ana.texts("necesito ayuda por favor").await;
    let received = ana.received();
    let spanish = "Para recibir ayuda, escriba a help@example.com. frecuencia de mensajes variable.";
    assert!(received[0].contains(spanish), "{received:?}");
    assert!(
        received[1].contains("pour obtenir de l'aide, écrivez à help@example.com. fréquence des"),
        "{received:?}"
    );
    assert_eq!(received[2], received[0]);
    ana.texts("need help").await;
    assert!(ana.received()[3].contains("For help, write to help@example.com"));
}

#[actix_web::test]
async fn a_french_lead_is_answered_in_french() {
    let world = world().await;
    let cy = world.lead(64);
    let (_, held) = cy.is_sent("Your quote is ready.").await;
    cy.texts("Commencer").await;
    let received = cy.received();
    assert!(
        received[1]
            .contains("votre inscription à Account updates est confirmée (fréquence des messages variable)")
    );
    assert_eq!((received.len(), received[2].as_str()), (3, "Your quote is ready."));
    assert_eq!(world.status(&held["id"]).await, "delivered");
    cy.texts("Arrêt").await;
    cy.texts("arrêtez de m'envoyer des messages").await;
    assert_eq!(cy.received()[3..], [STOPPED_IN_FRENCH]);
}

#[actix_web::test]
async fn a_plain_stop_is_confirmed_in_the_language_of_the_last_text_that_had_one() {
    let world = world().await;
    let (ana, ben, cy) = (world.lead(65), world.lead(66), world.lead(67));
    ana.texts("Iniciar").await;
    ana.texts("¿Cuándo llega mi cotización?").await;
    ana.texts("STOP").await;
    assert_eq!(ana.received()[1..], [STOPPED_IN_SPANISH]);
    ana.texts("START").await;
    ana.texts("please take me off your list").await;
    assert_eq!(ana.received()[2..], [STARTED_IN_SPANISH, STOPPED_IN_ENGLISH], "the last one counts");
    ben.texts("START").await;
    ben.texts("STOP").await;
    assert_eq!(ben.received()[1..], [STOPPED_IN_ENGLISH], "who wrote in no language reads English");
    cy.texts("aide").await;
    cy.texts("STOP").await;
    assert_eq!(cy.received()[1..], [STOPPED_IN_FRENCH]);
}

#[actix_web::test]
async fn no_confirmation_in_any_language_after_five_minutes() {
    let world = world().await;
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    for (line, word) in [(68, "ALTO"), (69, "Arrêt"), (70, "STOP")] {
        simulator.lead_texts(&world.lead(line).phone, OURS, word).await.unwrap();
    }
    world.clock.advance(chrono::Duration::seconds(301));
    world.deliver().await;
    for line in 68..=70 {
        let lead = world.lead(line);
        assert_eq!((lead.state().await.as_str(), lead.received().len()), ("opted_out", 0), "{line}");
    }
}

async fn twilio_answered(world: &World, sid: &str, from: &Phone, body: &str, kind: &str) {
    let fields =
        [("MessageSid", sid), ("From", from.as_str()), ("To", OURS), ("Body", body), ("OptOutType", kind)];
    assert_eq!(post(world, INBOUND, &fields, &signature(INBOUND, &fields)).await, 200);
    world.deliver().await;
}

#[actix_web::test]
async fn what_the_provider_answered_is_not_answered_again() {
    let world = world().await;
    let ana = world.lead(71);
    twilio_answered(&world, "SM1", &ana.phone, "Ayuda", "HELP").await;
    twilio_answered(&world, "SM2", &ana.phone, "Iniciar", "START").await;
    assert_eq!(ana.state().await, "opted_in");
    twilio_answered(&world, "SM3", &ana.phone, "ALTO", "STOP").await;
    assert_eq!(ana.state().await, "opted_out");
    assert!(ana.received().is_empty(), "{:?}", ana.received());
}

/// Ada writes the replies of the default program in a language.
async fn writes(ada: &mut Person, language: &str, [start, stop, help]: [&str; 3]) -> Answer {
    let names = ["opt_in_reply", "opt_out_reply", "help_reply"].map(|name| format!("{name}_{language}"));
    let fields: Vec<(&str, &str)> = names.iter().map(String::as_str).zip([start, stop, help]).collect();
    ada.post(PROGRAM, &format!("{PROGRAM}/replies/{language}"), &fields).await
}

const MINE: [&str; 3] = [
    "{brand}: Bienvenida a {program}. HELP para ayuda, STOP para salir.",
    "{brand}: Adiós.",
    "{brand}: {contact}. STOP para salir.",
];

#[actix_web::test]
async fn an_administrator_writes_the_replies_and_the_log_tells() {
    let world = world().await;
    let mut ada = world.ada().await;
    ada.open(PROGRAM).await.says("Replies in Spanish").says("Replies in French").says("(2 segments, GSM-7)");
    let saved = writes(&mut ada, "es", MINE).await;
    ada.follow(&saved).await.says("The replies in Spanish are saved").says("Example Company: Adiós.");
    ada.open("/log").await.says("Reply to STOP in Spanish").says("{brand}: Adiós.");
    ada.open("/p/default")
        .await
        .says("After STOP, in Spanish")
        .says("Example Company: Adiós.")
        .says("in French");
    let ana = world.lead(72);
    ana.texts("Alto").await;
    assert_eq!(ana.received(), ["Example Company: Adiós."]);
    let mut sam = world.sam().await;
    sam.open(PROGRAM).await.says("Example Company: Adiós.").lacks("Save replies");
    assert_eq!(ada.post(PROGRAM, "/programs/default/replies/en", &[]).await.status, 404);
    assert_eq!(ada.post(PROGRAM, "/programs/default/replies/xx", &[]).await.status, 404);
}

#[actix_web::test]
async fn where_a_language_is_left_empty_english_answers() {
    let world = world().await;
    let mut ada = world.ada().await;
    let saved = writes(&mut ada, "es", ["", " ", ""]).await;
    ada.follow(&saved).await.says("No replies in Spanish: English answers.");
    ada.open("/p/default").await.lacks("in Spanish").says("After STOP, in French");
    let ana = world.lead(73);
    ana.texts("ALTO").await;
    assert_eq!(ana.received(), [STOPPED_IN_ENGLISH]);
}

#[actix_web::test]
async fn a_half_filled_language_is_refused_and_what_was_typed_is_kept() {
    let world = world().await;
    let mut ada = world.ada().await;
    let refused = writes(&mut ada, "es", [MINE[0], "", MINE[2]]).await;
    assert_eq!(refused.status, 422);
    let words =
        "Reply to STOP in Spanish: Write this text too, or leave everything empty: then English answers.";
    refused.says("Error: ").says(&format!("<a href=\"#opt_out_reply_es\">{words}</a>"));
    refused.says("Bienvenida a {program}.").lacks("#opt_in_reply_es\"").lacks("#help_reply_es\"");
    ada.open(PROGRAM).await.says("Su baja fue registrada").lacks("Bienvenida");
}

#[actix_web::test]
async fn the_checks_are_those_of_english_and_name_the_field() {
    let world = world().await;
    let mut ada = world.ada().await;
    let long = format!("{{brand}} {}", "a".repeat(1600));
    for (texts, field, words) in [
        (
            ["{brand}: HELP", MINE[1], MINE[2]],
            "opt_in_reply_es",
            "Reply to START in Spanish: This text must contain STOP.",
        ),
        (
            [MINE[0], "Adiós.", MINE[2]],
            "opt_out_reply_es",
            "Reply to STOP in Spanish: This text must contain {brand}.",
        ),
        (
            [MINE[0], MINE[1], "{brand}: STOP"],
            "help_reply_es",
            "Reply to HELP in Spanish: This text must contain {contact}.",
        ),
        (
            [MINE[0], "{brand} {nombre}", MINE[2]],
            "opt_out_reply_es",
            "Reply to STOP in Spanish: Only {brand}, {program}",
        ),
        (
            [MINE[0], long.as_str(), MINE[2]],
            "opt_out_reply_es",
            "Reply to STOP in Spanish: The text is longer than 1,600 characters.",
        ),
    ] {
        let refused = writes(&mut ada, "es", texts).await;
        assert_eq!(refused.status, 422, "{field}");
        refused.says(&format!("<a href=\"#{field}\">{words}"));
    }
}

#[actix_web::test]
async fn a_language_says_the_frequency_and_the_contact_in_its_own_words_or_in_the_programs() {
    let world = world().await;
    let mut ada = world.ada().await;
    let replies = |frequency, contact| {
        [
            ("opt_in_reply_es", "{brand}: {frequency}. HELP o STOP."),
            ("opt_out_reply_es", "{brand}: Adiós."),
            ("help_reply_es", "{brand}: {contact}. STOP."),
            ("frequency_es", frequency),
            ("contact_route_es", contact),
        ]
    };
    let path = "/programs/default/replies/es";
    ada.open(PROGRAM).await.says("Empty: “write to help@example.com” is filled in.");
    let own = replies("hasta 4 mensajes al mes", "escriba a ayuda@example.com");
    let saved = ada.post(PROGRAM, path, &own).await;
    ada.follow(&saved).await.says("Example Company: escriba a ayuda@example.com. STOP.");
    ada.open("/log").await.says("Frequency in Spanish").says("hasta 4 mensajes al mes");
    let ana = world.lead(77);
    ana.texts("Iniciar").await;
    ana.texts("Ayuda").await;
    assert_eq!(
        ana.received(),
        [
            "Example Company: hasta 4 mensajes al mes. HELP o STOP.",
            "Example Company: escriba a ayuda@example.com. STOP."
        ]
    );
    for (frequency, contact, field, label) in [
        ("{frecuencia}", "", "frequency_es", "Frequency"),
        ("", "a\nb", "contact_route_es", "Support contact"),
    ] {
        let refused = ada.post(PROGRAM, path, &replies(frequency, contact)).await;
        assert_eq!(refused.status, 422);
        refused.says(&format!("<a href=\"#{field}\">{label} in Spanish: Enter one line of at most 200"));
        refused.lacks("#opt_in_reply_es\"").lacks("#help_reply_es\"");
    }
    let without = [("frequency_es", "hasta 4 mensajes al mes")];
    ada.post(PROGRAM, path, &without).await.says("or leave everything empty: then English answers.");
    assert_eq!(ada.post(PROGRAM, path, &replies("", " ")).await.status, 303);
    ana.texts("Ayuda").await;
    assert_eq!(ana.received()[2..], ["Example Company: write to help@example.com. STOP."]);
}

#[actix_web::test]
async fn each_program_answers_for_itself() {
    let world = world().await;
    let (store, now) = (&world.bound_app.store, world.clock.now());
    let rates = store.write(move |tx| {
        let id = tx.new_id(now)?;
        let rates = Program::new(id, "rates", "Rate alerts", "Acme", "call us", now);
        let others = programs::all_locked(tx)?;
        let rates = programs::insert(tx, &others, rates)?;
        programs::text_from(tx, &rates, "+12065550198", now)?;
        let replies =
            AutoReplies { opt_out_reply: "{brand} {program}: listo.".to_owned(), ..AutoReplies::default() };
        program_replies::set(tx, &rates, Language::Spanish, Some(&replies))?;
        program_replies::set(tx, &rates, Language::French, None)?;
        Ok::<_, ActionError>(())
    });
    rates.await.unwrap();
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    let (ana, ben) = (world.lead(74), world.lead(75));
    simulator.lead_texts(&ana.phone, "+12065550198", "ALTO").await.unwrap();
    simulator.lead_texts(&ben.phone, "+12065550198", "Arrêt").await.unwrap();
    world.deliver().await;
    assert_eq!(ana.received(), ["Acme Rate alerts: listo."]);
    assert_eq!(
        ben.received(),
        [STOPPED_IN_ENGLISH.replace("Example Company Account updates", "Acme Rate alerts")]
    );
    ana.texts("ALTO").await;
    assert_eq!(ana.received().len(), 1, "the STOP was for all programs: nothing is left to confirm");
}

#[actix_web::test]
async fn a_new_owner_of_the_number_starts_without_a_language() {
    let world = world().await;
    let ana = world.lead(76);
    ana.texts("Iniciar").await;
    let mut ada = world.ada().await;
    let path = format!("{}/consents", ana.contact("Ana").await);
    let fields = [("update", "reassigned"), ("reason", "The new owner called us today")];
    assert_eq!(ada.upload(PROGRAM, &path, &fields, None).await.status, 303);
    ana.texts("STOP").await;
    assert_eq!(ana.received()[1..], [STOPPED_IN_ENGLISH]);
}

#[actix_web::test]
async fn the_reply_tester_names_the_language() {
    let world = world().await;
    let mut sam = world.sam().await;
    sam.open("/reply-tester?text=alto%20por%20favor").await.says("Language: Spanish.");
    sam.open("/reply-tester?text=STOP").await.says("It matched “STOP”.").lacks("Language:");
}
