//! A cut-off that is being committed.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_lineage::Lineages;
use cloakroom_postgres::PostgresRevocationStore;
use cloakroom_revocation::cloakroom_core::UnixTime;
use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, SKEW, at, credential, denial};
use cloakroom_revocation::{Denied, Fleet, LOCAL, RevocationFeed as _, RevocationStore, StoreErrorKind};
use tokio::time::sleep;

use crate::interleaved::{commit, holding, waiting};
use crate::place::Place;

/// What a writer does by the server's clock and a skew of 50 ms, in a transaction that is not committed yet.
const SLOW: &str = "
SELECT 1 FROM {s}.revocation_feed FOR UPDATE;
UPDATE {s}.revocation_feed SET head = head + 1, entries = entries + 1;
INSERT INTO {s}.revocation_steps SELECT head, decode('0102030405060708', 'hex') FROM {s}.revocation_feed;
INSERT INTO {s}.revocation_entries
SELECT 2, 'local', 'alice', NULL, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + 50, 9999999999999, head
FROM {s}.revocation_feed";

const BRIEF: Fleet = Fleet {
    max_skew: Duration::from_millis(50),
    ..FLEET
};

async fn by_all_ways(place: &Place, fleet: Fleet) -> Vec<PostgresRevocationStore> {
    let mut strict = place.clone();
    strict
        .url
        .push_str("?options=-c%20default_transaction_isolation%3Dserializable%20-c%20default_transaction_read_only%3Don");
    vec![
        place.revocations(fleet).await,
        place.revocations_on_a_pool(fleet).await,
        strict.revocations(fleet).await,
    ]
}

#[tokio::test]
async fn f19_nothing_is_minted_past_a_cut_off_that_is_being_committed() {
    let place = Place::new();
    for store in by_all_ways(&place, BRIEF).await {
        let lineages = Lineages::new(store.clone());
        let begin = UnixTime::now();
        place
            .run("DELETE FROM {s}.revocation_entries; DELETE FROM {s}.revocation_steps")
            .await;
        let slow = holding(&place, SLOW).await;
        // The cut-off is over before anybody sees it.
        sleep(Duration::from_millis(60)).await;
        let (renewing, minting) = (lineages, Lineages::new(place.revocations(BRIEF).await));
        let renewed = waiting(
            &place,
            1,
            async move { renewing.renewal_stamp("alice", begin).await },
        )
        .await;
        let minted = waiting(&place, 2, async move { minting.stamp("alice").await }).await;
        // What a gate asks for waits for nobody: what is not acknowledged need not be refused.
        let alice = credential(LOCAL, "alice", "one");
        assert_eq!(store.look_up(&alice).await.unwrap().cutoff, None);
        commit(slow).await;
        let cutoff = store.look_up(&alice).await.unwrap().cutoff.unwrap();
        assert_eq!(renewed.await.unwrap().unwrap(), None, "its lineage is over");
        let minted = minted.await.unwrap().unwrap();
        assert!(minted.authenticated_at() > cutoff && minted.issued_at() > cutoff);
        assert_eq!(store.look_up_settled(&alice).await.unwrap().cutoff, Some(cutoff));
    }
}

/// Writers and those who mint take turns: none goes past the other, and none waits for ever.
#[tokio::test]
async fn f19_who_mints_lets_writers_in() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let slow = holding(&place, "LOCK TABLE {s}.revocation_feed IN SHARE MODE").await;
    let writer = store.clone();
    let cut = waiting(
        &place,
        1,
        async move { writer.cut_off(ISSUER, "alice", NOW).await },
    )
    .await;
    let settled = store.clone();
    let found = waiting(&place, 2, async move {
        settled.look_up_settled(&credential(ISSUER, "alice", "one")).await
    })
    .await;
    commit(slow).await;
    assert_eq!(cut.await.unwrap().unwrap(), at(SKEW));
    assert_eq!(found.await.unwrap().unwrap().cutoff, Some(at(SKEW)));
}

/// However many mint, those who follow the feed find a connection.
#[tokio::test]
async fn f19_who_waits_to_mint_takes_one_connection() {
    let place = Place::new();
    place.revocations(FLEET).await;
    let settings = place.settings().max_connections(NonZeroU32::new(2).unwrap());
    let options = place.url.parse().unwrap();
    let store = PostgresRevocationStore::with_options(options, FLEET, settings);
    let slow = holding(&place, SLOW).await;
    let asking = store.clone();
    let first = waiting(&place, 1, async move {
        asking.look_up_settled(&credential(LOCAL, "alice", "one")).await
    })
    .await;
    let others: Vec<_> = (0..100)
        .map(|number| {
            let asking = store.clone();
            let name = if number % 2 == 0 { "alice" } else { "bob" };
            tokio::spawn(async move { asking.look_up_settled(&credential(LOCAL, name, "one")).await })
        })
        .collect();
    let begin = store.head().await.unwrap().time;
    assert!(!first.is_finished());
    commit(slow).await;
    let cutoff = first.await.unwrap().unwrap().cutoff;
    assert!(cutoff.is_some());
    for (number, other) in others.into_iter().enumerate() {
        let found = other.await.unwrap().unwrap();
        assert_eq!(found.cutoff, cutoff.filter(|_| number % 2 == 0));
        assert!(found.time >= begin);
    }
}

#[tokio::test]
async fn f19_a_writer_that_hangs_keeps_nobody_waiting_for_ever() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let lineages = Lineages::new(store.clone());
    let slow = holding(&place, SLOW).await;
    let error = lineages.stamp("alice").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    // The limit was that look-up's alone.
    let writer = store.clone();
    let denied = waiting(
        &place,
        1,
        async move { writer.deny(&denial("bob", "one"), NOW).await },
    )
    .await;
    sleep(Duration::from_secs(2)).await;
    commit(slow).await;
    assert_eq!(denied.await.unwrap().unwrap(), Denied::Token);
    assert!(lineages.stamp("alice").await.is_ok());
}
