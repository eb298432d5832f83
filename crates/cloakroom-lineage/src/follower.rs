use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::num::NonZeroU32;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_revocation::{
    Answer, Moment, Next, Question, Reader, ReaderEvent, RevocationFeed, Snapshot, StoreError, StoreErrorKind,
};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::event::{Hears, tell};
use crate::{Clocks, EventKind, Observer};

/// How long after one hint another is heard: a feed that hints at each of many steps is polled so often at most.
const HINTS: Duration = Duration::from_millis(20);

/// Keeps a snapshot of revocations as new as its feed: bootstrap, polls, and reloads where the feed went back.
///
/// What [takes long](Reader::takes_long), such as to build a table of a million entries anew, is done on one of the runtime's
/// threads for blocking work. Neither requests nor checks wait for it.
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
    reader: Reader,
    driver: Driver<F>,
}

/// What puts a reader's questions to its feed.
struct Driver<F> {
    feed: F,
    clocks: Clocks,
    observer: Hears,
    patience: Duration,
}

impl<F: RevocationFeed> Follower<F> {
    /// A follower of `feed` by the system's clocks, which gives each answer a second.
    pub fn new(feed: F, reader: Reader) -> Self {
        Self {
            reader,
            driver: Driver {
                feed,
                clocks: Clocks::system(),
                observer: None,
                patience: Duration::from_secs(1),
            },
        }
    }

    /// Reads these clocks. Those who check the snapshot have to read the same, or clones of them.
    pub fn with_clocks(mut self, clocks: Clocks) -> Self {
        self.driver.clocks = clocks;
        self
    }

    /// Tells `observer` what happens.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.driver.observer = Some(Arc::new(observer));
        self
    }

    /// How long an answer of the feed may take. A page of a bootstrap gets ten times as long.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.driver.patience = patience;
        self
    }

    /// The snapshot that this keeps new.
    pub fn snapshot(&self) -> Snapshot {
        self.reader.snapshot()
    }

    /// Follows for ever: for `tokio::spawn`. When it is dropped the snapshot grows stale, and checks fail closed.
    pub async fn run(self) -> Infallible {
        let Self { mut reader, driver } = self;
        loop {
            match reader.next(driver.clocks.now()) {
                Next::Wait(time) => driver.wait(&mut reader, time).await,
                Next::Ask(question) => reader = driver.ask(reader, question).await,
            }
        }
    }
}

impl<F: RevocationFeed> Driver<F> {
    async fn wait(&self, reader: &mut Reader, time: Duration) {
        let quiet = time.min(HINTS);
        sleep(quiet).await;
        let rest = time.saturating_sub(quiet);
        if rest.is_zero() {
            return;
        }
        if timeout(rest, self.feed.changed()).await.is_ok() {
            reader.hint();
        }
    }

    /// Gives the reader back.
    async fn ask(&self, mut reader: Reader, question: Question) -> Reader {
        let asked = self.clocks.now();
        let patience = match question {
            Question::Page(_) => self.patience.saturating_mul(10),
            Question::Head | Question::Poll(_) => self.patience,
        };
        let failure = match timeout(patience, self.answer(&question, reader.page())).await {
            Ok(Ok(answer)) => {
                let (reader, events) = take(reader, asked, answer, self.clocks.now()).await;
                for kind in events.into_iter().filter_map(EventKind::of) {
                    tell(&self.observer, kind);
                }
                return reader;
            }
            Ok(Err(error)) => error.kind(),
            Err(_) => StoreErrorKind::Timeout,
        };
        reader.failed(self.clocks.now());
        tell(&self.observer, EventKind::FeedFailed(failure));
        reader
    }

    async fn answer(&self, question: &Question, max: NonZeroU32) -> Result<Answer, StoreError> {
        Ok(match question {
            Question::Head => Answer::Head(self.feed.head().await?),
            Question::Page(after) => Answer::Page(self.feed.page(after.as_ref(), max).await?),
            Question::Poll(cursor) => Answer::Polled(self.feed.poll(cursor, max).await?),
        })
    }
}

/// Lets the reader take an answer, on a thread where that may take a while if it does.
async fn take(
    mut reader: Reader,
    asked: Moment,
    answer: Answer,
    received: Moment,
) -> (Reader, Vec<ReaderEvent>) {
    if !reader.takes_long(&answer, received) {
        let events = reader.answer(asked, answer, received);
        return (reader, events);
    }
    let taken = spawn_blocking(move || {
        let events = reader.answer(asked, answer, received);
        (reader, events)
    });
    match taken.await {
        Ok(taken) => taken,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends, and this task with it.
            Err(_) => pending().await,
        },
    }
}

impl<F> fmt::Debug for Follower<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}
