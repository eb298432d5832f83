//! Purging beside touches on PostgreSQL: how much longer the slowest hundredth of the touches takes while the rows of
//! expired sessions are deleted.

use std::error::Error;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cloakroom_core::UnixTime;
use cloakroom_postgres::PostgresSessionStore;
use cloakroom_servers::{Postgres, Scratch};
use cloakroom_store::{SessionStore as _, Touched};
use tokio::time::MissedTickBehavior;

use crate::store::grouped;
use crate::stored::{Sample, scattered};

/// How many touch at the same time, and how often each does.
const TOUCHING: u64 = 4;
const EVERY: Duration = Duration::from_millis(4);
/// How many rows one call deletes.
const BATCH: NonZeroU32 = NonZeroU32::new(1000).expect("1000 is not 0");
/// How much longer it may take.
const TARGET: f64 = 2.0;

pub(super) fn run(name: &str, quick: bool) -> Result<(String, usize), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (total, before) = if quick { (20_000, 1) } else { (1_000_000, 15) };
    let (alone, beside, purged) = runtime.block_on(measure(total, Duration::from_secs(before)))?;
    assert_eq!(purged, total / 10, "each expired row is purged once");
    let ratio = beside.as_secs_f64() / alone.as_secs_f64();
    let is_met = ratio <= TARGET;
    let verdict = if is_met { "pass" } else { "**miss**" };
    let text = format!(
        "| {name}: p99 of touches, {} rows | before: {alone:.1?} | | | | |\n\
         | | while {} are purged: {beside:.1?} | | {ratio:.2} | <= {TARGET:.2} | {verdict} |\n",
        grouped(total),
        grouped(purged),
    );
    Ok((text, usize::from(!is_met)))
}

/// The p99 of touches alone, and beside the purge, and how many rows that purged.
async fn measure(total: u64, before: Duration) -> Result<(Duration, Duration, u64), Box<dyn Error>> {
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

    let alone = {
        let touches = Touches::start(&store, &sample, total);
        tokio::time::sleep(before).await;
        touches.p99().await?
    };
    let touches = Touches::start(&store, &sample, total);
    let mut purged = 0;
    loop {
        let now = store.purge_expired(UnixTime::now(), BATCH).await?;
        purged += now;
        if now < u64::from(BATCH.get()) {
            break;
        }
    }
    let beside = touches.p99().await?;
    Ok((alone, beside, purged))
}

fn is_expired(number: u64) -> bool {
    number.is_multiple_of(10)
}

/// Touches at a steady pace until it is asked how long they took.
struct Touches {
    enough: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<Duration>>>,
}

impl Touches {
    fn start(store: &PostgresSessionStore, sample: &Arc<Sample>, total: u64) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let tasks = (0..TOUCHING).map(|task| {
            let (store, sample, enough) = (store.clone(), Arc::clone(sample), Arc::clone(&enough));
            tokio::spawn(async move {
                let mut times = Vec::new();
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
                    times.push(start.elapsed());
                    assert_eq!(touched.expect("PostgreSQL answers"), Touched::Done);
                }
                times
            })
        });
        Self {
            tasks: tasks.collect(),
            enough,
        }
    }

    async fn p99(self) -> Result<Duration, Box<dyn Error>> {
        self.enough.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for task in self.tasks {
            times.extend(task.await?);
        }
        times.sort();
        let at = times.len() * 99 / 100;
        times.get(at).copied().ok_or_else(|| "no touch was made".into())
    }
}
