use crate::{Stored, Version};

/// What became of [`create`](crate::SessionStore::create).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Created {
    /// The session is stored.
    Done,
    /// There is a row of that selector. It was left as it is.
    Exists,
    /// The authentication lies at or before a cut-off of its subject, or of the whole store.
    Refused,
}

/// What became of [`update`](crate::SessionStore::update).
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub enum Updated {
    /// The data is stored, under this version.
    Done(Version),
    /// The session has another version than was expected: this is what it holds now.
    Conflict(Box<Stored>),
    /// There is no such live session.
    Gone,
}

/// What became of [`touch`](crate::SessionStore::touch).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Touched {
    /// The deadline is at least what was asked for, or the absolute one.
    Done,
    /// There is no such live session.
    Gone,
}

/// What became of [`rotate`](crate::SessionStore::rotate).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Rotated {
    /// The new verifier is stored, under this version.
    Done(Version),
    /// The session's verifier, or its version where one was named, is another than was expected.
    Stale,
    /// The authentication lies at or before a cut-off of its subject or of the whole store, or it is a fresh one for a
    /// session that belongs to nobody.
    Refused,
    /// There is no such live session.
    Gone,
}
