use crate::json;

/// So many names are known at most: those of the objects that are not at their end.
const KNOWN: usize = 32;

/// The names in the objects at hand, compared as they come.
pub(super) struct Names {
    /// [`json::key`] of each, which equal names share.
    keys: [u64; KNOWN],
    count: usize,
    /// Where those of the innermost object begin.
    base: usize,
}

impl Names {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            keys: [0; KNOWN],
            count: 0,
            base: 0,
        }
    }

    /// Begins an object. What it returns ends it.
    #[inline]
    pub(super) fn begin(&mut self) -> usize {
        core::mem::replace(&mut self.base, self.count)
    }

    /// Ends the object that `outer` began with.
    #[inline]
    pub(super) fn end(&mut self, outer: usize) {
        self.count = self.base;
        self.base = outer;
    }

    /// Takes in a name of the innermost object, and tells whether it is there for the first time. It may say no of a name
    /// that is like another, and of one too many, and never yes of one that is there twice.
    #[inline]
    pub(super) fn insert(&mut self, name: &str) -> bool {
        let key = json::key(name.as_bytes());
        let (Some(known), true) = (self.keys.get(self.base..self.count), self.count < KNOWN) else {
            return false;
        };
        if known.contains(&key) {
            return false;
        }
        self.keys[self.count] = key;
        self.count += 1;
        true
    }
}
