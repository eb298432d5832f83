use std::sync::atomic::{AtomicU64, Ordering};

use crate::Random;

/// Bytes that no other call in this process gives, spread over all values as hashes are. They can be foretold.
pub fn unique<const N: usize>() -> [u8; N] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut random = Random::new(NEXT.fetch_add(1, Ordering::Relaxed));
    std::array::from_fn(|_| random.byte())
}
