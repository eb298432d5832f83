//! Purging beside touches on PostgreSQL: how much longer the slowest hundredth of the touches takes while the loop that
//! programs run deletes the rows of expired sessions.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cloakroom_core::UnixTime;
use cloakroom_postgres::PostgresSessionStore;
use cloakroom_servers::{Postgres, Scratch};
use cloakroom_session::{Event, EventKind, Sessions, Settings};
use cloakroom_store::{Page, SessionStore as _, Touched};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::store::grouped;
use crate::stored::{Sample, scattered};

/// How many touch at the same time, and how often each does.
const TOUCHING: u64 = 4;
const EVERY: Duration = Duration::from_millis(4);
/// How much longer it may take.
const TARGET: f64 = 2.0;

pub(super) fn run(name: &str, quick: bool) -> Result<(String, usize), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (total, before) = if quick { (20_000, 1) } else { (1_000_000, 15) };
    let [alone, beside] = runtime.block_on(measure(total, Duration::from_secs(before)))?;
    let ratio = beside.p99().as_secs_f64() / alone.p99().as_secs_f64();
    let is_met = ratio <= TARGET;
    let verdict = if is_met { "pass" } else { "**miss**" };
    let text = format!(
        "| {name}: p99 of touches, {} rows | before, {alone} | | | | | | |\n\
         | | while {} are purged, {beside} | | {ratio:.2} | | | <= {TARGET:.2} | {verdict} |\n",
        grouped(total),
        grouped(total / 10),
    );
    Ok((text, usize::from(!is_met)))
}

/// The touches alone, and beside the purge of every tenth row.
async fn measure(total: u64, before: Duration) -> Result<[Phase; 2], Box<dyn Error>> {
    let scratch = Scratch::new()?;
    let server = Postgres::start(scratch.path())?;
    let url = server.url("postgres");
    let store = PostgresSessionStore::connect(&url).await?;
    store.migrate().await?;
    let sample = Arc::new(Sample::new().await);
    let now = UnixTime::now();
    let an_hour_ago = now.saturating_sub(Duration::from_hours(1));
    // Every tenth row, all over the table.
    let created_at = move |number| if is_expired(number) { an_hour_ago } else { now };
    sample.fill_postgres(&store, &url, total, created_at).await?;

    let touches = Touches::start(&store, &sample, total);
    tokio::time::sleep(before / 5).await;
    let mut phases = Vec::new();
    for is_purging in [false, true] {
        // The load has dirtied pages, and so have the touches before the purge: both phases begin with none.
        server.execute("postgres", "CHECKPOINT")?;
        let begin = Instant::now();
        touches.take();
        if is_purging {
            purge(&store, &sample, total / 10).await?;
        } else {
            tokio::time::sleep(before).await;
        }
        let mut times = touches.take();
        times.sort();
        phases.push(Phase {
            lasted: begin.elapsed(),
            times,
        });
    }
    touches.end().await?;
    phases.try_into().map_err(|_| "there are two phases".into())
}

/// Runs the loop that programs run, with the batches of the quick start, until it has purged `count` sessions.
async fn purge(store: &PostgresSessionStore, sample: &Sample, count: u64) -> Result<(), Box<dyn Error>> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let settings = Settings::new(sample.secret().clone());
    let sessions = Sessions::new(store.clone(), settings)?.observer(move |event: &Event| {
        // Nobody listens any more when enough was purged.
        let _ = tell.send(event.kind());
    });
    let purging = tokio::spawn(sessions.purge_loop(Duration::from_hours(1), Page::MAX));
    let mut purged = 0;
    while purged < count {
        match told.recv().await {
            Some(EventKind::Purged(some)) => purged += some,
            other => return Err(format!("a purge did not purge: {other:?}").into()),
        }
    }
    purging.abort();
    assert_eq!(purged, count, "each expired row is purged once");
    Ok(())
}

fn is_expired(number: u64) -> bool {
    number.is_multiple_of(10)
}

/// How long the touches of some time took, in ascending order.
struct Phase {
    lasted: Duration,
    times: Vec<Duration>,
}

impl Phase {
    fn p99(&self) -> Duration {
        self.times[self.times.len() * 99 / 100]
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let touches = grouped(self.times.len() as u64);
        write!(f, "{touches} touches in {:.1?}: {:.1?}", self.lasted, self.p99())
    }
}

/// Touches at a steady pace, of other rows each time, until it is asked to end.
struct Touches {
    times: Arc<Mutex<Vec<Duration>>>,
    enough: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Touches {
    fn start(store: &PostgresSessionStore, sample: &Arc<Sample>, total: u64) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let times = Arc::new(Mutex::new(Vec::new()));
        let tasks = (0..TOUCHING).map(|task| {
            let (store, sample) = (store.clone(), Arc::clone(sample));
            let (times, enough) = (Arc::clone(&times), Arc::clone(&enough));
            tokio::spawn(async move {
                let mut pace = tokio::time::interval(EVERY);
                pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
                let live = scattered(total).filter(|&number| !is_expired(number));
                for number in live.skip((task * total / TOUCHING) as usize) {
                    pace.tick().await;
                    if enough.load(Ordering::Relaxed) {
                        break;
                    }
                    let now = UnixTime::now();
                    let deadline = now.saturating_add(Duration::from_mins(30));
                    let start = Instant::now();
                    let touched = store.touch(&sample.selector(number), deadline, now).await;
                    let elapsed = start.elapsed();
                    assert_eq!(touched.expect("PostgreSQL answers"), Touched::Done);
                    times.lock().expect("nobody panics with it").push(elapsed);
                }
            })
        });
        Self {
            tasks: tasks.collect(),
            times,
            enough,
        }
    }

    /// How long the touches took since it was asked the last time.
    fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.times.lock().expect("nobody panics with it"))
    }

    async fn end(self) -> Result<(), Box<dyn Error>> {
        self.enough.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await?;
        }
        Ok(())
    }
}
