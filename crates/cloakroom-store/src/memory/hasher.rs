use std::hash::{BuildHasher as _, RandomState};

use cloakroom_id::Selector;

/// Hashes selectors: three multiplications under a key of the store's own.
///
/// `SipHash` defends tables whose keys strangers choose. Selectors are drawn by the server, 14 bytes of each at random,
/// and a stranger who sends one only looks it up, so spreading them is all that a hash has to do here. The key keeps
/// selectors that a test or an adapter counts up from lining up.
#[derive(Clone)]
pub(super) struct SelectorState(u64);

impl SelectorState {
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }

    pub(super) fn hash(&self, selector: &Selector) -> u64 {
        let number = u128::from_le_bytes(*selector.as_bytes());
        let (low, high) = halves(number);
        fold(fold(fold(self.0 ^ low) ^ high))
    }
}

/// Multiplies with 2^64 divided by the golden ratio; both halves of the product carry bits of the whole word.
fn fold(word: u64) -> u64 {
    let (low, high) = halves(u128::from(word) * 0x9e37_79b9_7f4a_7c15);
    low ^ high
}

#[expect(clippy::cast_possible_truncation, reason = "it takes the halves one by one")]
const fn halves(number: u128) -> (u64, u64) {
    (number as u64, (number >> 64) as u64)
}
