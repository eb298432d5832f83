use std::fmt;
use std::io;
use std::sync::Arc;

use cloakroom_store::{InvalidSubject, StoreError};
use serde_json::error::Category;
use thiserror::Error;

/// Why a session could not do what it was asked to. No variant holds a token or a value of a session.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store failed: 503 over HTTP, or 500 where [`StoreErrorKind`](cloakroom_store::StoreErrorKind) says that
    /// trying again is of no use. Nobody knows who asks, so the request must not go on as an anonymous one.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The session ended, or was authenticated anew, after this request had read it, or the token is not the session's
    /// any more: what the request wrote was dropped. 409 over HTTP.
    #[error("the session was ended or authenticated anew while the request was under way")]
    Superseded,
    /// Other requests changed the session each time that this one tried to: what it wrote was dropped. 409 over HTTP.
    #[error("other requests kept changing the session")]
    Contended,
    /// The session was committed, or its request is over: nothing more can be changed.
    #[error("the session is committed already")]
    Committed,
    /// There is no subject: 401 over HTTP.
    #[error("a login is required")]
    LoginRequired,
    /// The last authentication lies too far back: 403 over HTTP.
    #[error("a recent authentication is required")]
    ReauthenticationRequired,
    /// A cut-off overtook the login: the subject's sessions were ended after its proof was given. 409 over HTTP.
    #[error("the login was overtaken by the end of all sessions")]
    Refused,
    /// The request brought tokens of two different sessions, so it belongs to neither and can store nothing. 409 over HTTP.
    #[error("the request belongs to two sessions")]
    Ambiguous,
    /// A request with a bearer token needed a new session, for a login or for a visitor's values, and its handler did
    /// not [commit](crate::Session::commit) it: nobody could have been given the token. It did not happen. A
    /// mistake in a handler.
    #[error("a new session of a bearer was not committed by the handler that hands out its token")]
    TokenNotTaken,
    /// A name is no [subject](cloakroom_store::Subject).
    #[error(transparent)]
    InvalidSubject(#[from] InvalidSubject),
    /// The session would be larger than [`Settings::max_payload`](crate::Settings::max_payload).
    #[error("the session would be larger than it may be")]
    TooLarge,
    /// A value of the session is not of the type that was asked for, or cannot be written as JSON.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The operating system has no random bytes to give.
    #[error("no random bytes for a session token")]
    Random(#[source] Arc<io::Error>),
}

/// A value could not be read from, or written as, JSON. It holds nothing of the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodecError {
    reading: bool,
    category: Category,
}

impl CodecError {
    /// The error of `serde_json` without the text, which may repeat the value.
    pub(crate) fn reading(error: &serde_json::Error) -> Self {
        Self {
            reading: true,
            category: error.classify(),
        }
    }

    pub(crate) fn writing(error: &serde_json::Error) -> Self {
        Self {
            reading: false,
            category: error.classify(),
        }
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.reading, self.category) {
            (true, Category::Data) => "a value of the session is not of the type that was asked for",
            (true, _) => "a value of the session cannot be read",
            (false, _) => "a value of the session cannot be written as JSON",
        })
    }
}

impl std::error::Error for CodecError {}
