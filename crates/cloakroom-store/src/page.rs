use std::num::NonZeroU32;

use cloakroom_id::Selector;

use crate::Stored;

/// A part of a list: at most `limit` sessions after the one of `after`, in the order of their selectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// The last selector of the part before.
    pub after: Option<Selector>,
    /// How many; stores give at most [`Page::MAX`].
    pub limit: NonZeroU32,
}

impl Page {
    /// The most that a store gives at once.
    pub const MAX: NonZeroU32 = NonZeroU32::new(1000).expect("1000 is not 0");

    /// The first `limit` sessions.
    pub const fn first(limit: NonZeroU32) -> Self {
        Self { after: None, limit }
    }

    /// `limit`, as far as a store gives.
    pub fn size(self) -> u32 {
        self.limit.min(Self::MAX).get()
    }
}

/// A part of the list of a subject's live sessions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// The sessions.
    pub sessions: Vec<Stored>,
    /// Where the next part begins, as its [`Page::after`]; `None` at the end. A part may be empty and not the last.
    pub next: Option<Selector>,
}
