//! A cut-off that is being committed.

use std::time::Duration;

use cloakroom_lineage::Lineages;
use cloakroom_postgres::PostgresRevocationStore;
use cloakroom_revocation::cloakroom_core::UnixTime;
use cloakroom_revocation::conformance::fixture::{
    FLEET, ISSUER, NOW, PAST, SKEW, at, credential, denial, size,
};
use cloakroom_revocation::{Denied, Fleet, LOCAL, RevocationFeed as _, RevocationStore, StoreErrorKind};
use cloakroom_servers::Proxy;
use sqlx::PgConnection;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::interleaved::{commit, holding, waiting};
use crate::place::Place;

const BRIEF: Fleet = Fleet {
    max_skew: Duration::from_millis(50),
    ..FLEET
};

/// A writer between the clock that it has read for the cut-off of alice and its commit: somebody else writes the same row.
async fn cutting_off(place: &Place, fleet: Fleet) -> (PgConnection, JoinHandle<UnixTime>) {
    let row = "INSERT INTO {s}.revocation_entries VALUES (2, 'local', 'alice', NULL, 0, 0, 0)";
    let holder = holding(place, row).await;
    let writer = place.revocations(fleet).await;
    let now = UnixTime::now();
    let cut = waiting(place, 1, async move {
        writer.cut_off(LOCAL, "alice", now).await.unwrap()
    })
    .await;
    (holder, cut)
}

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
        place
            .run("DELETE FROM {s}.revocation_entries; DELETE FROM {s}.revocation_steps")
            .await;
        let begin = UnixTime::now();
        let (holder, cut) = cutting_off(&place, BRIEF).await;
        // The cut-off is over before anybody sees it.
        sleep(Duration::from_millis(60)).await;
        let over = UnixTime::now();
        let (renewing, minting) = (lineages, Lineages::new(place.revocations(BRIEF).await));
        let renewed = waiting(
            &place,
            2,
            async move { renewing.renewal_stamp("alice", begin).await },
        )
        .await;
        let minted = waiting(&place, 3, async move { minting.stamp("alice").await }).await;
        // What a gate asks for waits for nobody: what is not acknowledged need not be refused.
        let alice = credential(LOCAL, "alice", "one");
        assert_eq!(store.look_up(&alice).await.unwrap().cutoff, None);
        commit(holder).await;
        let cutoff = cut.await.unwrap();
        assert!(begin < cutoff && cutoff < over);
        assert_eq!(renewed.await.unwrap().unwrap(), None, "its lineage is over");
        let minted = minted.await.unwrap().unwrap();
        assert!(minted.authenticated_at() > cutoff && minted.issued_at() > cutoff);
        assert_eq!(store.look_up(&alice).await.unwrap().cutoff, Some(cutoff));
        assert_eq!(store.look_up_settled(&alice).await.unwrap().cutoff, Some(cutoff));
    }
}

/// Writers and those who mint take turns: none goes past the other, and none waits for ever.
#[tokio::test]
async fn f19_who_mints_lets_writers_in() {
    let place = Place::new();
    let look_up = |store: PostgresRevocationStore| async move {
        let alice = credential(ISSUER, "alice", "one");
        store.look_up_settled(&alice).await.unwrap()
    };
    let (first, writer, last) = (
        place.revocations(FLEET).await,
        place.revocations(FLEET).await,
        place.revocations(FLEET).await,
    );
    // The first one has its turn, and cannot read.
    let holder = holding(
        &place,
        "LOCK TABLE {s}.revocation_entries IN ACCESS EXCLUSIVE MODE",
    )
    .await;
    let first = waiting(&place, 1, look_up(first)).await;
    let cut = waiting(
        &place,
        2,
        async move { writer.cut_off(ISSUER, "alice", NOW).await },
    )
    .await;
    let last = waiting(&place, 3, look_up(last)).await;
    commit(holder).await;
    assert_eq!(first.await.unwrap().cutoff, None);
    assert_eq!(cut.await.unwrap().unwrap(), at(SKEW));
    assert_eq!(last.await.unwrap().cutoff, Some(at(SKEW)));
}

/// `VACUUM`, `ANALYZE` and `REINDEX CONCURRENTLY` hold this lock, the latter until every older reader has ended.
#[tokio::test]
async fn f19_upkeep_of_the_tables_keeps_nobody_from_minting() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let upkeep = holding(
        &place,
        "LOCK TABLE {s}.revocation_feed, {s}.revocation_steps, {s}.revocation_entries IN SHARE UPDATE EXCLUSIVE MODE",
    )
    .await;
    assert!(Lineages::new(store.clone()).stamp("alice").await.is_ok());
    assert_eq!(store.cut_off(ISSUER, "alice", NOW).await.unwrap(), at(SKEW));
    let found = store.look_up_settled(&credential(ISSUER, "alice", "one")).await;
    assert_eq!(found.unwrap().cutoff, Some(at(SKEW)));
    commit(upkeep).await;
}

#[tokio::test]
async fn who_mints_needs_the_right_to_read_alone() {
    let place = Place::new();
    place.revocations(FLEET).await;
    place
        .run(
            "CREATE ROLE {s}_reader; GRANT USAGE ON SCHEMA {s} TO {s}_reader; \
             GRANT SELECT ON {s}.revocation_entries TO {s}_reader",
        )
        .await;
    let url = format!("{}?options=-c%20role%3D{}_reader", place.url, place.schema);
    let store = PostgresRevocationStore::with_options(url.parse().unwrap(), FLEET, place.settings());
    let found = store.look_up_settled(&credential(ISSUER, "alice", "one")).await;
    assert_eq!(found.unwrap().cutoff, None);
    let error = store.cut_off(ISSUER, "alice", NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    place.run("DROP OWNED BY {s}_reader; DROP ROLE {s}_reader").await;
}

#[tokio::test]
async fn f19_a_writer_of_another_schema_keeps_nobody_from_minting() {
    let place = Place::new();
    place.revocations(FLEET).await;
    let (holder, cut) = cutting_off(&place, FLEET).await;
    let elsewhere = Place::new().revocations(FLEET).await;
    let found = elsewhere
        .look_up_settled(&credential(LOCAL, "alice", "one"))
        .await;
    assert_eq!(found.unwrap().cutoff, None);
    assert!(!cut.is_finished());
    commit(holder).await;
    cut.await.unwrap();
}

/// However many mint, log out and purge behind a writer that hangs, who follows the feed finds a connection.
#[tokio::test]
async fn f19_who_waits_for_a_writer_leaves_a_connection_to_the_feed() {
    let place = Place::new();
    place.revocations(FLEET).await;
    let settings = place.settings().max_connections(4.try_into().unwrap());
    let options = place.url.parse().unwrap();
    let store = PostgresRevocationStore::with_options(options, FLEET, settings);
    store.check().await.unwrap();
    let (holder, cut) = cutting_off(&place, FLEET).await;
    let writing = store.clone();
    let denied = waiting(&place, 2, async move {
        writing.deny(&denial("bob", "one"), NOW).await
    })
    .await;
    let purging = store.clone();
    let purged = waiting(&place, 3, async move { purging.purge(PAST, size(10)).await }).await;
    let asking = store.clone();
    let first = waiting(&place, 4, async move {
        asking.look_up_settled(&credential(LOCAL, "alice", "one")).await
    })
    .await;
    let others: Vec<_> = (0..100)
        .map(|number| {
            let store = store.clone();
            let name = if number % 2 == 0 { "alice" } else { "carol" };
            tokio::spawn(async move {
                let found = store.look_up_settled(&credential(LOCAL, name, "one")).await;
                let denied = store.deny(&denial("bob", &format!("t{number}")), NOW).await;
                (found, denied)
            })
        })
        .collect();
    let begin = store.head().await.unwrap().time;
    assert!(!first.is_finished());
    commit(holder).await;
    let cutoff = Some(cut.await.unwrap());
    assert_eq!(first.await.unwrap().unwrap().cutoff, cutoff);
    assert_eq!(denied.await.unwrap().unwrap(), Denied::Token);
    assert_eq!(purged.await.unwrap().unwrap(), 0);
    for (number, other) in others.into_iter().enumerate() {
        let (found, denied) = other.await.unwrap();
        let found = found.unwrap();
        assert_eq!(found.cutoff, cutoff.filter(|_| number % 2 == 0));
        assert!(found.time >= begin);
        let _ = denied.unwrap();
    }
}

/// Who asked first may hang up. The question stands, over the same connection, and those who came meanwhile are behind it.
#[tokio::test]
async fn f19_who_is_dropped_while_a_writer_commits_keeps_nobody_waiting() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).revocations(FLEET).await;
    let (holder, cut) = cutting_off(&place, FLEET).await;
    let look_up = || {
        let store = store.clone();
        async move {
            let alice = credential(LOCAL, "alice", "one");
            store.look_up_settled(&alice).await.unwrap()
        }
    };
    let first = waiting(&place, 2, look_up()).await;
    let asked_by = place
        .number(
            "SELECT pid::bigint FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%{s}%' \
             AND pid <> pg_backend_pid()",
        )
        .await;
    let before = proxy.requests();
    let second = tokio::spawn(look_up());
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    commit(holder).await;
    let cutoff = cut.await.unwrap();
    assert_eq!(second.await.unwrap().cutoff, Some(cutoff));
    assert_eq!(proxy.requests() - before, 2);
    let of_the_store = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {asked_by} AND state = 'idle' AND query LIKE '%{{s}}%'"
    );
    assert_eq!(place.number(&of_the_store).await, 1);
}

#[tokio::test]
async fn f19_a_writer_that_hangs_keeps_nobody_waiting_for_ever() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let lineages = Lineages::new(store.clone());
    let (holder, cut) = cutting_off(&place, FLEET).await;
    let error = lineages.stamp("alice").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    // The limit was that look-up's alone.
    let writer = store.clone();
    let denied = waiting(
        &place,
        2,
        async move { writer.deny(&denial("bob", "one"), NOW).await },
    )
    .await;
    sleep(Duration::from_secs(2)).await;
    commit(holder).await;
    cut.await.unwrap();
    assert_eq!(denied.await.unwrap().unwrap(), Denied::Token);
    assert!(lineages.stamp("alice").await.is_ok());
}
