//! Tokens: what is stored of them, when there are new ones, and what wrong ones do.

use std::collections::HashSet;
use std::net::IpAddr;

use cloakroom_keyring::KeyRing;
use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::conformance::{Fault, Operation};
use cloakroom_store::{StoreErrorKind, SubjectIndex};

use super::desk::{Desk, HOUR, SECOND, nothing, removed, set, superseded};
use crate::{Answer, Carried, Client, EventKind, SessionError};

/// What the store is given holds neither the token nor its verifier; encrypted, nothing of the values either.
pub async fn d8_a_record_holds_neither_token_nor_verifier(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let ring = KeyRing::generate().expect("the operating system has random bytes");
    let encrypted = desk.another(|settings| settings.encrypt(&ring, "sessions"));
    for (desk, readable) in [(&desk, true), (&encrypted, false)] {
        let (session, commit) = desk.begin([]);
        session.login("alice").unwrap();
        session.insert("word", "correct horse battery staple").unwrap();
        let token = set(commit.finish(Answer::Succeeded).await);
        let next = desk.login_over([&token], "alice").await;
        let row = desk.row(token.selector()).await.unwrap();
        for token in [&token, &next] {
            let text = token.to_text();
            let verifier = decoded(&text);
            for kept in [
                &row.payload[..],
                row.verifier_hash.as_bytes(),
                row.previous.as_ref().unwrap().verifier_hash.as_bytes(),
            ] {
                assert!(!contains(kept, text.as_bytes()));
                assert!(!contains(kept, &text.as_bytes()[22..]));
                assert!(!contains(kept, &verifier[16..]));
            }
        }
        assert_eq!(contains(&row.payload, b"battery"), readable);
        assert_eq!(contains(&row.payload, b"word"), readable);
    }
}

/// 256 random bits each, new with every login and every new authentication (ASVS 7.2.3, 7.2.4).
pub async fn d14_every_login_and_authentication_has_a_new_token(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let mut seen = HashSet::new();
    let mut token = desk.visitor().await;
    assert!(seen.insert(token.to_text().to_string()));
    for subject in ["alice", "alice", "bob", "alice", "alice"] {
        let before = desk.subject(&token).await;
        let next = desk.login_over([&token], subject).await;
        let text = next.to_text();
        assert_eq!(decoded(&text).len() * 8, 384);
        assert!(seen.insert(text.to_string()));
        // The selector stays when the subject does; the 32 bytes that open the session never do.
        assert_eq!(
            next.selector() == token.selector(),
            before.as_deref() == Some(subject)
        );
        assert!(!desk.opens(&token).await);
        assert_eq!(desk.subject(&next).await.as_deref(), Some(subject));
        token = next;
    }
    for _ in 0..100 {
        let token = desk.login("carol").await;
        assert!(seen.insert(token.to_text()[22..].to_string()));
        assert_eq!(
            token.selector().tag(),
            desk.sessions.subject("carol").unwrap().tag()
        );
    }
}

/// A thousand wrong tokens: the session is what it was, no cookie, one kind of event, one look at the store each.
pub async fn d21_wrong_verifiers_change_nothing(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let old = desk.login("alice").await;
    let token = desk.login_over([&old], "alice").await;
    let row = desk.row(token.selector()).await.unwrap();
    desk.advance(2 * 60 * SECOND);
    for (wrong, kind) in [(false, EventKind::Reused), (true, EventKind::WrongVerifier)] {
        desk.events();
        desk.store.take_calls();
        for number in 0..1_000 {
            let guess = if wrong {
                SessionToken::renewed(token.selector()).expect("the operating system has random bytes")
            } else {
                old.clone()
            };
            let (session, commit) = desk.begin([&guess]);
            assert_eq!(session.subject().await.unwrap(), None);
            // Whatever the handler tries, nothing is taken from the one who holds the token.
            match number % 5 {
                0 => session.logout().unwrap(),
                1 => session.logout_everywhere().unwrap(),
                2 => session.end(&token.selector()).unwrap(),
                3 => session.logout_others().unwrap(),
                _ => {
                    session.insert("basket", &1).unwrap();
                    superseded(commit.finish(Answer::Succeeded).await);
                    continue;
                }
            }
            nothing(commit.finish(Answer::Succeeded).await);
        }
        assert_eq!(desk.events(), vec![kind; 1_000]);
        assert_eq!(desk.store.take_calls(), vec![Operation::Load; 1_000]);
        assert_eq!(desk.row(token.selector()).await.unwrap(), row);
    }
    // Whoever holds a dead token can log in all the same, and the session that it once opened goes on.
    let other = desk.login_over([&old], "alice").await;
    assert_ne!(other.selector(), token.selector());
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));
}

/// A bearer's answers set no cookie, and a new token is handed over once.
pub async fn d23_a_bearer_is_handed_its_token_once_and_no_cookie(store: impl SubjectIndex) {
    let desk = Desk::with(store, |settings| settings.renew_every(HOUR / 4));
    let begin = |token: Option<&SessionToken>| desk.sessions.begin_bearer(token.cloned(), Client::default());

    let (session, commit) = begin(None);
    session.login("alice").unwrap();
    assert!(session.take_renewed().is_none());
    session.commit().await.unwrap();
    let text = session.take_renewed().expect("the login made a token");
    assert!(session.take_renewed().is_none());
    nothing(commit.finish(Answer::Succeeded).await);
    let token = SessionToken::parse(text.as_bytes()).unwrap();
    assert_eq!(desk.subject(&token).await.as_deref(), Some("alice"));

    // When it is time, a handler that does not ask for a new token keeps the old one.
    desk.advance(HOUR / 4);
    let (session, commit) = begin(Some(&token));
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
    nothing(commit.finish(Answer::Succeeded).await);
    let (session, commit) = begin(Some(&token));
    assert_eq!(session.subject().await.unwrap().as_deref(), Some("alice"));
    session.commit().await.unwrap();
    let text = session.take_renewed().expect("it was time for a new token");
    assert!(session.take_renewed().is_none());
    nothing(commit.finish(Answer::Succeeded).await);
    let next = SessionToken::parse(text.as_bytes()).unwrap();
    assert_eq!(desk.subject(&next).await.as_deref(), Some("alice"));

    // A token that nobody took is not set as a cookie.
    let (session, commit) = begin(Some(&next));
    session.login("alice").unwrap();
    session.commit().await.unwrap();
    nothing(commit.finish(Answer::Succeeded).await);

    // And a session whose token nobody could be given is not made.
    for make in [
        |session: &crate::Session| session.login("bob"),
        |session: &crate::Session| session.insert("a", &1),
    ] {
        let (session, commit) = begin(None);
        make(&session).unwrap();
        let answer = commit.finish(Answer::Succeeded).await;
        assert!(matches!(answer, Err(SessionError::TokenNotTaken)), "{answer:?}");
    }

    // A logout is one, and says nothing to a cookie.
    let token = desk.login("bob").await;
    let (session, commit) = begin(Some(&token));
    session.logout().unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.row(token.selector()).await, None);
}

/// At most four tokens are tried; the one that opens a session counts; two sessions are none.
pub async fn a6_of_several_tokens_the_one_that_opens_a_session_counts(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let (alice, bob) = (desk.login("alice").await, desk.login("bob").await);
    let unknown: Vec<_> = (0..4)
        .map(|_| SessionToken::generate(None).expect("the operating system has random bytes"))
        .collect();
    let wrong = SessionToken::renewed(bob.selector()).expect("the operating system has random bytes");
    desk.store.take_calls();
    for (tokens, subject, loads) in [
        (vec![], None, 0),
        (vec![&alice], Some("alice"), 1),
        (vec![&unknown[0], &alice], Some("alice"), 2),
        (vec![&alice, &unknown[0], &wrong], Some("alice"), 3),
        (vec![&alice, &alice, &alice], Some("alice"), 1),
        (vec![&wrong, &bob], Some("bob"), 1),
        (vec![&bob, &wrong], Some("bob"), 1),
        (
            vec![&unknown[0], &unknown[1], &unknown[2], &alice],
            Some("alice"),
            4,
        ),
        (
            vec![&unknown[0], &unknown[1], &unknown[2], &unknown[3], &alice],
            None,
            4,
        ),
    ] {
        let (session, commit) = desk.begin(tokens);
        assert_eq!(session.subject().await.unwrap().as_deref(), subject);
        nothing(commit.finish(Answer::Succeeded).await);
        assert_eq!(desk.store.take_calls(), vec![Operation::Load; loads]);
    }

    desk.events();
    let (session, commit) = desk.begin([&alice, &bob]);
    assert_eq!(session.subject().await.unwrap(), None);
    assert_eq!(session.info().await.unwrap(), None);
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.events(), [EventKind::Ambiguous]);
    for write in [
        |session: &crate::Session| session.insert("a", &1),
        |session: &crate::Session| session.login("alice"),
    ] {
        let (session, commit) = desk.begin([&alice, &bob]);
        write(&session).unwrap();
        let answer = commit.finish(Answer::Succeeded).await;
        assert!(matches!(answer, Err(SessionError::Ambiguous)), "{answer:?}");
    }
    assert_eq!(desk.subject(&alice).await.as_deref(), Some("alice"));
    // Whoever holds both can end both, and begin anew.
    let failing = (desk.login("alice").await, desk.login("bob").await);
    let (session, commit) = desk.begin([&failing.0, &failing.1]);
    session.logout().unwrap();
    desk.store
        .next(Operation::Delete, Fault::FailBefore(StoreErrorKind::Unavailable));
    let answer = commit.finish(Answer::Succeeded).await;
    assert!(matches!(answer, Err(SessionError::Store(_))), "{answer:?}");
    assert_eq!(desk.row(failing.1.selector()).await, None);
    let (session, commit) = desk.begin([&alice, &bob]);
    session.logout().unwrap();
    nothing(commit.finish(Answer::Succeeded).await);
    assert_eq!(desk.row(alice.selector()).await, None);
    assert_eq!(desk.row(bob.selector()).await, None);
    let next = desk.login_over([&alice, &bob], "alice").await;
    assert_eq!(desk.subject(&next).await.as_deref(), Some("alice"));
}

/// An unknown or ended token makes no cookie, neither a removal.
pub async fn d13_a_token_that_opens_nothing_removes_nothing(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let ended = desk.login("alice").await;
    desk.logout(&ended).await;
    let unknown = SessionToken::generate(None).expect("the operating system has random bytes");
    for token in [&ended, &unknown] {
        for act in 0..4 {
            let (session, commit) = desk.begin([token]);
            match act {
                0 => assert_eq!(session.subject().await.unwrap(), None),
                1 => session.logout().unwrap(),
                2 => session.remove("basket").unwrap(),
                _ => session.logout_everywhere().unwrap(),
            }
            nothing(commit.finish(Answer::Succeeded).await);
        }
    }
    let token = desk.visitor().await;
    let (session, commit) = desk.begin([&token]);
    session.logout().unwrap();
    removed(commit.finish(Answer::Succeeded).await);
}

/// The list of devices tells who logged in with each.
pub async fn d15_a_device_is_told_by_its_client(store: impl SubjectIndex) {
    let desk = Desk::new(store);
    let client = Client {
        user_agent: Some("Browser/1.0".repeat(100)),
        address: Some(IpAddr::from([192, 0, 2, 7])),
    };
    let (session, commit) = desk.sessions.begin([], client.clone());
    session.login("alice").unwrap();
    let Ok(Carried::Set { token, .. }) = commit.finish(Answer::Succeeded).await else {
        panic!("a token was to be carried");
    };
    desk.write(&token, "basket", 1).await;
    let (session, commit) = desk.begin([&token]);
    let devices = session.devices(super::ending::page()).await.unwrap().devices;
    let [device] = &devices[..] else {
        panic!("there is one device");
    };
    assert_eq!(device.client.address, client.address);
    assert_eq!(
        device.client.user_agent.as_deref(),
        Some(&client.user_agent.unwrap()[..256])
    );
    assert!(device.is_current);
    assert_eq!(device.selector, token.selector());
    assert_eq!(device.authenticated_at, desk.now());
    nothing(commit.finish(Answer::Succeeded).await);
    let (session, _commit) = desk.begin([]);
    let answer = session.devices(super::ending::page()).await;
    assert!(matches!(answer, Err(SessionError::LoginRequired)), "{answer:?}");
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The bytes of 64 characters of base64url.
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    text.as_bytes()
        .chunks(4)
        .flat_map(|four| {
            let bits = four
                .iter()
                .fold(0_u32, |bits, &byte| bits << 6 | u32::from(value(byte)));
            bits.to_be_bytes().into_iter().skip(1)
        })
        .collect()
}
