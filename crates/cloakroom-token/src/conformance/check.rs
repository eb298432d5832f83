//! What the cases share.

use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_id::Subject;
pub(super) use cloakroom_kit::{Task, ok, race, task};

use crate::{AccessToken, Created, Family, NewFamily, TokenStore};

/// Creates a family, and gives what the store now holds.
pub(super) async fn created(store: &impl TokenStore, family: &NewFamily, now: UnixTime) -> Family {
    assert_eq!(ok(store.create_family(family, now).await), Created::Done);
    family.stored(now)
}

/// Creates an access token.
pub(super) async fn created_access(store: &impl TokenStore, token: &AccessToken, now: UnixTime) {
    assert_eq!(ok(store.create_access(token, now).await), Created::Done);
}

/// Everything that `subject` is listed with, in parts of `max`.
pub(super) async fn listed_by(
    store: &impl TokenStore,
    subject: &Subject,
    max: u32,
    now: UnixTime,
) -> Vec<Family> {
    let max = NonZeroU32::new(max).expect("cases list something");
    let mut all: Vec<Family> = Vec::new();
    loop {
        let last = all.last().map(|last| last.id);
        let part = ok(store.list_by_subject(subject, last.as_ref(), max, now).await);
        assert!(
            part.len() <= usize::try_from(max.get()).unwrap_or(usize::MAX),
            "a part of a list has at most as many families as were asked for"
        );
        if part.is_empty() {
            return all;
        }
        for family in part {
            assert!(
                all.last().is_none_or(|last| last.id < family.id),
                "families are listed in the order of their ids, each once"
            );
            all.push(family);
        }
    }
}

/// Everything that `subject` is listed with.
pub(super) async fn listed(store: &impl TokenStore, subject: &Subject, now: UnixTime) -> Vec<Family> {
    listed_by(store, subject, 100, now).await
}

/// Asserts that the family is what it should be, when loaded and when listed.
pub(super) async fn assert_holds(
    store: &impl TokenStore,
    family: &NewFamily,
    expected: &Family,
    now: UnixTime,
) {
    let loaded = ok(store.load_family(&family.id, &family.secret_hash, now).await);
    assert!(
        loaded.as_ref() == Some(expected),
        "a load answers\n  {}\nand not\n  {}",
        told(loaded.as_ref()),
        told(Some(expected))
    );
    let listed = listed(store, &family.subject, now).await;
    let found = listed.iter().find(|listed| listed.id == family.id);
    assert!(
        found == Some(expected),
        "a list shows\n  {}\nand not\n  {}",
        told(found),
        told(Some(expected))
    );
}

/// Asserts that nobody sees the family at `now`.
pub(super) async fn assert_gone(store: &impl TokenStore, family: &NewFamily, now: UnixTime) {
    assert_eq!(
        ok(store.load_family(&family.id, &family.secret_hash, now).await),
        None,
        "a load after the end"
    );
    let listed = listed(store, &family.subject, now).await;
    assert!(
        listed.iter().all(|listed| listed.id != family.id),
        "a family is listed after its end"
    );
}

/// All of a family that cases compare, for a message. None of it is anybody's.
pub(super) fn told(family: Option<&Family>) -> String {
    family.map_or("nothing".into(), |family| {
        let Family { id, client, subject, authenticated_at, confirmation, generation, key_id, created_at, .. } = family;
        let Family { rotated_at, idle_deadline, absolute_deadline, data, .. } = family;
        format!(
            "{id:?} of {client:?} and {subject:?}, authenticated {authenticated_at:?}, {:?}, generation {generation}, {key_id:?}, \
             created {created_at:?}, rotated {rotated_at:?}, until {idle_deadline:?} and {absolute_deadline:?}, with {data:?}",
            confirmation.map(|bound| bound.as_bytes()[0]),
        )
    })
}
