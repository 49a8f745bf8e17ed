//! What a write may rely on: nobody is told that something was kept which is not there.

use std::time::Duration;

use sms_opt_in::actions::ActionError;
use sms_opt_in::store::{StoreError, api_keys, settings};
use sms_opt_in::web::api::secret_hash;

use crate::support::{KEY, World, database, world};

const PROBE: &str = "probe";

async fn kept(world: &World) -> Option<String> {
    world.bound_app.store.read::<_, StoreError>(|conn| settings::get(conn, PROBE)).await.unwrap()
}

#[actix_web::test]
async fn what_the_database_has_given_up_is_not_acknowledged() {
    let world = world().await;
    // On PostgreSQL an error ends the transaction, whoever swallows it; COMMIT would then roll back without a word.
    let swallows = move |tx: &mut sms_opt_in::store::Tx<'_>| {
        settings::set(tx, PROBE, "kept")?;
        let mut twice = api_keys::by_hash(tx, &secret_hash(KEY))?.unwrap();
        twice.id = tx.new_id(twice.created_at)?;
        assert!(api_keys::insert(tx, &twice).is_err());
        Ok::<_, ActionError>(())
    };
    let store = &world.bound_app.store;
    let neighbour = |n: i32| {
        let key = format!("neighbour {n}");
        store.write(move |tx| settings::set(tx, &key, "kept").map_err(ActionError::from))
    };
    // While the writers are at work, what comes next becomes one group.
    let busy = || {
        store.write(|_| {
            std::thread::sleep(Duration::from_millis(200));
            Ok::<_, ActionError>(())
        })
    };
    let (_, _, first, answer, second) =
        tokio::join!(busy(), busy(), neighbour(1), store.write(swallows), neighbour(2));
    assert_eq!(answer.is_ok(), kept(&world).await.is_some(), "{answer:?}");
    assert_eq!(answer.is_err(), database::is_postgres(), "{answer:?}");
    assert!(first.is_ok() && second.is_ok(), "what stood beside it in the group: {first:?}, {second:?}");
}

#[actix_web::test]
async fn a_write_that_is_refused_or_panics_leaves_its_neighbours_in_the_group_alone() {
    let world = world().await;
    let store = &world.bound_app.store;
    let good =
        |n: i32| store.write(move |tx| settings::set(tx, PROBE, &n.to_string()).map_err(ActionError::from));
    let refused = || {
        store.write(|tx| {
            settings::set(tx, PROBE, "refused")?;
            Err::<(), _>(ActionError::NotFound("anything"))
        })
    };
    let panics = || {
        store.write(|tx| {
            settings::set(tx, PROBE, "panicked")?;
            panic!("as a test wants it");
            #[allow(unreachable_code)]
            Ok::<(), ActionError>(())
        })
    };
    let (first, second, third, fourth) = tokio::join!(good(1), refused(), panics(), good(4));
    assert!(first.is_ok() && second.is_err() && third.is_err() && fourth.is_ok());
    let kept = kept(&world).await.unwrap();
    assert!(kept == "1" || kept == "4", "{kept}");
}
