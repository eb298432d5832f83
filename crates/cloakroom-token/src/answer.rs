use crate::Family;

/// What became of storing a family or an access token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Created {
    /// It is stored.
    Done,
    /// There is a row of that id. It was left as it is.
    Exists,
    /// The authentication lies at or before a cut-off of its subject, or of the whole store.
    Refused,
}

/// What became of a refresh token. With `g` the stored generation, the first case that applies, from the top.
///
/// Only [`Reused`](Self::Reused) and [`Exhausted`](Self::Exhausted) end the family; all other refusals leave it as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub enum Rotated {
    /// There is no such live family: it never was, it ended, a deadline has passed, or a cut-off lies at or after its
    /// authentication.
    Gone,
    /// The MAC is right and the secret is not: somebody holds a key of the ring. An alarm.
    WrongSecret,
    /// It is another client's.
    WrongClient,
    /// The family is bound to a key and the presenter has not proved that one.
    WrongConfirmation,
    /// Above `g`: it cannot have been issued. An alarm.
    Ahead,
    /// `g`, which is 2^32 - 1: there is no generation after it, so the family has been ended.
    Exhausted(Family),
    /// `g`: the family as it is now, with `g + 1` and the next key.
    Done(Family),
    /// `g - 1` and `now < rotated_at + grace`: the family as it is, for the same successor again.
    Retry(Family),
    /// `g - 2` while that grace runs.
    Late,
    /// `g - 1` or `g - 2` past grace, or anything older: the family, as it was, has been ended.
    Reused(Family),
}
