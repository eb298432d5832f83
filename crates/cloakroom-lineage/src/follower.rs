use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_revocation::{
    Answer, Next, Question, Reader, RevocationFeed, Snapshot, StoreError, StoreErrorKind,
};
use tokio::time::{sleep, timeout};

use crate::event::{Hears, tell};
use crate::{Clocks, EventKind, Observer};

/// How long after one hint another is heard: a feed that hints at each of many steps is polled so often at most.
const HINTS: Duration = Duration::from_millis(20);

/// Keeps a snapshot of revocations as new as its feed: bootstrap, polls, and reloads where the feed went back.
///
/// ```no_run
/// use cloakroom_lineage::{Clocks, Follower};
/// use cloakroom_lineage::cloakroom_revocation::{Fleet, Reader, ReaderSettings, RevocationFeed};
///
/// # async fn start(feed: impl RevocationFeed) {
/// let reader = Reader::new(Fleet::default(), ReaderSettings::default());
/// let snapshot = reader.snapshot();
/// let clocks = Clocks::system(); // for the gate, too
/// tokio::spawn(Follower::new(feed, reader).with_clocks(clocks.clone()).run());
/// # }
/// ```
pub struct Follower<F> {
    feed: F,
    reader: Reader,
    clocks: Clocks,
    observer: Hears,
    patience: Duration,
}

impl<F: RevocationFeed> Follower<F> {
    /// A follower of `feed` by the system's clocks, which gives each answer a second.
    pub fn new(feed: F, reader: Reader) -> Self {
        Self {
            feed,
            reader,
            clocks: Clocks::system(),
            observer: None,
            patience: Duration::from_secs(1),
        }
    }

    /// Reads these clocks. Those who check the snapshot have to read the same, or clones of them.
    pub fn with_clocks(mut self, clocks: Clocks) -> Self {
        self.clocks = clocks;
        self
    }

    /// Tells `observer` what happens.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// How long an answer of the feed may take. A page of a bootstrap gets ten times as long.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The snapshot that this keeps new.
    pub fn snapshot(&self) -> Snapshot {
        self.reader.snapshot()
    }

    /// Follows for ever: for `tokio::spawn`. When it is dropped the snapshot grows stale, and checks fail closed.
    pub async fn run(mut self) -> Infallible {
        loop {
            match self.reader.next(self.clocks.now()) {
                Next::Wait(time) => self.wait(time).await,
                Next::Ask(question) => self.ask(question).await,
            }
        }
    }

    async fn wait(&mut self, time: Duration) {
        let quiet = time.min(HINTS);
        sleep(quiet).await;
        let rest = time.saturating_sub(quiet);
        if rest.is_zero() {
            return;
        }
        if timeout(rest, self.feed.changed()).await.is_ok() {
            self.reader.hint();
        }
    }

    async fn ask(&mut self, question: Question) {
        let asked = self.clocks.now();
        let patience = match question {
            Question::Page(_) => self.patience.saturating_mul(10),
            Question::Head | Question::Poll(_) => self.patience,
        };
        let failure = match timeout(patience, self.answer(&question)).await {
            Ok(Ok(answer)) => {
                let events = self.reader.answer(asked, answer, self.clocks.now());
                for kind in events.into_iter().filter_map(EventKind::of) {
                    tell(&self.observer, kind);
                }
                return;
            }
            Ok(Err(error)) => error.kind(),
            Err(_) => StoreErrorKind::Timeout,
        };
        self.reader.failed(self.clocks.now());
        tell(&self.observer, EventKind::FeedFailed(failure));
    }

    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        Ok(match question {
            Question::Head => Answer::Head(self.feed.head().await?),
            Question::Page(after) => Answer::Page(self.feed.page(after.as_ref(), self.reader.page()).await?),
            Question::Poll(cursor) => Answer::Polled(self.feed.poll(cursor, self.reader.page()).await?),
        })
    }
}

impl<F> fmt::Debug for Follower<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}
