use std::future::{Future, pending};
use std::num::NonZeroU32;

use cloakroom_core::UnixTime;

use crate::{Entry, StoreError};

/// Which feed: 16 random bytes, made with it. A store that was set up anew has another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FeedId(pub [u8; 16]);

/// Up to where a reader has read.
///
/// The tag was drawn with the step at that position. A fail-over or a restored backup may use a position again, and never
/// the tag, so a reader whose cursor is not found as it is knows that its feed went back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Which feed.
    pub feed: FeedId,
    /// The number of the step; 0 before the first.
    pub position: u64,
    /// What was drawn with the step; zeros before the first.
    pub tag: [u8; 8],
}

/// Where a feed stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its newest step.
    pub cursor: Cursor,
    /// The store's own clock.
    pub time: UnixTime,
}

/// Where the next page of a bootstrap begins: what a store wants to be told again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageMark(pub Box<[u8]>);

/// A part of all entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Some of them, each whole.
    pub entries: Vec<Entry>,
    /// Where the next part begins; `None` behind the last.
    pub next: Option<PageMark>,
    /// The store's own clock.
    pub time: UnixTime,
}

/// What became of a poll.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Polled {
    /// The entries of the steps after the cursor.
    Entries {
        /// Each as it is now: of an entry that changed twice, the newest alone.
        entries: Vec<Entry>,
        /// Up to where they go.
        cursor: Cursor,
        /// Whether there are further ones already.
        more: bool,
        /// The store's own clock.
        time: UnixTime,
    },
    /// The cursor is not of this feed as it is now: the reader has to drop what it knows and load everything.
    Reload,
}

/// Where readers learn of revocations. Answers come from the primary, never from a replica.
///
/// A step becomes visible with its entries, and in the order of positions: whoever has seen a step has seen all before it.
pub trait RevocationFeed: Send + Sync + 'static {
    /// Where the feed stands. A bootstrap asks for it first, then for all pages, then polls from there.
    fn head(&self) -> impl Future<Output = Result<Head, StoreError>> + Send;

    /// At most `max` entries behind `after`; those that are there throughout a bootstrap are in one of its pages.
    fn page(
        &self,
        after: Option<&PageMark>,
        max: NonZeroU32,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// What happened after `cursor`, at most about `max` entries, whole steps.
    fn poll(
        &self,
        cursor: &Cursor,
        max: NonZeroU32,
    ) -> impl Future<Output = Result<Polled, StoreError>> + Send;

    /// Ends when something may have happened: a hint, which may be early, late, or never come.
    fn changed(&self) -> impl Future<Output = ()> + Send {
        pending()
    }
}
