use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::check::{
    About, Known, Task, about, all, assert_all, drain, head, ok, subject, task, together, token,
};
use super::fixture::{ISSUER, KEPT, MINUTE, NOW, SKEW, after, at, denial, size};
use super::prepared::Revocations;
use crate::{Cursor, Denied, Entry, RevocationFeed};

/// What writers were told is done, for readers to hold their feed against.
#[derive(Default)]
struct Acknowledged {
    done: Mutex<Vec<Entry>>,
    writing: AtomicU32,
}

impl Acknowledged {
    fn of(writers: u32) -> Arc<Self> {
        let writing = AtomicU32::new(writers);
        Arc::new(Self {
            writing,
            ..Self::default()
        })
    }

    fn push(&self, entry: Entry) {
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }

    fn writer_ends(&self) {
        self.writing.fetch_sub(1, Ordering::SeqCst);
    }

    fn is_over(&self) -> bool {
        self.writing.load(Ordering::SeqCst) == 0
    }

    /// Those that are not among the first `seen`.
    fn since(&self, seen: usize) -> Vec<Entry> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)[seen..].to_vec()
    }
}

/// Follows the feed until its writers are done: whatever was acknowledged before a poll has come when it ends.
async fn follow(
    store: &impl RevocationFeed,
    acknowledged: &Acknowledged,
    mut cursor: Cursor,
    max: u32,
) -> Known {
    let (mut known, mut seen) = (Known::new(), 0);
    loop {
        let is_over = acknowledged.is_over();
        let before = acknowledged.since(seen);
        learn(&mut known, drain(store, &mut cursor, max).await);
        for entry in &before {
            assert_covers(&known, entry);
        }
        seen += before.len();
        if is_over {
            return known;
        }
        tokio::task::yield_now().await;
    }
}

/// Takes what a feed brings; a cut-off never goes back.
fn learn(known: &mut Known, entries: Vec<Entry>) {
    for entry in entries {
        let old = known.insert(about(&entry), entry.clone());
        if let (Some(old), Some(new)) = (old.as_ref().and_then(cutoff), cutoff(&entry)) {
            assert!(old <= new, "a cut-off goes back from {old:?} to {new:?}");
        }
    }
}

fn cutoff(entry: &Entry) -> Option<cloakroom_core::UnixTime> {
    match entry {
        Entry::Token { .. } => None,
        Entry::Subject { at, .. } | Entry::All { at } => Some(*at),
    }
}

/// Asserts that what is known refuses as much as `entry`.
fn assert_covers(known: &Known, entry: &Entry) {
    let what: About = about(entry);
    let found = known.get(&what);
    let covers =
        found.is_some_and(|found| cutoff(found) >= cutoff(entry) && found.keep_until() >= entry.keep_until());
    assert!(
        covers,
        "{what:?} was acknowledged as {entry:?}, and a reader that asked afterwards knows {found:?}"
    );
}

/// Denies `count` credentials, one after the other.
async fn write_denials(store: &impl Revocations, acknowledged: &Acknowledged, writer: u32, count: u32) {
    for number in 0..count {
        let (subject, id) = (format!("{writer}-{}", number % 4), format!("{writer}-{number}"));
        assert_eq!(ok(store.deny(&denial(&subject, &id), NOW).await), Denied::Token);
        acknowledged.push(token(ISSUER, &id, at(11 * MINUTE)));
        tokio::task::yield_now().await;
    }
    acknowledged.writer_ends();
}

/// With writers side by side, each step is seen by each reader that polls all the time: no position appears behind one
/// that was read.
pub async fn f10_a_reader_that_polls_all_the_time_sees_every_step(store: impl Revocations) {
    const WRITERS: u32 = 6;
    let (store, acknowledged) = (Arc::new(store), Acknowledged::of(WRITERS));
    let begin = head(&*store).await;
    let mut tasks: Vec<Task<Known>> = Vec::new();
    for writer in 0..WRITERS {
        let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
        tasks.push(task(async move {
            write_denials(&*store, &acknowledged, writer, 50).await;
            Known::new()
        }));
    }
    for max in [1, 7, 1000] {
        let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
        tasks.push(task(
            async move { follow(&*store, &acknowledged, begin, max).await },
        ));
    }
    let all = all(&*store_after(&store, together(tasks), &acknowledged).await).await;
    assert_eq!(all.len(), 300);
}

/// Waits for all, and compares what the readers know with the store.
async fn store_after<S: Revocations>(
    store: &Arc<S>,
    running: impl Future<Output = Vec<Known>>,
    acknowledged: &Acknowledged,
) -> Arc<S> {
    let known = running.await;
    let all = all(&**store).await;
    for known in known.into_iter().filter(|known| !known.is_empty()) {
        assert!(
            known == all,
            "a reader knows {} of {} entries",
            known.len(),
            all.len()
        );
    }
    for entry in acknowledged.since(0) {
        assert_covers(&all, &entry);
    }
    Arc::clone(store)
}

/// Cut-offs of one subject and of everything, by nodes whose clocks differ: a reader sees none go back, and none missing.
pub async fn f10_cut_offs_beside_each_other_reach_a_reader(store: impl Revocations) {
    const WRITERS: u32 = 6;
    let (store, acknowledged) = (Arc::new(store), Acknowledged::of(WRITERS));
    let begin = head(&*store).await;
    let mut tasks: Vec<Task<Known>> = Vec::new();
    for writer in 0..WRITERS {
        let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
        tasks.push(task(async move {
            for number in 0..30 {
                let now = at(i64::from(writer) * 7 + number * 20);
                if number % 3 == 0 {
                    let told = ok(store.revoke_all(now).await);
                    assert!(told >= after(now, SKEW));
                    acknowledged.push(Entry::All { at: told });
                } else {
                    let told = ok(store.cut_off(ISSUER, "alice", now).await);
                    assert!(told >= after(now, SKEW));
                    acknowledged.push(subject(ISSUER, "alice", told, after(told, KEPT)));
                }
                tokio::task::yield_now().await;
            }
            acknowledged.writer_ends();
            Known::new()
        }));
    }
    for max in [1, 100] {
        let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
        tasks.push(task(
            async move { follow(&*store, &acknowledged, begin, max).await },
        ));
    }
    let store = store_after(&store, together(tasks), &acknowledged).await;
    let last = i64::from(WRITERS - 1) * 7 + SKEW;
    let (of_alice, of_all) = (at(last + 29 * 20), at(last + 27 * 20));
    assert_all(
        &*store,
        [
            subject(ISSUER, "alice", of_alice, after(of_alice, KEPT)),
            Entry::All { at: of_all },
        ],
    )
    .await;
}

/// Readers that load everything beside writers: head, pages, polls from that head, and nothing acknowledged is missing.
pub async fn f7_a_bootstrap_beside_writers_misses_nothing(store: impl Revocations) {
    const WRITERS: u32 = 4;
    let (store, acknowledged) = (Arc::new(store), Acknowledged::of(WRITERS));
    let mut tasks: Vec<Task<Known>> = Vec::new();
    for writer in 0..WRITERS {
        let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
        tasks.push(task(async move {
            write_denials(&*store, &acknowledged, writer, 50).await;
            Known::new()
        }));
    }
    for max in [5, 40] {
        let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
        tasks.push(task(async move {
            loop {
                let is_over = acknowledged.is_over();
                let before = acknowledged.since(0);
                let known = bootstrap(&*store, max).await;
                for entry in &before {
                    assert_covers(&known, entry);
                }
                if is_over {
                    return known;
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    let store = store_after(&store, together(tasks), &acknowledged).await;
    assert_eq!(all(&*store).await.len(), 200);
}

async fn bootstrap(store: &impl RevocationFeed, max: u32) -> Known {
    let (mut known, mut cursor, mut mark) = (Known::new(), head(store).await, None);
    loop {
        let page = ok(store.page(mark.as_ref(), size(max)).await);
        known.extend(page.entries.into_iter().map(|entry| (about(&entry), entry)));
        mark = page.next;
        if mark.is_none() {
            break;
        }
    }
    // What a page showed may be newer than a step that comes now; a step shows the entry as it is, so it never takes back.
    learn(&mut known, drain(store, &mut cursor, max).await);
    known
}

/// The same denial by 16 at once is one step, and so is the same cut-off.
pub async fn f6_parallel_repetitions_are_one_step(store: impl Revocations) {
    let store = Arc::new(store);
    for round in 0..8 {
        let id = format!("a-{round}");
        let answers = together((0..16).map(|_| {
            let (store, denial) = (Arc::clone(&store), denial("alice", &id));
            async move { ok(store.deny(&denial, NOW).await) }
        }))
        .await;
        assert_eq!(answers, [Denied::Token; 16]);
        let subject = format!("s-{round}");
        let answers = together((0..16).map(|_| {
            let (store, subject) = (Arc::clone(&store), subject.clone());
            async move { ok(store.cut_off(ISSUER, &subject, NOW).await) }
        }))
        .await;
        assert_eq!(answers, [at(SKEW); 16]);
        assert_eq!(head(&*store).await.position, 2 * (round + 1));
    }
    assert_eq!(all(&*store).await.len(), 16);
}
