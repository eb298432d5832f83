use cloakroom_core::UnixTime;
use cloakroom_kit::History;

use super::check::{Known, about, all, all_by, entries, found, head, ok};
use super::fixture::{FLEET, ISSUER, KEPT, MINUTE, NOW, PAST, Random, SECOND, SKEW, SMALL, after, size};
use super::model::Model;
use super::prepared::Revocations;
use crate::{Cursor, Denial, Denied, Fleet};

/// Any sequence of operations gets from the store the answers that a model gives, and the feed brings the same entries.
pub async fn model_and_store_agree_on_any_sequence(store: impl Revocations) {
    Sequence::new(FLEET, 1, NOW, head(&store).await)
        .run(&store, 1200)
        .await;
}

/// The same at times when it is the store's own clock that cut-offs count by, and the callers' that purges do.
pub async fn model_and_store_agree_on_any_sequence_in_the_past(store: impl Revocations) {
    Sequence::new(FLEET, 3, PAST, head(&store).await)
        .run(&store, 1200)
        .await;
}

/// The same in a store that has room for little.
pub async fn model_and_full_store_agree_on_any_sequence(store: impl Revocations) {
    Sequence::new(SMALL, 2, NOW, head(&store).await)
        .run(&store, 600)
        .await;
}

const ISSUERS: [&str; 2] = [ISSUER, "https://other.example"];
const SUBJECTS: [&str; 3] = ["busy", "alice", "bob"];

struct Sequence {
    random: Random,
    model: Model,
    now: UnixTime,
    /// Whether the store's own clock is ahead of all the callers'.
    is_past: bool,
    /// Up to where a reader has read, and what it knows.
    cursor: Cursor,
    known: Known,
    history: History,
}

impl Sequence {
    fn new(fleet: Fleet, seed: u64, begin: UnixTime, cursor: Cursor) -> Self {
        Self {
            random: Random::new(seed),
            model: Model::new(fleet),
            now: begin,
            is_past: begin == PAST,
            cursor,
            known: Known::new(),
            history: History::new(seed),
        }
    }

    async fn run(mut self, store: &impl Revocations, steps: usize) {
        for _ in 0..steps {
            self.step(store).await;
            let position = head(store).await.position;
            self.history.expect(position == self.model.head, || {
                format!("the head is {position} and not {}", self.model.head)
            });
        }
        self.compare_all(store).await;
    }

    async fn step(&mut self, store: &impl Revocations) {
        // Clocks of nodes differ; at times a long time passes.
        let passes = match self.random.below(400) {
            0 => self.random.between(MINUTE, 2 * KEPT),
            1..=130 => self.random.between(0, 3 * SECOND),
            _ => self.random.between(-3, 4),
        };
        self.now = after(self.now, passes);
        let now = self.now;
        match self.random.below(100) {
            0..=54 => self.deny(store).await,
            55..=64 => {
                let (issuer, subject) = self.owner();
                self.history
                    .note(format!("cut off {subject} of {issuer} at {now:?}"));
                let begin = ok(store.head().await).time;
                let told = ok(store.cut_off(issuer, subject, now).await);
                let from = self.counted_from(store, begin, told).await;
                let expected = self.model.cut_off(issuer, subject, from);
                self.history.compare(&told, &expected);
            }
            65..=66 => {
                self.history.note(format!("revoke all at {now:?}"));
                let begin = ok(store.head().await).time;
                let told = ok(store.revoke_all(now).await);
                let from = self.counted_from(store, begin, told).await;
                let expected = self.model.revoke_all(from);
                self.history.compare(&told, &expected);
            }
            67..=73 => self.purge(store).await,
            74..=95 => self.poll(store).await,
            _ => self.compare_all(store).await,
        }
    }

    /// The clock that a cut-off counted by, which was asked for when it was `begin` by the store's own.
    async fn counted_from(&self, store: &impl Revocations, begin: UnixTime, told: UnixTime) -> UnixTime {
        if !self.is_past {
            return self.now;
        }
        let from = after(told, -SKEW);
        let end = ok(store.head().await).time;
        self.history.expect((begin..=end).contains(&from), || {
            format!("a cut-off counts from {from:?} and not from {begin:?} to {end:?}")
        });
        from
    }

    /// Mostly the one that gets over 64.
    fn owner(&mut self) -> (&'static str, &'static str) {
        if self.random.below(3) > 0 {
            return (ISSUER, "busy");
        }
        (self.random.any(&ISSUERS), self.random.any(&SUBJECTS))
    }

    async fn deny(&mut self, store: &impl Revocations) {
        let (issuer, subject) = self.owner();
        let id = format!("{subject}-{}", self.random.below(80));
        let begins = after(self.now, self.random.between(-20 * MINUTE, SECOND));
        // Some end near the bound at which they count no more.
        let expires = match self.random.below(4) {
            0 => after(self.now, self.random.between(-2, 3) - MINUTE - SKEW),
            1 => after(self.now, self.random.between(-MINUTE, 3 * KEPT)),
            _ => after(self.now, self.random.between(10 * MINUTE, 40 * MINUTE)),
        };
        let denial = Denial::new(issuer, subject, &id, begins, expires).expect("these are names");
        self.history.note(format!(
            "deny {id} of {issuer}, {begins:?} to {expires:?}, at {:?}",
            self.now
        ));
        let begin = ok(store.head().await).time;
        let told = ok(store.deny(&denial, self.now).await);
        let from = match told {
            Denied::Subject(cutoff) => self.counted_from(store, begin, cutoff).await,
            Denied::Token => self.now,
        };
        let expected = self.model.deny(&denial, self.now, from);
        self.history.compare(&told, &expected);
        let known = found(store, issuer, subject, &id).await;
        let expected = self.model.look_up(issuer, subject, &id);
        self.history.compare(&(known.denied, known.cutoff), &expected);
    }

    async fn purge(&mut self, store: &impl Revocations) {
        self.history.note(format!("purge at {:?}", self.now));
        let expected = if self.is_past {
            self.model.purge(self.now)
        } else {
            0
        };
        let (mut purged, max) = (0, self.random.any(&[1, 5, 1000]));
        loop {
            let count = ok(store.purge(self.now, size(max)).await);
            purged += count;
            if count == 0 {
                break;
            }
        }
        self.history.compare(&purged, &expected);
    }

    async fn poll(&mut self, store: &impl Revocations) {
        let max = self.random.any(&[1, 3, 1000]);
        self.history
            .note(format!("poll {max} after {}", self.cursor.position));
        let (brought, next, more) = entries(ok(store.poll(&self.cursor, size(max)).await));
        let mut expected = self.model.since(self.cursor.position);
        let is_cut = expected.len() > max as usize;
        expected.truncate(max as usize);
        let last = expected.last().map_or(self.cursor.position, |(step, _)| *step);
        let most = if is_cut { last } else { self.model.head };
        self.history.expect((last..=most).contains(&next.position), || {
            format!("the new cursor is {} and not {last} to {most}", next.position)
        });
        self.history.expect(more || !is_cut, || "there are more".into());
        let expected: Vec<_> = expected.into_iter().map(|(_, entry)| entry).collect();
        self.history.compare(&brought, &expected);
        self.known
            .extend(brought.into_iter().map(|entry| (about(&entry), entry)));
        self.cursor = next;
    }

    /// Everything, by pages and by what the reader knows.
    async fn compare_all(&mut self, store: &impl Revocations) {
        self.history.note("compare all".into());
        let expected: Known = self
            .model
            .all()
            .into_iter()
            .map(|entry| (about(&entry), entry))
            .collect();
        let held = if self.random.below(2) == 0 {
            all_by(store, 7).await
        } else {
            all(store).await
        };
        self.history.compare(&held, &expected);
        while self.cursor.position
            < self
                .model
                .since(self.cursor.position)
                .last()
                .map_or(0, |(step, _)| *step)
        {
            Box::pin(self.poll(store)).await;
        }
        self.known.retain(|what, _| expected.contains_key(what));
        self.history.compare(&self.known, &expected);
    }
}
