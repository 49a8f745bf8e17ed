//! Where a person is signed in, and how sessions end from elsewhere.

use reqwest::Method;
use sms_opt_in::domain::role::Role;

use super::browser::{Browser, PASSWORD, hidden, hire, location, signed_in};
use crate::support::{World, world};

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

/// Signs in with a browser that names itself, from a network of its own.
async fn signs_in_with<'a>(world: &'a World, email: &str, agent: &str, address: &str) -> Browser<'a> {
    // Later than the others: the newest session comes first in a list.
    world.clock.advance(chrono::Duration::seconds(1));
    let mut browser = Browser::new(world, address);
    let token = hidden(&browser.page("/sign-in").await, "csrf");
    let fields = [("csrf", &*token), ("email", email), ("password", PASSWORD)];
    let request = browser.request(Method::POST, "/sign-in").header("User-Agent", agent);
    let answer = request.form(&fields).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    browser.take_cookies(&answer);
    browser
}

/// The identifiers of the sessions that can be ended on a page, in order.
fn ends(page: &str) -> Vec<String> {
    let fields = page.split("name=\"session\" value=\"").skip(1);
    fields.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_person_sees_where_they_are_signed_in_and_ends_one_or_all_others() {
    let world = world().await;
    hire(&world, "sam@example.com", Role::Support).await;
    hire(&world, "kim@example.com", Role::Support).await;
    let here = signs_in_with(&world, "sam@example.com", FIREFOX, "203.0.113.7").await;
    let phone = signs_in_with(&world, "sam@example.com", IPHONE, "2001:db8:1:2::9").await;
    world.clock.advance(chrono::Duration::seconds(1));
    let third = signed_in(&world, "sam@example.com").await;
    let kim = signed_in(&world, "kim@example.com").await;

    let page = here.page("/account").await;
    for words in ["Firefox on Windows", "203.0.113.x", "Safari on iPhone", "2001:db8:1:x", "Unknown browser"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("203.0.113.7") && page.matches("This browser").count() == 1, "{page}");
    let others = ends(&page);
    assert_eq!(others.len(), 2, "the newest first, this one cannot be ended here: {others:?}");

    assert_eq!(here.sends("/account/sessions/end", &[("session", &others[1])]).await.status(), 303);
    assert!(here.page("/account").await.contains("The session is ended."));
    let answer = phone.get("/contacts").await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/sign-in?next=%2Fcontacts"));
    assert!(third.is_signed_in().await);

    // Someone else's session is none of one's own, whatever the form says.
    let kims = ends(&signed_in(&world, "kim@example.com").await.page("/account").await);
    assert_eq!(here.sends("/account/sessions/end", &[("session", &kims[0])]).await.status(), 303);
    assert_eq!(here.sends("/account/sessions/end", &[("session", "no hash")]).await.status(), 303);
    assert!(kim.is_signed_in().await);

    assert_eq!(here.sends("/account/sessions/end-others", &[]).await.status(), 303);
    let page = here.page("/account").await;
    assert!(page.contains("Your other session has ended.") && ends(&page).is_empty(), "{page}");
    assert!(!third.is_signed_in().await && here.is_signed_in().await && kim.is_signed_in().await);
}

#[actix_web::test]
async fn an_administrator_ends_the_sessions_of_another_person() {
    let world = world().await;
    hire(&world, "ada@example.com", Role::Administrator).await;
    let user = format!("/users/{}", hire(&world, "sam@example.com", Role::Support).await);
    let (ada, sam) = (signed_in(&world, "ada@example.com").await, signed_in(&world, "sam@example.com").await);
    let other = signs_in_with(&world, "sam@example.com", FIREFOX, "203.0.113.7").await;
    let end = format!("{user}/sessions/end");
    let open = ends(&ada.page(&user).await);
    assert_eq!(open.len(), 2);
    assert_eq!(sam.post(&end, &[("csrf", &*sam.token().await)]).await.status(), 403);
    let token = ada.token().await;
    let one = [("csrf", &*token), ("session", &*open[0])];
    assert_eq!(ada.post(&end, &one).await.status(), 303);
    assert!(!other.is_signed_in().await && sam.is_signed_in().await);
    assert_eq!(ada.post(&end, &[("csrf", &*token)]).await.status(), 303);
    assert!(ada.page(&user).await.contains("isn’t signed in anywhere"));
    assert!(!sam.is_signed_in().await && ada.is_signed_in().await);
    assert!(signed_in(&world, "sam@example.com").await.is_signed_in().await, "they can sign in again");
    let log = ada.page("/log?action=session.ended").await;
    assert!(log.contains("user:sam@example.com") && log.contains("Firefox on Windows"), "{log}");
}

#[actix_web::test]
async fn an_idle_session_is_in_no_list() {
    let world = super::idle::strict_world().await;
    let _earlier = signed_in(&world, "sam@example.com").await;
    world.clock.advance(chrono::Duration::hours(7));
    let now = signed_in(&world, "sam@example.com").await;
    assert_eq!(ends(&now.page("/account").await).len(), 1, "eight hours are not over");
    world.clock.advance(chrono::Duration::hours(1));
    assert!(ends(&now.page("/account").await).is_empty());
}
