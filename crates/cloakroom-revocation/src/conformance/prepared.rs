use crate::{RevocationFeed, RevocationStore};

/// A store of revocations together with its feed.
pub trait Revocations: RevocationStore + RevocationFeed {}

impl<T: RevocationStore + RevocationFeed> Revocations for T {}

/// What an expression for [`conformance_tests!`](crate::conformance_tests) gives: a store, or a store and what has to
/// outlive it.
pub trait Prepared {
    /// The store.
    type Store: Revocations;
    /// What is dropped after the case.
    type Kept;

    /// Both.
    fn prepared(self) -> (Self::Store, Self::Kept);
}

impl<S: Revocations> Prepared for S {
    type Store = S;
    type Kept = ();

    fn prepared(self) -> (S, ()) {
        (self, ())
    }
}

impl<S: Revocations, K> Prepared for (S, K) {
    type Store = S;
    type Kept = K;

    fn prepared(self) -> (S, K) {
        self
    }
}
