//! Time zones, regions and notices: what a person changes while texts come and go.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::close_notice::close_notice;
use sms_opt_in::actions::edit_sending::set_regions;
use sms_opt_in::actions::set_time_zone::{set_time_zone, set_user_time_zone};
use sms_opt_in::actions::submit_form::submit_form;
use sms_opt_in::actions::users::{set_active, user_revision};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::message::Status;
use sms_opt_in::domain::notice::NoticeKind;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::{ReadConn, Tx, messages, notices, organization, users};

use super::consent::{submission, text};
use super::stage::{Stage, TURNS, one_of};
use crate::support::{by, claims, database};

/// Two people have looked at the same text: it is done once, and the log says by whom.
pub async fn a_notice_closed_twice(stage: &mut Stage) {
    for round in 0..TURNS {
        let phone = stage.phone();
        stage.given(stage.receives(text(&phone, "START?", &format!("SM{round}")))).await;
        let open = |conn: &mut ReadConn<'_>| notices::open(conn, NoticeKind::ConsentQuestion, 10);
        let open_texts = stage.read(open).await;
        assert_eq!(open_texts.len(), 1, "a notice is open");
        let (id, now) = (open_texts[0].id, stage.now);
        let closes = |actor: Actor| move |tx: &mut Tx<'_>| close_notice(tx, &by(&actor, now), id);
        let bea = Actor::User("bea@example.com".to_owned());
        let (one, two) = stage.in_turn(round, closes(stage.ada()), closes(bea)).await;
        one.unwrap();
        two.unwrap();
        assert!(stage.read(open).await.is_empty());
        let query = "SELECT actor AS line FROM admin_log WHERE action = 'notice.closed'";
        assert_eq!(database::lines(&stage.world.database, query).len(), round + 1);
    }
}

/// Two administrators choose the organization's time zone from pages that they opened at the same time.
pub async fn the_time_zone_twice(stage: &mut Stage) {
    for round in 0..TURNS {
        let shown = stage.read(organization::calendar).await.name();
        let others = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"];
        let mut others = others.into_iter().filter(|name| *name != shown);
        let (east, west) = (others.next().unwrap(), others.next().unwrap());
        let chooses = |name: &'static str| {
            let (actor, now) = (stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| set_time_zone(tx, &by(&actor, now), name, shown).map(drop)
        };
        let both = stage.in_turn(round, chooses(east), chooses(west)).await;
        one_of(&both);
        let kept = stage.read(organization::calendar).await.name();
        assert_eq!(kept, if both.0.is_ok() { east } else { west }, "the first one counts");
    }
}

/// A person chooses a time zone of their own while an administrator deactivates them: neither takes the other's change back.
pub async fn a_zone_of_ones_own_and_a_deactivation(stage: &mut Stage) {
    let (ada, bea) =
        (stage.administrator("ada@example.com").await, stage.administrator("bea@example.com").await);
    assert_ne!(ada.id, bea.id, "one administrator is left");
    for round in 0..TURNS {
        let shown = stage.read(move |conn| users::get(conn, bea.id)).await.unwrap();
        let (actor, now, revision, to) =
            (stage.ada(), stage.now, user_revision(&shown), shown.disabled_at.is_some());
        let zone = if to { "America/Denver" } else { "America/Chicago" };
        let chooses = move |tx: &mut Tx<'_>| set_user_time_zone(tx, bea.id, zone);
        let switches =
            move |tx: &mut Tx<'_>| set_active(tx, &by(&actor, now), bea.id, to, &revision).map(drop);
        let (chosen, switched) = stage.in_turn(round, chooses, switches).await;
        chosen.unwrap();
        let kept = stage.read(move |conn| users::get(conn, bea.id)).await.unwrap();
        assert_eq!(kept.time_zone.as_deref(), Some(zone));
        // The form says what was shown; the zone is part of it or not.
        assert_eq!(kept.disabled_at.is_none(), if switched.is_ok() { to } else { !to });
    }
}

impl Stage {
    fn texts_in(
        &self,
        regions: &'static str,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (actor, now) = (self.ada(), self.now);
        move |tx| set_regions(tx, &by(&actor, now), None, regions).map(drop)
    }
}

/// A program gives up a region while an opt-in request to a number of it is claimed, and while a form asks for one.
pub async fn a_request_and_the_regions(stage: &mut Stage) {
    for round in 0..TURNS {
        stage.given(stage.texts_in("US, CA")).await;
        let phone = Phone::from_e164(&format!("+1416555{:04}", 100 + round)).unwrap();
        let (form, now) = (submission(&phone), stage.now);
        let submits = move |tx: &mut Tx<'_>| submit_form(tx, &form, now).map(drop);
        if round % 4 < 2 {
            stage.given(submits).await;
            let number = stage.number(&phone).await.id;
            let id = stage.messages(number).await[0].id;
            let (edited, claimed) = stage.in_turn(round, stage.texts_in("US"), claims(id, now)).await;
            edited.unwrap();
            let status = stage.read(move |conn| messages::get(conn, id)).await.unwrap().status;
            let expected = if claimed.unwrap() { Status::Sending } else { Status::Blocked };
            assert_eq!(status, expected, "round {round}");
        } else {
            let (edited, submitted) = stage.in_turn(round, stage.texts_in("US"), submits).await;
            edited.unwrap();
            submitted.unwrap();
            let number = stage.number(&phone).await.id;
            for message in stage.messages(number).await {
                assert!(!stage.given(claims(message.id, now)).await, "the region is closed");
            }
        }
        let sends = stage.sends(&phone);
        let refused = stage.world.jobs.store.write(sends).await;
        if let Ok(id) = refused {
            let status = stage.read(move |conn| messages::get(conn, id)).await.unwrap().status;
            assert_eq!(status, Status::Blocked, "round {round}");
        }
    }
}
