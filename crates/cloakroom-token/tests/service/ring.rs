//! Refreshes while the ring is rotated.

use cloakroom_token::cloakroom_core::UnixTime;
use cloakroom_token::cloakroom_keyring::{KeyId, KeyRing};
use cloakroom_token::{RefreshError, Refusal};

use crate::format::bytes_of;
use crate::world::{at, client, issue, key, node, refusal, ring, rotate, store};

fn key_of(token: &str) -> KeyId {
    KeyId::from_bytes(bytes_of(token)[..4].try_into().unwrap())
}

/// Every configuration of a rotation from key 0 to key 1, each adjacent to the one before.
fn steps() -> [KeyRing; 4] {
    let alone = ring();
    let announced = alone.announce(key(1)).unwrap();
    let activated = announced.activate(key(1).id()).unwrap();
    let removed = activated.remove(key(0).id()).unwrap();
    [alone, announced, activated, removed]
}

#[test]
fn f16_adjacent_rings_write_identical_successors() {
    let steps = steps();
    for pair in steps[..3].windows(2) {
        let store = store();
        let nodes = [node(store.clone(), &pair[0]), node(store.clone(), &pair[1])];
        let mut token = issue(&nodes[0]);
        for step in 0..12 {
            let (first, second) = (&nodes[step % 2], &nodes[(step + 1 + step / 4) % 2]);
            let time = at(i64::try_from(step).unwrap());
            let done = rotate(first, &token, time).unwrap();
            let retry = rotate(second, &token, time).unwrap();
            assert!(!done.retried && retry.retried);
            assert_eq!(*done.token, *retry.token);
            assert_eq!(key_of(&done.token), done.family.key_id);
            token = done.token.to_string();
        }
    }
}

#[test]
fn f16_a_family_goes_through_a_whole_rotation() {
    let store = store();
    let mut token = issue(&node(store.clone(), &ring()));
    let mut seen = Vec::new();
    for (deployment, ring) in steps().iter().enumerate() {
        let node = node(store.clone(), ring);
        for step in 0..2 {
            let time = at(i64::try_from(deployment * 100_000 + step).unwrap());
            token = rotate(&node, &token, time).unwrap().token.to_string();
            seen.push(key_of(&token) == key(1).id());
        }
    }
    assert_eq!(seen, [false, false, false, false, true, true, true, true]);
}

#[test]
fn f16_a_revoked_key_is_refused_and_marks_no_family() {
    let store = store();
    let old = node(store.clone(), &ring());
    let token = issue(&old);
    let [_, _, activated, removed] = steps();
    let revoked = activated.revoke(key(0).id(), UnixTime::from_millis(1)).unwrap();
    let asked = store.calls();
    for ring in [&revoked, &removed] {
        assert_eq!(
            refusal(rotate(&node(store.clone(), ring), &token, at(1))),
            "Rejected"
        );
    }
    let unknown = |ring| {
        let opened = node(store.clone(), ring).open(&token, &client("app"));
        opened.unwrap_err().is_of_unknown_key()
    };
    // A revoked key is known; one that the ring does not list may be another server's.
    assert_eq!([unknown(&revoked), unknown(&removed)], [false, true]);
    assert_eq!(store.calls(), asked);
    assert!(!rotate(&old, &token, at(1)).unwrap().retried);
}

#[test]
fn f16_a_server_without_the_row_s_key_says_so_and_ends_nothing() {
    let store = store();
    let [alone, _, activated, _] = steps();
    // Not adjacent: the announcement was left out.
    let (behind, ahead) = (node(store.clone(), &alone), node(store.clone(), &activated));
    let first = issue(&behind);
    let next = rotate(&ahead, &first, at(0)).unwrap().token;
    assert_eq!(key_of(&next), key(1).id());
    let Err(RefreshError::Refused(refused)) = rotate(&behind, &first, at(1)) else {
        panic!("it writes what it cannot");
    };
    assert!(refused == Refusal::UnknownKey && refused.ended().is_none());
    assert_eq!(refusal(rotate(&behind, &next, at(1))), "Rejected");
    assert!(
        behind
            .open(&next, &client("app"))
            .unwrap_err()
            .is_of_unknown_key()
    );
    // The others go on.
    let again = rotate(&ahead, &first, at(2)).unwrap();
    assert!(again.retried && *again.token == *next);
    assert!(rotate(&ahead, &next, at(3)).is_ok());
}
