//! Rotations as a client sees them.

use std::sync::Arc;

use cloakroom_token::conformance::Tested;
use cloakroom_token::{
    Grant, MemoryTokenStore, RefreshError, RefreshSettings, RefreshTokens, Refusal, StoreErrorKind,
    TokenStore as _,
};

use crate::format::{bytes_of, forged};
use crate::world::{
    NOW, at, client, confirmation, grant, index_secret, issue, node, now, refusal, ring, rotate, store,
};

const DAY: i64 = 24 * 60 * 60 * 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f1_64_tabs_get_one_and_the_same_successor() {
    let store = store();
    // Each on a server of its own.
    let first = issue(&node(store.clone(), &ring()));
    let barrier = Arc::new(tokio::sync::Barrier::new(64));
    let tabs: Vec<_> = (0..64)
        .map(|_| {
            let (node, token, barrier) = (node(store.clone(), &ring()), first.clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                let refreshed = node.rotate(&token, &client("app"), None, at(5)).await.unwrap();
                (refreshed.token.to_string(), refreshed.retried)
            })
        })
        .collect();
    let mut answers = Vec::new();
    for tab in tabs {
        answers.push(tab.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|(_, retried)| !retried).count(), 1);
    assert!(
        answers
            .iter()
            .all(|(token, _)| *token == answers[0].0 && *token != first)
    );
    assert!(rotate(&node(store, &ring()), &answers[0].0, at(6)).is_ok());
}

#[test]
fn f2_a_lost_answer_is_told_again_and_a_thief_is_caught() {
    let node = node(store(), &ring());
    let mut tokens = vec![issue(&node)];
    for generation in 0..3 {
        tokens.push(
            rotate(&node, &tokens[generation], at(0))
                .unwrap()
                .token
                .to_string(),
        );
    }
    let again = rotate(&node, &tokens[2], at(9_999)).unwrap();
    assert!(again.retried && *again.token == tokens[3]);
    assert_eq!(
        (again.family.generation, &again.family.data[..]),
        (3, &b"read write"[..])
    );
    assert_eq!(again.family.authenticated_at, NOW);
    assert_eq!(refusal(rotate(&node, &tokens[1], at(9_999))), "Late");
    let Err(RefreshError::Refused(caught)) = rotate(&node, &tokens[0], at(9_999)) else {
        panic!("an ancestor rotates");
    };
    assert!(!caught.is_alarm());
    assert_eq!(caught.ended().unwrap().subject.as_str(), "alice");
    assert!(matches!(caught, Refusal::Reused(_)));
    for token in &tokens {
        assert_eq!(refusal(rotate(&node, token, at(9_999))), "Gone");
    }
}

#[test]
fn f2_past_grace_the_token_before_is_reuse() {
    let node = node(store(), &ring());
    let first = issue(&node);
    let next = rotate(&node, &first, at(0)).unwrap().token;
    assert_eq!(refusal(rotate(&node, &first, at(10_000))), "Reused");
    assert_eq!(refusal(rotate(&node, &next, at(10_000))), "Gone");
}

#[test]
fn f4_nothing_is_issued_on_an_authentication_before_a_revocation() {
    let store = store();
    let node = node(store.clone(), &ring());
    let token = issue(&node);
    let alice = node.subject("alice").unwrap();
    assert_eq!(now(store.revoke_subject(&alice, at(2000), at(0))).unwrap(), 1);
    assert_eq!(refusal(rotate(&node, &token, at(1))), "Gone");
    for (millis, is_issued) in [(0, false), (2000, false), (2001, true)] {
        let grant = Grant {
            authenticated_at: at(millis),
            ..grant(&node)
        };
        match now(node.issue(&grant, at(1))) {
            Ok(_) => assert!(is_issued),
            Err(RefreshError::Refused(Refusal::CutOff)) => assert!(!is_issued),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn f5_use_prolongs_up_to_the_absolute_deadline() {
    let node = node(store(), &ring());
    let idle = issue(&node);
    assert_eq!(refusal(rotate(&node, &idle, at(30 * DAY))), "Gone");
    let mut token = issue(&node);
    for day in [29, 58, 87] {
        token = rotate(&node, &token, at(day * DAY)).unwrap().token.to_string();
    }
    let last = rotate(&node, &token, at(90 * DAY - 1)).unwrap();
    assert_eq!(
        (last.family.idle_deadline, last.family.absolute_deadline),
        (at(90 * DAY), at(90 * DAY))
    );
    assert_eq!(refusal(rotate(&node, &last.token, at(90 * DAY))), "Gone");
}

#[test]
fn f5_without_grace_a_retry_is_reuse() {
    let mut settings = RefreshSettings::default();
    settings.grace = std::time::Duration::ZERO;
    let node = RefreshTokens::new(store(), &ring(), settings, index_secret()).unwrap();
    let first = issue(&node);
    assert!(rotate(&node, &first, at(0)).is_ok());
    assert_eq!(refusal(rotate(&node, &first, at(0))), "Reused");
}

#[test]
fn f18_generations_at_their_ends() {
    let store = store();
    let node = node(store, &ring());
    let first = issue(&node);
    let of_generation = |generation: u32| {
        let mut signed = bytes_of(&first)[..56].to_vec();
        signed[20..24].copy_from_slice(&generation.to_be_bytes());
        forged(0, &signed, "app")
    };
    for ahead in [1, 2, 1 << 31, u32::MAX] {
        let answer = rotate(&node, &of_generation(ahead), at(1));
        let Err(RefreshError::Refused(refusal)) = answer else {
            panic!("{answer:?}");
        };
        assert!(refusal.is_alarm() && refusal == Refusal::Ahead);
    }
    assert!(rotate(&node, &first, at(1)).is_ok());
}

#[test]
fn f18_the_last_generation_ends_the_family() {
    let store = Arc::new(MemoryTokenStore::new());
    let node = node(store.clone(), &ring());
    let issued = now(node.issue(&grant(&node), NOW)).unwrap();
    now(Tested::set_generation(
        &*store,
        &issued.family,
        u64::from(u32::MAX - 1),
    ));
    let mut signed = bytes_of(&issued.token)[..56].to_vec();
    signed[20..24].copy_from_slice(&(u32::MAX - 1).to_be_bytes());
    let last = rotate(&node, &forged(0, &signed, "app"), at(1)).unwrap();
    assert_eq!(&bytes_of(&last.token)[20..24], [0xff; 4]);
    let Err(RefreshError::Refused(refused)) = rotate(&node, &last.token, at(2)) else {
        panic!("there is a generation after the last");
    };
    assert_eq!(
        refused.ended().map(|family| family.generation),
        Some(u64::from(u32::MAX))
    );
    assert_eq!(refusal(rotate(&node, &last.token, at(2))), "Gone");
}

#[test]
fn f18_a_retry_has_to_prove_the_key_too() {
    let node = node(store(), &ring());
    let bound = Grant {
        confirmation: Some(confirmation(1)),
        ..grant(&node)
    };
    let first = now(node.issue(&bound, NOW)).unwrap().token;
    let prove = |token: &str, key| now(node.rotate(token, &client("app"), key, at(1)));
    for wrong in [None, Some(confirmation(2))] {
        assert_eq!(refusal(prove(&first, wrong)), "WrongConfirmation");
    }
    let next = prove(&first, Some(confirmation(1))).unwrap();
    assert!(!next.retried && next.family.confirmation == Some(confirmation(1)));
    for wrong in [None, Some(confirmation(2))] {
        assert_eq!(refusal(prove(&first, wrong)), "WrongConfirmation");
        assert_eq!(refusal(prove(&next.token, wrong)), "WrongConfirmation");
    }
    let again = prove(&first, Some(confirmation(1))).unwrap();
    assert!(again.retried && *again.token == *next.token);
}

#[test]
fn f20_a_revocation_ends_the_whole_family_of_its_own_client() {
    let node = node(store(), &ring());
    let first = issue(&node);
    let next = rotate(&node, &first, at(0)).unwrap().token;
    assert!(!now(node.revoke(&first, &client("other"))).unwrap());
    assert!(now(node.load(&next, &client("app"), at(1))).unwrap().is_some());
    // An old one will do, and is no reuse.
    assert!(now(node.revoke(&first, &client("app"))).unwrap());
    assert!(!now(node.revoke(&first, &client("app"))).unwrap());
    assert_eq!(refusal(rotate(&node, &next, at(1))), "Gone");
}

#[test]
fn a_store_that_fails_ends_nothing() {
    let store = store();
    let node = node(store.clone(), &ring());
    let token = issue(&node);
    store.go_down();
    let Err(RefreshError::Store(error)) = rotate(&node, &token, at(0)) else {
        panic!("it answers");
    };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(now(node.revoke(&token, &client("app"))).is_err());
    assert!(now(node.load(&token, &client("app"), at(0))).is_err());
}
