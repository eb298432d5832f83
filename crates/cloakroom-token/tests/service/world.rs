//! Services and grants to test with.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cloakroom_token::cloakroom_core::UnixTime;
use cloakroom_token::cloakroom_id::{IndexSecret, TokenKind};
use cloakroom_token::cloakroom_keyring::{Key, KeyRing};
use cloakroom_token::{
    AccessGrant, AccessTokens, Client, Confirmation, Grant, MemoryTokenStore, RefreshError, RefreshSettings,
    RefreshTokens, Refreshed, TokenStore,
};

use crate::spy::Spy;

pub(crate) const NOW: UnixTime = UnixTime::from_millis(1_767_225_600_123);

pub(crate) fn at(millis: i64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + millis)
}

/// The answer of a future that has nothing to wait for.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waited"),
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client::new(id).unwrap()
}

pub(crate) fn index_secret() -> IndexSecret {
    IndexSecret::from_bytes(&std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap())).unwrap()
}

/// The key of these counted bytes.
pub(crate) fn key(first: u8) -> Key {
    Key::from_bytes(&std::array::from_fn::<u8, 32, _>(|at| {
        first.wrapping_add(u8::try_from(at).unwrap())
    }))
    .unwrap()
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::single(key(0))
}

pub(crate) type Store = Arc<Spy<MemoryTokenStore>>;

pub(crate) fn store() -> Store {
    Arc::new(Spy::new(MemoryTokenStore::new()))
}

pub(crate) fn node<S: TokenStore>(store: S, ring: &KeyRing) -> RefreshTokens<S> {
    RefreshTokens::new(store, ring, RefreshSettings::default(), index_secret()).unwrap()
}

pub(crate) fn grant<S: TokenStore>(node: &RefreshTokens<S>) -> Grant {
    Grant {
        client: client("app"),
        subject: node.subject("alice").unwrap(),
        authenticated_at: NOW,
        confirmation: None,
        data: (*b"read write").into(),
    }
}

pub(crate) fn issue<S: TokenStore>(node: &RefreshTokens<S>) -> String {
    now(node.issue(&grant(node), NOW)).unwrap().token.to_string()
}

pub(crate) fn rotate<S: TokenStore>(
    node: &RefreshTokens<S>,
    token: &str,
    time: UnixTime,
) -> Result<Refreshed, RefreshError> {
    now(node.rotate(token, &client("app"), None, time))
}

/// Why there is no successor, in the words of its `Debug`.
pub(crate) fn refusal(answer: Result<Refreshed, RefreshError>) -> String {
    match answer {
        Ok(_) => "a successor".into(),
        Err(RefreshError::Refused(refusal)) => {
            let told = format!("{refusal:?}");
            told.split('(').next().unwrap().into()
        }
        Err(error) => format!("{error:?}"),
    }
}

pub(crate) enum Api {}

impl TokenKind for Api {
    const PREFIX: &'static str = "acme_at";
}

pub(crate) fn access<S: TokenStore>(store: S) -> AccessTokens<Api, S> {
    AccessTokens::new(store, Duration::from_secs(600)).unwrap()
}

pub(crate) fn access_grant<S: TokenStore>(node: &RefreshTokens<S>) -> AccessGrant {
    AccessGrant {
        client: client("app"),
        subject: node.subject("alice").unwrap(),
        authenticated_at: NOW,
        family: None,
        confirmation: None,
        data: (*b"read write").into(),
    }
}

pub(crate) const fn confirmation(number: u8) -> Confirmation {
    Confirmation::from_bytes([number; 32])
}
