/// So many names are known at most: those of the objects that are not at their end.
const KNOWN: usize = 32;

/// The names in the objects at hand, compared as they come.
pub(super) struct Names {
    /// [`key`] of each, which equal names share.
    keys: [u64; KNOWN],
    count: usize,
    innermost: Innermost,
}

/// The object that names are added to.
#[derive(Clone, Copy)]
pub(super) struct Innermost {
    /// Where its names begin.
    base: usize,
    /// A filter of them.
    seen: u64,
}

impl Names {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            keys: [0; KNOWN],
            count: 0,
            innermost: Innermost { base: 0, seen: 0 },
        }
    }

    /// Begins an object. What it returns ends it.
    #[inline]
    pub(super) fn begin(&mut self) -> Innermost {
        let inner = Innermost {
            base: self.count,
            seen: 0,
        };
        core::mem::replace(&mut self.innermost, inner)
    }

    /// Ends an object: names are added to the `outer` one again.
    #[inline]
    pub(super) fn end(&mut self, outer: Innermost) {
        self.count = self.innermost.base;
        self.innermost = outer;
    }

    /// Takes in a name of the innermost object, and tells whether it is there for the first time. It may say no of a name
    /// that is like another, and of one too many, and never yes of one that is there twice.
    #[inline(always)]
    pub(super) fn insert(&mut self, name: &str) -> bool {
        let key = key(name.as_bytes());
        let bit = 1 << (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58);
        let Some((known, [next, ..])) = self.keys.split_at_mut_checked(self.count) else {
            return false;
        };
        if self.innermost.seen & bit != 0 && known[self.innermost.base..].contains(&key) {
            return false;
        }
        self.innermost.seen |= bit;
        *next = key;
        self.count += 1;
        true
    }
}

/// A number that equal names share. It is made of the ends of the name, and its length.
#[inline]
const fn key(name: &[u8]) -> u64 {
    let length = (name.len() as u64).rotate_right(8);
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23) ^ length;
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return (first as u64 | (last as u64) << 32) ^ length;
    }
    match name {
        [first, middle @ .., last] => {
            let middle = if let [middle, ..] = middle { *middle } else { 0 };
            u32::from_le_bytes([*first, middle, *last, 0]) as u64 ^ length
        }
        [only] => *only as u64 ^ length,
        [] => length,
    }
}
