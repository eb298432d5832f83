use std::num::NonZeroU32;

use cloakroom_error::StoreError;
use cloakroom_revocation::{Cursor, Head, Page, PageMark, Polled, RevocationFeed};

use super::answer;
use super::store::{RedisRevocationStore, fresh};

/// How many entries one script hands out at most: a server answers nobody else meanwhile.
const TOGETHER: u32 = 5_000;

/// Answers come from a master alone: a replica says `Unavailable`.
impl RevocationFeed for RedisRevocationStore {
    async fn head(&self) -> Result<Head, StoreError> {
        let script = &self.scripts().head;
        let mut call = self.call(script);
        call.arg(&fresh::<16>()?[..]);
        answer::head(self.run(script, call).await?)
    }

    /// At most 5,000 entries a page.
    async fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> Result<Page, StoreError> {
        let script = &self.scripts().page;
        let after = after.and_then(|mark| mark.0.first_chunk().copied());
        let mut call = self.call(script);
        call.arg(after.map_or(0, u64::from_be_bytes))
            .arg(max.get().min(TOGETHER));
        answer::page(self.run(script, call).await?)
    }

    /// At most 5,000 entries at a time.
    async fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        let script = &self.scripts().poll;
        let mut call = self.call(script);
        call.arg(&fresh::<16>()?[..])
            .arg(&cursor.feed.0[..])
            .arg(&answer::step_bytes(cursor)[..])
            .arg(cursor.position)
            .arg(max.get().min(TOGETHER));
        answer::polled(cursor.feed, self.run(script, call).await?)
    }

    /// Ends when something was written by this store or a clone of it, since this ended last or now. What other processes
    /// write is found by polls. Of several who wait one is told.
    async fn changed(&self) {
        self.news().await;
    }
}
