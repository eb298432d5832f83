//! Interleavings that are scripted: another connection holds a lock until the operation under test waits for it.

use cloakroom_token::conformance::fixture::{NOW, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore};

use crate::interleaved::{commit, holding, waiting};
use crate::place::Place;

#[tokio::test]
async fn f4_a_creation_that_began_before_the_cut_off_sees_it() {
    let place = Place::new();
    let store = place.tokens().await;
    let alice = subject("alice");
    // Both when the subject has a row of cut-offs already, and when it comes to be by the revocation.
    for round in 0..2_i64 {
        let holder = holding(
            &place,
            &format!(
                "INSERT INTO {{s}}.token_cutoffs VALUES ('alice', {0}) \
                 ON CONFLICT (subject) DO UPDATE SET cutoff = {0}",
                at(round).as_millis()
            ),
        )
        .await;
        let mut new = family(&alice);
        new.authenticated_at = at(round);
        let creator = store.clone();
        let task = waiting(&place, 1, async move {
            creator.create_family(&new, NOW).await.unwrap()
        })
        .await;
        commit(holder).await;
        assert_eq!(task.await.unwrap(), Created::Refused, "round {round}");
        let rows = "SELECT count(*) FROM {s}.token_families";
        assert_eq!(place.number(rows).await, 0, "not even a row that nobody sees");
    }
}

#[tokio::test]
async fn f4_a_revocation_takes_the_family_that_it_waited_for() {
    let place = Place::new();
    let store = place.tokens().await;
    let alice = subject("alice");
    let first = family(&alice);
    assert_eq!(store.create_family(&first, NOW).await.unwrap(), Created::Done);
    // What `create_family` does, stopped before its end.
    let holder = holding(
        &place,
        "UPDATE {s}.token_cutoffs SET cutoff = cutoff WHERE subject = 'alice'; \
         INSERT INTO {s}.token_families SELECT decode(repeat('07', 16), 'hex'), format, secret_hash, client, subject, \
         authenticated_at, confirmation, generation, key_id, created_at, rotated_at, idle_deadline, absolute_deadline, \
         purge_bucket, data FROM {s}.token_families",
    )
    .await;
    let revoker = (store.clone(), alice.clone());
    let task = waiting(&place, 1, async move {
        revoker.0.revoke_subject(&revoker.1, NOW, NOW).await.unwrap()
    })
    .await;
    commit(holder).await;
    assert_eq!(task.await.unwrap(), 2);
    assert_eq!(place.number("SELECT count(*) FROM {s}.token_families").await, 0);
}

#[tokio::test]
async fn f4_a_rotation_that_waited_for_a_revocation_is_gone() {
    let place = Place::new();
    let store = place.tokens().await;
    let new = family(&subject("alice"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let holder = holding(&place, "DELETE FROM {s}.token_families").await;
    let (rotator, token) = (store.clone(), presented(&new, 0));
    let task = waiting(
        &place,
        1,
        async move { rotator.rotate(&token, NOW).await.unwrap() },
    )
    .await;
    commit(holder).await;
    assert_eq!(task.await.unwrap(), Rotated::Gone);
}

#[tokio::test]
async fn f4_a_revocation_ends_the_family_whose_rotation_it_waited_for() {
    let place = Place::new();
    let store = place.tokens().await;
    let alice = subject("alice");
    let new = family(&alice);
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    // What `rotate` does, stopped before its end.
    let holder = holding(
        &place,
        "SELECT 1 FROM {s}.token_families FOR UPDATE; \
         UPDATE {s}.token_families SET generation = generation + 1",
    )
    .await;
    let revoker = (store.clone(), alice.clone());
    let task = waiting(&place, 1, async move {
        revoker.0.revoke_subject(&revoker.1, NOW, NOW).await.unwrap()
    })
    .await;
    commit(holder).await;
    assert_eq!(task.await.unwrap(), 1);
    let later = store.rotate(&presented(&new, 1), NOW).await.unwrap();
    assert_eq!(later, Rotated::Gone);
}

#[tokio::test]
async fn f1_a_rotation_sees_the_one_that_it_waited_for() {
    let place = Place::new();
    let store = place.tokens().await;
    let new = family(&subject("alice"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let rotated = "UPDATE {s}.token_families SET generation = generation + 1, key_id = 'next', rotated_at = ";
    let holder = holding(&place, &format!("{rotated}{}", at(5).as_millis())).await;
    let (rotator, token) = (store.clone(), presented(&new, 0));
    let task = waiting(
        &place,
        1,
        async move { rotator.rotate(&token, at(6)).await.unwrap() },
    )
    .await;
    commit(holder).await;
    let Rotated::Retry(family) = task.await.unwrap() else {
        panic!("the token before is a retry");
    };
    assert_eq!((family.generation, family.rotated_at), (1, at(5)));
    assert_eq!(family.key_id.as_bytes(), b"next");
}
