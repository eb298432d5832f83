use std::hash::{BuildHasher, Hasher, RandomState};

/// Hashes selectors: two multiplications with a key of the store's own.
///
/// `SipHash` defends tables whose keys strangers choose. Selectors are drawn by the server, 14 bytes of each at random,
/// and a stranger who sends one only looks it up, so spreading them is all that a hash has to do. The key keeps
/// selectors that a test or an adapter counts up from lining up.
#[derive(Clone)]
pub(super) struct SelectorState(u64);

impl SelectorState {
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }
}

impl BuildHasher for SelectorState {
    type Hasher = SelectorHasher;

    fn build_hasher(&self) -> SelectorHasher {
        SelectorHasher(self.0)
    }
}

pub(super) struct SelectorHasher(u64);

impl Hasher for SelectorHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves of the product are taken one by one"
    )]
    fn write_u64(&mut self, word: u64) {
        // 2^64 divided by the golden ratio; both halves of the product carry bits of the whole word.
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    /// The length, which is the same for all selectors.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
