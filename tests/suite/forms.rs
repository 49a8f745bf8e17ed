//! The hosted form, as a lead on a phone and a stranger would use it.

use crate::support::{World, world};

async fn submit(world: &World, phone: &str, consent: Option<&str>) -> (u16, String) {
    let mut fields = vec![("phone", phone), ("name", "Dee Dubois")];
    fields.extend(consent.map(|consent| ("consent", consent)));
    let request = world.client.post(format!("{}/f/opt-in", world.url)).form(&fields);
    let response = request.header("User-Agent", "a small phone").send().await.unwrap();
    let status = response.status().as_u16();
    let page = response.text().await.unwrap();
    world.deliver().await;
    (status, page)
}

#[actix_web::test]
async fn double_opt_in_invites_and_keeps_the_exact_wording() {
    let world = world().await;
    let dee = world.lead(70);
    assert_eq!(submit(&world, "(206) 555-0170", Some("yes")).await.0, 200);
    assert_eq!(dee.state().await, "invited");
    assert_eq!(dee.received().len(), 1);
    submit(&world, "(206) 555-0170", Some("yes")).await;
    assert_eq!(dee.received().len(), 1, "no second invitation");
    dee.texts("START").await;
    assert_eq!(dee.state().await, "opted_in");
    let evidence = &dee.history().await[0]["evidence"];
    let form =
        world.client.get(format!("{}/f/opt-in", world.url)).send().await.unwrap().text().await.unwrap();
    let wording = evidence["wording"].as_str().unwrap();
    assert!(wording.contains("STOP") && form.contains(wording), "the words that were shown: {wording}");
    assert_eq!(
        (evidence["version"].as_i64(), evidence["user_agent"].as_str()),
        (Some(1), Some("a small phone"))
    );
    assert_eq!(evidence["checkbox_ticked"], true);
}

#[actix_web::test]
async fn without_the_tick_nothing_is_recorded() {
    let world = world().await;
    let dee = world.lead(71);
    let (status, page) = submit(&world, "(206) 555-0171", None).await;
    assert_eq!(status, 422);
    assert!(
        page.contains("Error: ") && page.contains("(206) 555-0171"),
        "the title says so, the number is kept"
    );
    assert!(dee.history().await.is_empty());
}

#[actix_web::test]
async fn a_stranger_learns_nothing_and_cannot_bring_anyone_back() {
    let world = world().await;
    let ben = world.lead(72);
    ben.texts("START").await;
    ben.texts("STOP").await;
    let texts = ben.received().len();
    let (_, out) = submit(&world, "(206) 555-0172", Some("on")).await;
    let (_, new) = submit(&world, "(206) 555-0173", Some("on")).await;
    assert_eq!(out.replace("0172", "0173"), new, "the same page for every number");
    assert_eq!(ben.state().await, "opted_out");
    assert_eq!(ben.received().len(), texts, "nothing is sent to a number that opted out");
}
