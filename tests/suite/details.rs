//! What people, spreadsheets and programs enter about a contact: what cannot be read is an error, never a guess.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, world};

async fn save(world: &World, contact: Value) -> (u16, Value) {
    world.call(Method::POST, "/api/v1/contacts", Some(contact)).await
}

async fn wrong_field(world: &World, contact: Value) -> String {
    let (status, answer) = save(world, contact.clone()).await;
    assert_eq!(status, 422, "{contact} {answer}");
    answer.to_string()
}

#[actix_web::test]
async fn what_cannot_be_read_is_an_error_of_its_field() {
    let world = world().await;
    let phone = "+13035550142";
    for wrong in ["206555010.0", "2.06555E+09", "206-555-0100 / 206-555-0199", "206 555 0100 x5"] {
        assert!(wrong_field(&world, json!({"phone": wrong})).await.contains("phone"), "{wrong}");
    }
    for wrong in ["96813.0", "９６８１３", "9021O", "00000", "none", "K1A OB1"] {
        assert!(wrong_field(&world, json!({"phone": phone, "zip": wrong})).await.contains("zip"), "{wrong}");
    }
    for wrong in ["UTC", "Etc/GMT+7", "GMT", "EST", "EST5EDT", "America/Nowhere"] {
        let contact = json!({"phone": phone, "time_zone": wrong});
        assert!(wrong_field(&world, contact).await.contains("time_zone"), "{wrong}");
    }
    let long = format!("{}@example.com", "a".repeat(400));
    assert!(wrong_field(&world, json!({"phone": phone, "email": long})).await.contains("email"));
    for right in ["96813", "96813-1234", "Honolulu, HI 96813", "HI", "k1a 0b1", ""] {
        assert_eq!(save(&world, json!({"phone": phone, "zip": right})).await.0, 201, "{right}");
    }
    assert_eq!(save(&world, json!({"phone": "+442079460000", "zip": "SW1A 1AA"})).await.0, 201);
    let mut sam = world.sam().await;
    let fields = [("name", "Ann"), ("phone", "206555010.0"), ("zip", "96813.0"), ("time_zone", "UTC")];
    let page = sam.post("/contacts/new", "/contacts", &fields).await;
    assert_eq!(page.status, 422);
    page.says("Enter the number in digits").says("This time zone is not a place.");
}

#[actix_web::test]
async fn a_foreign_zone_needs_a_confirmation() {
    let world = world().await;
    let contact = json!({"phone": "+13035550142", "external_id": "7", "time_zone": "Europe/London"});
    assert!(wrong_field(&world, contact.clone()).await.contains("time_zone_confirmed"));
    let mut confirmed = contact.clone();
    confirmed["time_zone_confirmed"] = json!(true);
    assert_eq!(save(&world, confirmed).await.0, 201);
    assert_eq!(save(&world, contact).await.0, 200, "the same zone stays confirmed");
    let other = json!({"phone": "+13035550142", "external_id": "7", "time_zone": "Europe/Paris"});
    assert!(wrong_field(&world, other).await.contains("time_zone_confirmed"), "another zone is not");
    let mut sam = world.sam().await;
    let fields = [("name", "Ben"), ("phone", "303 555 0143"), ("time_zone", "Europe/London")];
    let page = sam.post("/contacts/new", "/contacts", &fields).await;
    assert_eq!(page.status, 422);
    page.says("is outside this number").says("name=\"time_zone_confirmed\"");
    let fields = [fields[0], fields[1], fields[2], ("time_zone_confirmed", "yes")];
    let done = sam.post("/contacts/new", "/contacts", &fields).await;
    assert_eq!(done.status, 303);
    let edit = format!("{}/edit", done.location);
    sam.open(&edit).await.says("name=\"time_zone_confirmed\" value=\"yes\" checked");
}

#[actix_web::test]
async fn an_old_zone_that_is_no_place_or_foreign_never_opens_the_night() {
    let world = world().await;
    let lead = world.lead(68);
    lead.texts("START").await;
    let contact =
        json!({"phone": lead.phone.as_str(), "external_id": "8", "time_zone": "America/Los_Angeles"});
    assert_eq!(save(&world, contact).await.0, 201);
    for zone in ["UTC", "Europe/London"] {
        crate::support::database::run(&world.database, &format!("UPDATE contacts SET time_zone = '{zone}'"))
            .unwrap();
        // Noon in UTC and London is four o'clock in the morning in Seattle.
        world.clock.advance(chrono::Duration::hours(18));
        let (_, answer) = lead.is_sent(&format!("Hello {zone}")).await;
        assert_eq!(answer["status"], "scheduled", "{zone}: {answer}");
        world.clock.advance(chrono::Duration::hours(6));
    }
    // A change that does not touch the zone is no occasion to refuse it.
    let contact = json!({"phone": lead.phone.as_str(), "external_id": "8", "name": "Ann"});
    assert_eq!(save(&world, contact).await.0, 200);
}

/// Beside a number that cannot be read the rest is judged all the same, so that one answer says everything.
#[actix_web::test]
async fn a_zip_is_judged_beside_a_number_that_cannot_be_read() {
    let world = world().await;
    for wrong in ["kept zip", "96813.0", "2139"] {
        let answer = wrong_field(&world, json!({"phone": "12", "zip": wrong})).await;
        assert!(answer.contains("\"phone\"") && answer.contains("\"zip\""), "{wrong} {answer}");
    }
    let answer = wrong_field(&world, json!({"phone": "12", "zip": "96813-1234"})).await;
    assert!(!answer.contains("\"zip\""), "{answer}");
}

#[actix_web::test]
async fn a_list_with_a_wrong_limit_or_state_is_refused_by_the_field() {
    let world = world().await;
    for (query, field) in
        [("limit=0", "limit"), ("limit=500", "limit"), ("limit=-1", "limit"), ("state=out", "state")]
    {
        let (status, answer) = world.call(Method::GET, &format!("/api/v1/contacts?{query}"), None).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("invalid")), "{query} {answer}");
        assert!(answer["errors"].to_string().contains(field), "{query} {answer}");
    }
    assert_eq!(world.call(Method::GET, "/api/v1/contacts?limit=200", None).await.0, 200);
}

#[actix_web::test]
async fn the_zone_of_a_contact_comes_from_a_list_that_keeps_an_older_name() {
    let world = world().await;
    let mut sam = world.sam().await;
    let new = sam.open("/contacts/new").await;
    new.says("<option value=\"America/Denver\">Mountain (Denver)</option>").lacks("<option value=\"UTC\"");
    let contact = json!({"phone": "+13035550142", "external_id": "9", "time_zone": "US/Mountain"});
    let (status, saved) = save(&world, contact).await;
    assert_eq!(status, 201, "{saved}");
    let address = format!("/contacts/{}", saved["id"].as_str().unwrap());
    let edit = format!("{address}/edit");
    let page = sam.open(&edit).await;
    page.says("<option value=\"US/Mountain\" selected>US/Mountain</option>");
    let fields = [("name", "Ann"), ("phone", "+13035550142"), ("time_zone", "US/Mountain")];
    assert_eq!(sam.post(&edit, &address, &fields).await.status, 303);
    sam.open(&address).await.says("US/Mountain");
    let fields = [("name", "Ann"), ("phone", "+13035550142"), ("time_zone", "America/Denver")];
    assert_eq!(sam.post(&edit, &address, &fields).await.status, 303);
    let page = sam.open(&edit).await;
    page.says("<option value=\"America/Denver\" selected>").lacks("US/Mountain");
}
