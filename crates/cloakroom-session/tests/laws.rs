//! What a handler sees of its own changes is what the next request finds.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use cloakroom_session::cloakroom_store::MemoryStore;
use cloakroom_session::cloakroom_store::cloakroom_id::{IndexSecret, SessionToken};
use cloakroom_session::{Answer, Carried, Client, Session, Sessions, Settings};
use proptest::prelude::*;

const KEYS: [&str; 3] = ["basket", "language", "role"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Insert(usize, u64),
    Remove(usize),
    Add(usize, u64),
    Take(usize),
    Login(&'static str),
    Logout,
    LogoutEverywhere,
    LogoutOthers,
    Persistent,
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    prop_oneof![
        (key.clone(), 0..9_u64).prop_map(|(key, value)| Step::Insert(key, value)),
        key.clone().prop_map(Step::Remove),
        (key.clone(), 1..9_u64).prop_map(|(key, by)| Step::Add(key, by)),
        key.prop_map(Step::Take),
        prop_oneof![Just("alice"), Just("bob")].prop_map(Step::Login),
        Just(Step::Logout),
        Just(Step::LogoutEverywhere),
        Just(Step::LogoutOthers),
        Just(Step::Persistent),
    ]
}

async fn take(session: &Session, step: Step) {
    match step {
        Step::Insert(key, value) => session.insert(KEYS[key], &value).unwrap(),
        Step::Remove(key) => session.remove(KEYS[key]).unwrap(),
        Step::Add(key, by) => {
            let add = move |old: Option<u64>| Some(old.unwrap_or(0) + by);
            session.update(KEYS[key], add).await.unwrap();
        }
        Step::Take(key) => {
            session.update(KEYS[key], |_: Option<u64>| None).await.unwrap();
        }
        Step::Login(subject) => session.login(subject).unwrap(),
        Step::Logout => session.logout().unwrap(),
        Step::LogoutEverywhere => session.logout_everywhere().unwrap(),
        Step::LogoutOthers => session.logout_others().unwrap(),
        Step::Persistent => session.persistent().unwrap(),
    }
}

/// The subject and the values, as a handler sees them.
async fn seen(session: &Session) -> (Option<String>, Vec<Option<u64>>) {
    let mut values = Vec::new();
    for key in KEYS {
        values.push(session.get(key).await.unwrap());
    }
    (session.subject().await.unwrap(), values)
}

async fn check(requests: Vec<Vec<Step>>) {
    let secret: Vec<u8> = (100..132).collect();
    let settings = Settings::new(IndexSecret::from_bytes(&secret).unwrap()).carry_over(["basket"]);
    // Each look at the clock is a millisecond later, so that no login meets the cut-off of the one before.
    let clock = std::sync::atomic::AtomicU64::new(1_767_225_600_000);
    let sessions = Sessions::new(MemoryStore::new(), settings)
        .unwrap()
        .with_clock(move || {
            let millis = clock.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            cloakroom_session::cloakroom_store::cloakroom_core::UnixTime::from_millis(
                millis.try_into().unwrap(),
            )
        });
    let mut token: Option<SessionToken> = None;
    for steps in requests {
        let (session, commit) = sessions.begin(token.clone(), Client::default());
        for &step in &steps {
            take(&session, step).await;
        }
        let expected = seen(&session).await;
        match commit.finish(Answer::Succeeded).await.unwrap() {
            Carried::Nothing => {}
            Carried::Set { token: next, .. } => token = Some(next),
            Carried::Remove => token = None,
        }
        // A clone of the handle goes on seeing it, and so does the next request.
        assert_eq!(seen(&session).await, expected, "{steps:?}");
        let (session, commit) = sessions.begin(token.clone(), Client::default());
        assert_eq!(seen(&session).await, expected, "{steps:?}");
        assert!(matches!(
            commit.finish(Answer::Succeeded).await.unwrap(),
            Carried::Nothing
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_a_handler_sees_is_what_the_next_request_finds(
        requests in proptest::collection::vec(proptest::collection::vec(step(), 0..8), 1..5)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check(requests));
    }
}
