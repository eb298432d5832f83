//! `SqliteSessionStore` and the bare round trip to the same file by the same driver.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloakroom_core::UnixTime;
use cloakroom_servers::Scratch;
use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::{Change, SessionStore as _, Touched, Updated, Version};
use sqlx::{Connection as _, Row as _};
use tokio::runtime::Builder;

use super::{Player, Row, grouped, play};
use crate::stored::{Sample, scattered};

#[expect(clippy::too_many_lines, reason = "two players that share what they play on")]
pub(super) fn run(filter: &str, quick: bool, print: &mut dyn FnMut(Row)) -> Vec<String> {
    let sizes: &[u64] = if quick {
        &[1000, 100_000]
    } else {
        &[1000, 100_000, 1_000_000]
    };
    for &size in sizes {
        let name = |operation: &str| format!("store {operation}/SQLite, {} sessions", grouped(size));
        let wanted: Vec<_> = ["load", "touch", "update"]
            .into_iter()
            .filter(|operation| name(operation).contains(filter))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime of one thread needs nothing");
        let directory = Scratch::new().expect("there is room for temporary files");
        let path = directory.path().join("sessions.db");
        let path = path.to_str().expect("it is ASCII");
        let sample = Arc::new(runtime.block_on(Sample::new()));
        let store = runtime.block_on(async {
            let store = SqliteSessionStore::open(path)
                .await
                .expect("a new file can be opened");
            let filled = sample.fill_sqlite(&store, path, size).await;
            filled.expect("the tables are those that are known here");
            store
        });
        let bare = runtime.block_on(sqlx::SqliteConnection::connect(path));
        let mut bare = bare.expect("a file that is there can be opened");

        let (turns, operations) = if quick { (3, 500) } else { (15, 2000) };
        let mut numbers = scattered(size);
        let mut selectors = move || -> Vec<_> { numbers.by_ref().take(operations).collect() };
        let bytes = sample.payload().len() as u64 * operations as u64;
        let mut version_of: std::collections::HashMap<u64, u64> = std::collections::HashMap::new();
        for operation in wanted {
            let mut next = selectors.clone();
            let ours = || {
                let batch: Vec<_> = next()
                    .into_iter()
                    .map(|number| (number, sample.selector(number)))
                    .collect();
                let now = UnixTime::now();
                let change = Change {
                    payload: Arc::clone(sample.payload()),
                    idle_deadline: now.saturating_add(Duration::from_mins(30)),
                };
                let (elapsed, right) = runtime.block_on(async {
                    let mut right = 0;
                    let start = Instant::now();
                    for (number, selector) in &batch {
                        right += match operation {
                            "load" => store
                                .load(selector, now)
                                .await
                                .expect("SQLite answers")
                                .map_or(0, |it| it.payload.len() as u64),
                            "touch" => {
                                let touched = store.touch(selector, change.idle_deadline, now).await;
                                u64::from(touched.expect("SQLite answers") == Touched::Done)
                            }
                            _ => {
                                let version = version_of.entry(*number).or_insert(Version::FIRST.number());
                                let updated = store
                                    .update(selector, Version::from_number(*version), &change, now)
                                    .await;
                                *version += 1;
                                u64::from(
                                    updated.expect("SQLite answers")
                                        == Updated::Done(Version::from_number(*version)),
                                )
                            }
                        };
                    }
                    (start.elapsed(), right)
                });
                let expected = if operation == "load" {
                    bytes
                } else {
                    operations as u64
                };
                assert_eq!(right, expected, "a wrong answer was timed");
                elapsed
            };
            let round_trip = || {
                let batch: Vec<_> = selectors()
                    .into_iter()
                    .map(|number| sample.selector(number))
                    .collect();
                let (elapsed, read) = runtime.block_on(async {
                    let mut read = 0;
                    let start = Instant::now();
                    for selector in &batch {
                        let row = sqlx::query("SELECT payload FROM cloakroom_session WHERE selector = ?1")
                            .bind(&selector.as_bytes()[..])
                            .fetch_one(&mut bare)
                            .await
                            .expect("the row is there");
                        read += row.get::<Vec<u8>, _>(0).len() as u64;
                    }
                    (start.elapsed(), read)
                });
                assert_eq!(read, bytes, "a wrong answer was timed");
                elapsed
            };
            let players = vec![
                Player::new("cloakroom", ours),
                Player::new("bare SELECT payload", round_trip),
            ];
            print(play(name(operation), turns, operations as u64, players));
        }
        runtime.block_on(store.close());
    }
    Vec::new()
}
