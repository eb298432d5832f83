//! Against a real server on loopback: what is fetched when, what is refused, what tokens are told.

#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "helpers of tests are tests; what a verifier has verified is called so"
)]

mod issuers;
mod keys;
mod refused;
mod rules;
mod server;
mod shutdown;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_jwks::cloakroom_core::{Tick, UnixTime};
use cloakroom_jwks::cloakroom_jwt::aws_lc::Ed25519SigningKey;
use cloakroom_jwks::cloakroom_jwt::{ErrorKind, Policy, Signer, SigningKey, Typ, VerifyingKey, jwk_set_json};
use cloakroom_jwks::{Builder, Event, EventKind, JwksVerifier, VerifyError};
use serde::{Deserialize, Serialize};

use server::Server;

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_000);

/// Nothing here may take longer. It is not a measurement: what hangs fails.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) exp: u64,
}

pub(crate) fn policy(issuer: &str) -> Policy {
    Policy::new(issuer, "api", Typ::exact("at+jwt"))
}

/// A key that follows from its number.
pub(crate) fn key(number: u8, kid: &str) -> SigningKey {
    SigningKey::from(Ed25519SigningKey::from_seed(&[number; 32]).unwrap()).with_kid(kid)
}

/// The set of these keys.
pub(crate) fn set(keys: &[&SigningKey]) -> String {
    let keys: Vec<VerifyingKey> = keys.iter().map(|key| key.verifying_key()).collect();
    jwk_set_json(&keys).unwrap()
}

pub(crate) fn token_of(issuer: &str, key: &SigningKey) -> String {
    let claims = Claims {
        iss: issuer.into(),
        sub: "alice".into(),
        aud: "api".into(),
        exp: 1_750_000_300,
    };
    Signer::new(key.clone(), "at+jwt").unwrap().sign(&claims).unwrap()
}

pub(crate) fn token(key: &SigningKey) -> String {
    token_of(ISSUER, key)
}

/// A clock that stands still until it is moved.
#[derive(Clone, Default)]
pub(crate) struct Hand(Arc<AtomicU64>);

impl Hand {
    pub(crate) fn read(&self) -> impl Fn() -> Tick + Send + Sync + 'static + use<> {
        let millis = Arc::clone(&self.0);
        move || Tick::from_millis(millis.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

/// What an observer heard, as text.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(crate) fn observer(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static + use<> {
        let heard = Arc::clone(&self.0);
        move |event| heard.lock().unwrap().push(told(event))
    }

    /// The same with the issuer before each.
    pub(crate) fn observer_by_issuer(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static + use<> {
        let heard = Arc::clone(&self.0);
        move |event| {
            let text = format!("{} {}", event.issuer(), told(event));
            heard.lock().unwrap().push(text);
        }
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until this many events were heard.
    pub(crate) async fn count(&self, count: usize) -> Vec<String> {
        while self.all().len() < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.all()
    }
}

fn told(event: &Event<'_>) -> String {
    match event.kind() {
        EventKind::Fetched { keys } => format!("fetched {keys}"),
        EventKind::Skipped(skipped) => format!("skipped {} {:?}", skipped.index, skipped.member),
        EventKind::Failed(error) => format!("failed: {error}"),
        EventKind::Stale => "stale".into(),
        other => panic!("{other:?}"),
    }
}

/// One issuer behind `server`, a clock by hand and an ear.
pub(crate) struct Rig {
    pub(crate) verifier: JwksVerifier,
    pub(crate) hand: Hand,
    pub(crate) heard: Heard,
}

impl Rig {
    pub(crate) fn start(server: &Server) -> Self {
        Self::start_with(server, |builder| builder)
    }

    pub(crate) fn start_with(server: &Server, more: impl FnOnce(Builder) -> Builder) -> Self {
        let (hand, heard) = (Hand::default(), Heard::default());
        let builder = JwksVerifier::builder()
            .issuer(policy(ISSUER), server.url())
            .root_certificates(server.root.as_str())
            .without_system_roots()
            .with_clock(hand.read())
            .observer(heard.observer());
        let verifier = more(builder).start().unwrap();
        Self {
            verifier,
            hand,
            heard,
        }
    }

    pub(crate) fn verify(&self, key: &SigningKey) -> Verdict {
        verdict(&self.verifier, &token(key))
    }
}

/// What a token is told, in a form that can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Good,
    Bad(ErrorKind),
    Unavailable(u64),
}

#[track_caller]
pub(crate) fn verdict(verifier: &JwksVerifier, token: &str) -> Verdict {
    let owned = match verifier.verify_owned::<Claims>(token, NOW) {
        Ok(verified) => {
            assert_eq!(verified.claims().sub, "alice");
            Verdict::Good
        }
        Err(VerifyError::Rejected(error)) => Verdict::Bad(error.kind()),
        Err(VerifyError::Unavailable { retry_after }) => Verdict::Unavailable(retry_after.as_secs()),
        Err(other) => panic!("{other:?}"),
    };
    // Both roads lead to one place.
    let snapshot = verifier.snapshot();
    let mut scratch = cloakroom_jwks::cloakroom_jwt::Scratch::new();
    let borrowed = match snapshot.verify(token, NOW, &mut scratch) {
        Ok(verified) => {
            assert_eq!(verified.subject(), Some("alice"));
            Verdict::Good
        }
        Err(VerifyError::Rejected(error)) => Verdict::Bad(error.kind()),
        Err(VerifyError::Unavailable { retry_after }) => Verdict::Unavailable(retry_after.as_secs()),
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(owned, borrowed);
    owned
}

/// Runs a test's body on threads of its own, within the bound.
pub(crate) fn run(test: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::spawn(tokio::time::timeout(BOUND, test))
            .await
            .unwrap()
            .expect("hangs");
    });
}
