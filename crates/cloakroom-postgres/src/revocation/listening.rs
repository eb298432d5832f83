use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// The channel on which each step is told, with the name of its schema.
pub(super) const CHANNEL: &str = "cloakroom_revocation";

/// How long it waits before it connects again.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection of its own that hears of steps, from the first time that somebody waits for one.
#[derive(Debug)]
pub(super) struct Listening {
    schema: String,
    heard: Arc<Heard>,
    task: OnceLock<AbortHandle>,
}

#[derive(Debug, Default)]
struct Heard {
    /// How often something was heard.
    times: AtomicU64,
    /// Up to which of them somebody was told.
    told: AtomicU64,
    news: Notify,
}

impl Listening {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            heard: Arc::default(),
            task: OnceLock::new(),
        }
    }

    /// Ends when something is heard, at once if it was since somebody was told last.
    pub(super) async fn news(&self, options: impl FnOnce() -> PgConnectOptions) {
        self.task.get_or_init(|| {
            let listen = listen(options(), self.schema.clone(), Arc::clone(&self.heard));
            tokio::spawn(listen).abort_handle()
        });
        let news = self.heard.news.notified();
        let times = self.heard.times.load(Ordering::Acquire);
        // What is heard from here on wakes it.
        if self.heard.told.swap(times, Ordering::AcqRel) == times {
            news.await;
            let times = self.heard.times.load(Ordering::Acquire);
            self.heard.told.store(times, Ordering::Release);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

impl Heard {
    fn something(&self) {
        self.times.fetch_add(1, Ordering::AcqRel);
        self.news.notify_waiters();
    }
}

/// Listens for ever. What it misses while it is not connected, polls find.
async fn listen(options: PgConnectOptions, schema: String, heard: Arc<Heard>) {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(options);
    loop {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            heard.something();
            // `None`: the connection broke, and stands again.
            while let Ok(told) = listener.try_recv().await {
                if told.is_none_or(|told| told.payload() == schema) {
                    heard.something();
                }
            }
        }
        sleep(PAUSE).await;
    }
}
