//! What is stored, in the clear and encrypted, and what is not read.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_session::cloakroom_keyring::{Key, KeyRing};
use cloakroom_session::cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_session::cloakroom_store::cloakroom_id::{IndexSecret, SessionToken};
use cloakroom_session::cloakroom_store::{
    Change, MemoryStore, SessionStore as _, StoreErrorKind, Stored, Updated,
};
use cloakroom_session::{
    Answer, Carried, Client, InvalidSettings, Session, SessionError, Sessions, Settings,
};

fn settings() -> Settings {
    let secret: Vec<u8> = (100..132).collect();
    Settings::new(IndexSecret::from_bytes(&secret).unwrap())
}

async fn written(sessions: &Sessions, write: impl FnOnce(&Session)) -> SessionToken {
    let client = Client {
        user_agent: Some("Browser/1.0".to_owned()),
        address: Some([192, 0, 2, 7].into()),
    };
    let (session, commit) = sessions.begin([], client);
    session.login("alice").unwrap();
    write(&session);
    match commit.finish(Answer::Succeeded).await.unwrap() {
        Carried::Set { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

async fn row(sessions: &Sessions, token: &SessionToken) -> Stored {
    let row = sessions.store().load(&token.selector(), UnixTime::now()).await;
    row.unwrap().unwrap()
}

async fn value(sessions: &Sessions, token: &SessionToken) -> Result<Option<String>, SessionError> {
    let (session, _commit) = sessions.begin([token.clone()], Client::default());
    session.get("word").await
}

async fn put(sessions: &Sessions, row: &Stored, payload: Vec<u8>) {
    let change = Change {
        payload: payload.into(),
        idle_deadline: row.idle_deadline,
    };
    let version = sessions
        .store()
        .load(&row.selector, UnixTime::now())
        .await
        .unwrap()
        .unwrap()
        .version;
    let done = sessions
        .store()
        .update(&row.selector, version, &change, UnixTime::now())
        .await
        .unwrap();
    assert_eq!(done, Updated::Done(version.next()));
}

#[track_caller]
fn corrupt<T: std::fmt::Debug>(answer: &Result<T, SessionError>) {
    assert!(
        matches!(answer, Err(SessionError::Store(error)) if error.kind() == StoreErrorKind::Corrupt),
        "{answer:?}"
    );
}

#[tokio::test]
async fn the_plain_format_is_the_documented_one() {
    let sessions = Sessions::new(MemoryStore::new(), settings()).unwrap();
    let token = written(&sessions, |session| {
        session.insert("word", "open sesame").unwrap();
        session.insert("count", &[1, 2]).unwrap();
    })
    .await;
    let payload = row(&sessions, &token).await.payload;
    assert_eq!(
        &payload[..],
        b"\x01\x00\
          \0\0\0\x23{\"u\":\"Browser/1.0\",\"a\":\"192.0.2.7\"}\
          \0\0\0\x05count\0\0\0\x05[1,2]\
          \0\0\0\x04word\0\0\0\x0d\"open sesame\""
    );
}

#[tokio::test]
async fn a_value_that_is_no_json_is_corrupt_and_the_others_are_read() {
    let sessions = Sessions::new(MemoryStore::new(), settings()).unwrap();
    let token = written(&sessions, |_| {}).await;
    let row = row(&sessions, &token).await;
    let bad: [&[u8]; 4] = [b"", b"\"open", b"\"\xff\"", b"1 2"];
    for bad in bad {
        let length = u8::try_from(bad.len()).unwrap();
        let payload: [&[u8]; 4] = [
            b"\x01\x00\0\0\0\x02{}\0\0\0\x03bad\0\0\0",
            &[length],
            bad,
            b"\0\0\0\x04word\0\0\0\x06\"open\"",
        ];
        put(&sessions, &row, payload.concat()).await;
        assert_eq!(value(&sessions, &token).await.unwrap().as_deref(), Some("open"));
        let (session, commit) = sessions.begin([token.clone()], Client::default());
        corrupt(&session.get::<String>("bad").await);
        corrupt(&session.update("bad", |old: Option<String>| old).await);
        // What replaces it needs not read it.
        session.insert("bad", "good").unwrap();
        assert!(matches!(
            commit.finish(Answer::Succeeded).await,
            Ok(Carried::Nothing)
        ));
        let (session, _commit) = sessions.begin([token.clone()], Client::default());
        assert_eq!(
            session.get::<String>("bad").await.unwrap().as_deref(),
            Some("good")
        );
    }
}

#[tokio::test]
async fn every_flipped_bit_of_an_encrypted_payload_is_noticed() {
    let ring = KeyRing::generate().unwrap();
    let sessions = Sessions::new(MemoryStore::new(), settings().encrypt(&ring, "main")).unwrap();
    let token = written(&sessions, |session| {
        session.insert("word", "open sesame").unwrap();
    })
    .await;
    let row = row(&sessions, &token).await;
    assert_eq!(row.payload[0], 2);
    assert_eq!(row.payload[1..5], *ring.active().id().as_bytes());
    assert_eq!(
        value(&sessions, &token).await.unwrap().as_deref(),
        Some("open sesame")
    );
    for index in 0..row.payload.len() {
        let mut payload = row.payload.to_vec();
        payload[index] ^= 1 << (index % 8);
        put(&sessions, &row, payload).await;
        corrupt(&value(&sessions, &token).await);
    }
    for length in 0..row.payload.len() {
        put(&sessions, &row, row.payload[..length].to_vec()).await;
        corrupt(&value(&sessions, &token).await);
    }
    put(&sessions, &row, row.payload.to_vec()).await;
    assert_eq!(
        value(&sessions, &token).await.unwrap().as_deref(),
        Some("open sesame")
    );
}

#[tokio::test]
async fn a_payload_opens_for_its_own_session_and_store_alone() {
    let ring = KeyRing::generate().unwrap();
    let store = Arc::new(MemoryStore::new());
    let sessions = Sessions::new(Arc::clone(&store), settings().encrypt(&ring, "main")).unwrap();
    let first = written(&sessions, |session| session.insert("word", "first").unwrap()).await;
    let second = written(&sessions, |session| session.insert("word", "second").unwrap()).await;
    let (first_row, second_row) = (row(&sessions, &first).await, row(&sessions, &second).await);
    put(&sessions, &second_row, first_row.payload.to_vec()).await;
    corrupt(&value(&sessions, &second).await);
    assert_eq!(value(&sessions, &first).await.unwrap().as_deref(), Some("first"));
    let elsewhere = Sessions::new(store, settings().encrypt(&ring, "other")).unwrap();
    corrupt(&value(&elsewhere, &first).await);
}

#[tokio::test]
async fn keys_rotate_under_sessions() {
    let store = Arc::new(MemoryStore::new());
    let sessions =
        |ring: &KeyRing| Sessions::new(Arc::clone(&store), settings().encrypt(ring, "main")).unwrap();
    let old = KeyRing::generate().unwrap();
    let token = written(&sessions(&old), |session| session.insert("word", "old").unwrap()).await;
    let key = Key::generate().unwrap();
    let id = key.id();
    let announced = old.announce(key).unwrap();
    let active = announced.activate(id).unwrap();
    for ring in [&announced, &active] {
        assert_eq!(
            value(&sessions(ring), &token).await.unwrap().as_deref(),
            Some("old")
        );
    }
    // A change is written under the key that is active by then, which the announcing servers read, too.
    let (session, commit) = sessions(&active).begin([token.clone()], Client::default());
    session.insert("word", "new").unwrap();
    assert!(matches!(
        commit.finish(Answer::Succeeded).await,
        Ok(Carried::Nothing)
    ));
    assert_eq!(
        row(&sessions(&active), &token).await.payload[1..5],
        *id.as_bytes()
    );
    assert_eq!(
        value(&sessions(&announced), &token).await.unwrap().as_deref(),
        Some("new")
    );
    corrupt(&value(&sessions(&old), &token).await);
    let removed = active.remove(old.active().id()).unwrap();
    assert_eq!(
        value(&sessions(&removed), &token).await.unwrap().as_deref(),
        Some("new")
    );
}

#[tokio::test]
async fn plaintext_is_read_beside_encryption_only_when_that_is_said() {
    let ring = KeyRing::generate().unwrap();
    let store = Arc::new(MemoryStore::new());
    let plain = Sessions::new(Arc::clone(&store), settings()).unwrap();
    let strict = Sessions::new(Arc::clone(&store), settings().encrypt(&ring, "main")).unwrap();
    let migrating = settings().encrypt(&ring, "main").accept_plaintext();
    let migrating = Sessions::new(Arc::clone(&store), migrating).unwrap();
    let token = written(&plain, |session| session.insert("word", "plain").unwrap()).await;
    corrupt(&value(&strict, &token).await);
    assert_eq!(value(&migrating, &token).await.unwrap().as_deref(), Some("plain"));
    let (session, commit) = migrating.begin([token.clone()], Client::default());
    session.insert("word", "sealed").unwrap();
    assert!(matches!(
        commit.finish(Answer::Succeeded).await,
        Ok(Carried::Nothing)
    ));
    assert_eq!(row(&plain, &token).await.payload[0], 2);
    assert_eq!(value(&strict, &token).await.unwrap().as_deref(), Some("sealed"));
    corrupt(&value(&plain, &token).await);
}

#[tokio::test]
async fn a_session_grows_to_its_limit_and_not_beyond() {
    let ring = KeyRing::generate().unwrap();
    for settings in [settings(), settings().encrypt(&ring, "main")] {
        let sessions = Sessions::new(MemoryStore::new(), settings.max_payload(1000)).unwrap();
        let token = written(&sessions, |_| {}).await;
        let empty = row(&sessions, &token).await.payload.len();
        // Two lengths, `word` and `""` are 14 bytes.
        for (length, fits) in [(1000 - empty - 14, true), (1000 - empty - 13, false)] {
            let (session, commit) = sessions.begin([token.clone()], Client::default());
            session.insert("word", &"a".repeat(length)).unwrap();
            let answer = commit.finish(Answer::Succeeded).await;
            if fits {
                assert!(matches!(answer, Ok(Carried::Nothing)), "{answer:?}");
                assert_eq!(row(&sessions, &token).await.payload.len(), 1000);
            } else {
                assert!(matches!(answer, Err(SessionError::TooLarge)), "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_that_does_not_repeat_it() {
    let sessions = Sessions::new(MemoryStore::new(), settings()).unwrap();
    let token = written(&sessions, |session| {
        session.insert("word", "open sesame").unwrap();
    })
    .await;
    let (session, _commit) = sessions.begin([token], Client::default());
    let errors = [
        session.get::<u64>("word").await.map(|_| ()).unwrap_err(),
        session
            .update("word", |old: Option<u64>| old)
            .await
            .map(|_| ())
            .unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, SessionError::Codec(_)));
        assert!(!format!("{error} {error:?}").contains("sesame"));
    }
    let not_json = std::collections::HashMap::from([((1, 2), 3)]);
    assert!(matches!(
        session.insert("word", &not_json),
        Err(SessionError::Codec(_))
    ));
    assert_eq!(
        session.get::<String>("word").await.unwrap().as_deref(),
        Some("open sesame")
    );
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    use std::time::Duration;
    const MINUTE: Duration = Duration::from_secs(60);
    let ring = KeyRing::generate().unwrap();
    let long = "a".repeat(1 << 16);
    let cases: [(Settings, Option<InvalidSettings>); 22] = [
        (settings(), None),
        (
            settings().idle_timeout(Duration::ZERO),
            Some(InvalidSettings::Timeout),
        ),
        (
            settings().absolute_timeout(Duration::from_millis(999)),
            Some(InvalidSettings::Timeout),
        ),
        (
            settings().persistent_absolute_timeout(MINUTE * 60 * 24 * 401),
            Some(InvalidSettings::Timeout),
        ),
        (
            settings().persistent_idle_timeout(Duration::MAX),
            Some(InvalidSettings::Timeout),
        ),
        (settings().absolute_timeout(MINUTE), None),
        (settings().touch_every(15 * MINUTE), None),
        (
            settings().touch_every(16 * MINUTE),
            Some(InvalidSettings::TouchEvery),
        ),
        (
            settings().touch_every(Duration::ZERO),
            Some(InvalidSettings::TouchEvery),
        ),
        (settings().idle_timeout(MINUTE), None),
        (
            settings().idle_timeout(MINUTE).touch_every(MINUTE),
            Some(InvalidSettings::TouchEvery),
        ),
        (
            settings().store_timeout(Duration::ZERO),
            Some(InvalidSettings::StoreTimeout),
        ),
        (
            settings().renew_every(30 * Duration::from_secs(1)),
            Some(InvalidSettings::RenewEvery),
        ),
        (settings().renew_every(31 * Duration::from_secs(1)), None),
        (settings().max_payload(0), Some(InvalidSettings::MaxPayload)),
        (settings().max_payload(1 << 20), None),
        (
            settings().max_payload((1 << 20) + 1),
            Some(InvalidSettings::MaxPayload),
        ),
        (settings().encrypt(&ring, ""), Some(InvalidSettings::StoreName)),
        (settings().encrypt(&ring, &long), Some(InvalidSettings::StoreName)),
        (settings().encrypt(&ring, "main").accept_plaintext(), None),
        (
            settings().accept_plaintext(),
            Some(InvalidSettings::AcceptPlaintext),
        ),
        (settings().max_sessions_per_subject(NonZeroU32::MIN), None),
    ];
    for (settings, refused) in cases {
        assert_eq!(
            Sessions::new(MemoryStore::new(), settings.clone()).err(),
            refused,
            "{settings:?}"
        );
    }
}

#[test]
fn nothing_prints_what_is_secret() {
    let ring = KeyRing::generate().unwrap();
    let settings = settings().encrypt(&ring, "main");
    let sessions = Sessions::new(MemoryStore::new(), settings.clone()).unwrap();
    let (session, commit) = sessions.begin([], Client::default());
    session.insert("word", "open sesame").unwrap();
    let text = format!("{settings:?} {sessions:?} {session:?} {commit:?}");
    assert!(!text.contains("sesame"));
    assert!(text.contains("IndexSecret(..)"));
    assert!(text.contains("Cipher(..)"));
}
