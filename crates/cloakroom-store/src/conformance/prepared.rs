use crate::SubjectIndex;

/// What an expression for [`conformance_tests!`](crate::conformance_tests) gives: a store, or a store and what has to
/// outlive it.
pub trait Prepared {
    /// The store.
    type Store: SubjectIndex;
    /// What is dropped after the case.
    type Kept;

    /// Both.
    fn prepared(self) -> (Self::Store, Self::Kept);
}

impl<S: SubjectIndex> Prepared for S {
    type Store = S;
    type Kept = ();

    fn prepared(self) -> (S, ()) {
        (self, ())
    }
}

impl<S: SubjectIndex, K> Prepared for (S, K) {
    type Store = S;
    type Kept = K;

    fn prepared(self) -> (S, K) {
        self
    }
}
