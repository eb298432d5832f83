use std::future::{Future, ready};

use cloakroom_id::Selector;

use crate::{MemoryTokenStore, TokenStore};

/// What an expression for [`conformance_tests!`](crate::conformance_tests) gives: a store, what has to outlive it, and the
/// one thing that no operation of a store does.
pub trait Tested: Send + Sync + 'static {
    /// The store.
    type Store: TokenStore;

    /// The store, the same one each time.
    fn store(&self) -> &Self::Store;

    /// Writes the generation of a family's row behind the store's back, and changes nothing else: two thousand million
    /// rotations take too long.
    fn set_generation(&self, id: &Selector, generation: u64) -> impl Future<Output = ()> + Send;
}

impl Tested for MemoryTokenStore {
    type Store = Self;

    fn store(&self) -> &Self {
        self
    }

    fn set_generation(&self, id: &Selector, generation: u64) -> impl Future<Output = ()> + Send {
        Self::set_generation(self, id, generation);
        ready(())
    }
}

/// With something to be kept until the end of the case, such as a temporary directory.
impl<T: Tested, K: Send + Sync + 'static> Tested for (T, K) {
    type Store = T::Store;

    fn store(&self) -> &T::Store {
        self.0.store()
    }

    fn set_generation(&self, id: &Selector, generation: u64) -> impl Future<Output = ()> + Send {
        self.0.set_generation(id, generation)
    }
}
