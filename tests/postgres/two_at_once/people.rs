//! Who may sign in: the rules about all users, and the keys of programs.

use data_encoding::HEXLOWER;
use futures_util::future::join;
use reqwest::Client;
use reqwest::redirect::Policy;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::api_keys::{create_api_key, revoke_api_key};
use sms_opt_in::actions::users::{
    NewUser, change_password, change_role, create_user, first_administrator, set_active, user_revision,
};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::UserId;
use sms_opt_in::domain::role::Role;
use sms_opt_in::store::users::{self, User};
use sms_opt_in::store::{Tx, admin_log, api_keys, settings};
use sms_opt_in::web::api::secret_hash;

use super::stage::{ROUNDS, Stage, one_of};
use crate::support::by;
use crate::support::person::{PASSWORD, kept_cookies};

fn new(email: &str) -> NewUser {
    let (email, name) = (email.to_owned(), email.to_owned());
    NewUser { email, name, role: Role::Administrator, password_hash: "no password".to_owned() }
}

impl Stage {
    pub async fn administrator(&self, email: &str) -> User {
        let (new, now) = (new(email), self.now);
        self.given(move |tx| create_user(tx, &by(&Actor::Operator, now), new.clone())).await
    }

    async fn user(&self, id: UserId) -> User {
        self.read(move |conn| users::get(conn, id)).await.unwrap()
    }

    async fn administrators(&self) -> usize {
        let all = self.read(|conn| users::page(conn, None, 100)).await;
        all.iter().filter(|user| user.role == Role::Administrator && user.disabled_at.is_none()).count()
    }
}

fn demotes(user: &User, stage: &Stage) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
    let (id, revision, actor, now) = (user.id, user_revision(user), stage.ada(), stage.now);
    move |tx| change_role(tx, &by(&actor, now), id, Role::Support, &revision).map(drop)
}

pub async fn administrators_demote_each_other(stage: &mut Stage) {
    let (ada, bea) =
        (stage.administrator("ada@example.com").await, stage.administrator("bea@example.com").await);
    for _ in 0..ROUNDS {
        let (one, two) = (stage.user(ada.id).await, stage.user(bea.id).await);
        one_of(&stage.both(demotes(&one, stage), demotes(&two, stage)).await);
        assert_eq!(stage.administrators().await, 1);
        for id in [ada.id, bea.id] {
            let (revision, now) = (user_revision(&stage.user(id).await), stage.now);
            let again = move |tx: &mut Tx<'_>| {
                change_role(tx, &by(&Actor::Operator, now), id, Role::Administrator, &revision)
            };
            stage.given(again).await;
        }
    }
}

pub async fn administrators_deactivate_each_other(stage: &mut Stage) {
    let (ada, bea) =
        (stage.administrator("ada@example.com").await, stage.administrator("bea@example.com").await);
    for round in 0..ROUNDS {
        let (actor, now, id) = (stage.ada(), stage.now, ada.id);
        let shown = user_revision(&stage.user(id).await);
        let leaves = move |tx: &mut Tx<'_>| set_active(tx, &by(&actor, now), id, false, &shown).map(drop);
        let other = stage.user(bea.id).await;
        if round % 2 == 0 {
            one_of(&stage.both(leaves, demotes(&other, stage)).await);
        } else {
            let (actor, id, shown) = (stage.ada(), bea.id, user_revision(&other));
            let other = move |tx: &mut Tx<'_>| set_active(tx, &by(&actor, now), id, false, &shown).map(drop);
            one_of(&stage.both(leaves, other).await);
        }
        assert_eq!(stage.administrators().await, 1);
        for id in [ada.id, bea.id] {
            let revision = user_revision(&stage.user(id).await);
            let again = move |tx: &mut Tx<'_>| {
                let user = change_role(tx, &by(&Actor::Operator, now), id, Role::Administrator, &revision)?;
                set_active(tx, &by(&Actor::Operator, now), id, true, &user_revision(&user))
            };
            stage.given(again).await;
        }
    }
}

/// Each round on a database of its own, because there is one setup.
pub async fn the_setup_link_twice(stage: &mut Stage) {
    for _ in 0..ROUNDS.min(8) {
        let fresh = Stage::set().await;
        let hash = HEXLOWER.encode(&secret_hash("a token"));
        fresh.given(move |tx| Ok(settings::set(tx, settings::SETUP_TOKEN, &hash)?)).await;
        let first = |email: &str| {
            let (new, now) = (new(email), fresh.now);
            move |tx: &mut Tx<'_>| first_administrator(tx, "a token", new.clone(), now).map(drop)
        };
        let (one, two) = (first("ada@example.com"), first("bea@example.com"));
        let both = tokio::join!(fresh.world.jobs.store.write(one), fresh.other.write(two));
        stage.count(both.0.is_err(), both.1.is_err());
        one_of(&both);
        assert_eq!(fresh.administrators().await, 1, "the link works once");
        fresh.is_intact("people::the_setup_link_twice").await;
    }
}

pub async fn one_email_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let create = || {
            let (new, now) = (new(&format!("ada{round}@example.com")), stage.now);
            move |tx: &mut Tx<'_>| create_user(tx, &by(&Actor::Operator, now), new.clone()).map(drop)
        };
        let both = stage.both(create(), create()).await;
        one_of(&both);
        let refused = both.0.err().or(both.1.err()).unwrap();
        assert!(matches!(refused, ActionError::Invalid(_)), "it says which field is wrong: {refused:?}");
    }
}

pub async fn two_roles_from_one_page(stage: &mut Stage) {
    stage.administrator("ada@example.com").await;
    let sam = stage.administrator("sam@example.com").await;
    for round in 0..ROUNDS {
        let user = stage.user(sam.id).await;
        let roles = [Role::Administrator, Role::Support, Role::Auditor];
        let change = |role: Role| {
            let (id, revision, actor, now) = (sam.id, user_revision(&user), stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| change_role(tx, &by(&actor, now), id, role, &revision).map(drop)
        };
        let (one, two) = (roles[(round + 1) % 3], roles[(round + 2) % 3]);
        let (one, two) = match user.role {
            role if role == one => (two, roles[round % 3]),
            role if role == two => (one, roles[round % 3]),
            _ => (one, two),
        };
        one_of(&stage.both(change(one), change(two)).await);
    }
}

pub async fn a_key_is_revoked_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (actor, now, name) = (stage.ada(), stage.now, format!("key {round}"));
        let of = name.clone();
        stage.given(move |tx| create_api_key(tx, &by(&actor, now), &of, &["messages".to_owned()])).await;
        let keys = stage.read(|conn| api_keys::page(conn, None, 100)).await;
        let id = keys.iter().find(|key| key.name == name).unwrap().id;
        let revoke = || {
            let (actor, now) = (stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| revoke_api_key(tx, &by(&actor, now), id)
        };
        let (one, two) = stage.both(revoke(), revoke()).await;
        one.unwrap();
        two.unwrap();
        let filter =
            admin_log::AdminLogFilter { action: Some("api-key.revoked".to_owned()), ..Default::default() };
        let lines = stage.read(move |conn| admin_log::page(conn, &filter, 100)).await;
        let told = lines.iter().filter(|line| line.subject == format!("api-key:{name}")).count();
        assert_eq!(told, 1, "it is revoked and logged once");
    }
}

/// The cookie of a browser that signs in, if it may.
async fn signs_in(stage: &Stage, email: &str, address: &str) -> Option<String> {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let url = format!("{}/sign-in", stage.world.url);
    let page = client.get(&url).send().await.unwrap().text().await.unwrap();
    let (_, token) = page.split_once("name=\"csrf\" value=\"").expect("the page has a form");
    let token = token.split('"').next().unwrap();
    let form = [("csrf", token), ("email", email), ("password", PASSWORD)];
    let answer = client.post(&url).header("X-Forwarded-For", address).form(&form).send().await.unwrap();
    (answer.status() == 303).then(|| kept_cookies("", &answer))
}

/// Whoever signs in with the old password while it is changed is signed out by the change, whenever their session is written.
pub async fn a_sign_in_and_a_new_password(stage: &mut Stage) {
    let hash = sms_opt_in::password::hash(PASSWORD).unwrap();
    for round in 0..ROUNDS {
        let email = format!("sam{round}@example.com");
        let (person, now) = (NewUser { password_hash: hash.clone(), ..new(&email) }, stage.now);
        let user = stage.given(move |tx| create_user(tx, &by(&Actor::Operator, now), person.clone())).await;
        let (revision, actor) = (user_revision(&user), stage.ada());
        let change =
            move |tx: &mut Tx<'_>| change_password(tx, &by(&actor, now), user.id, "another", &revision);
        let changes = async {
            // From before the password is verified to after the session is written.
            tokio::time::sleep(std::time::Duration::from_millis(u64::try_from(round * 12).unwrap())).await;
            stage.other.write(change).await.map_err(|error: ActionError| error.to_string()).unwrap();
        };
        let address = format!("192.0.2.{round}");
        let (cookie, ()) = join(signs_in(stage, &email, &address), changes).await;
        stage.count(cookie.is_none(), false);
        let Some(cookie) = cookie else { continue };
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let account = client.get(format!("{}/account", stage.world.url)).header("Cookie", cookie);
        let answer = account.send().await.unwrap();
        assert_eq!(answer.status(), 303, "round {round}: the session goes on after the password has changed");
    }
}
