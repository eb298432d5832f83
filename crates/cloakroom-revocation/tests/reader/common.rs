use std::time::Duration;

use cloakroom_revocation::cloakroom_core::{Tick, UnixTime};
use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, at};
use cloakroom_revocation::{
    Answer, Credential, Cursor, Entry, FeedId, Head, Moment, Next, Page, Polled, Question, Reader,
    ReaderEvent, ReaderSettings, Refused, RevocationCheck, RevocationFeed, Snapshot,
};

/// Milliseconds after the beginning, by both clocks.
pub(crate) fn moment(millis: i64) -> Moment {
    clocks(millis, millis)
}

/// By the wall clock and by the monotonic one.
pub(crate) fn clocks(wall: i64, tick: i64) -> Moment {
    Moment {
        wall: at(wall),
        tick: Tick::from_millis(10_000 + tick.unsigned_abs()),
    }
}

pub(crate) const SETTINGS: ReaderSettings = ReaderSettings {
    bound: Duration::from_secs(1),
    poll_every: Duration::from_millis(200),
    page: std::num::NonZeroU32::MAX,
    spread: Duration::ZERO,
    seed: 1,
};

pub(crate) const STALE: Refused = Refused::Stale {
    retry_after: Duration::from_secs(1),
};

pub(crate) fn cursor(position: u64) -> Cursor {
    Cursor {
        feed: FeedId([7; 16]),
        position,
        tag: [u8::try_from(position % 251).expect("it is below 251"); 8],
    }
}

pub(crate) fn token(token_id: &str, keep_until: UnixTime) -> Entry {
    Entry::Token {
        issuer: ISSUER.into(),
        token_id: token_id.into(),
        keep_until,
    }
}

pub(crate) fn subject(subject: &str, at: UnixTime) -> Entry {
    Entry::Subject {
        issuer: ISSUER.into(),
        subject: subject.into(),
        at,
        keep_until: at.saturating_add(FLEET.longest_age).saturating_add(FLEET.leeway),
    }
}

/// Issued at [`NOW`].
pub(crate) fn credential<'a>(subject: &'a str, token_id: &'a str) -> Credential<'a> {
    issued(subject, token_id, NOW)
}

pub(crate) fn issued<'a>(subject: &'a str, token_id: &'a str, issued_at: UnixTime) -> Credential<'a> {
    Credential {
        issuer: ISSUER,
        subject: Some(subject),
        issued_at: Some(issued_at),
        token_id: Some(token_id),
    }
}

pub(crate) fn polled(entries: Vec<Entry>, cursor: Cursor, time: UnixTime) -> Answer {
    Answer::Polled(Polled::Entries {
        entries,
        cursor,
        more: false,
        time,
    })
}

/// A reader whose feed's clock and own clocks agree.
pub(crate) struct Node {
    pub(crate) reader: Reader,
    pub(crate) snapshot: Snapshot,
}

impl Node {
    pub(crate) fn new() -> Self {
        let reader = Reader::new(FLEET, SETTINGS);
        let snapshot = reader.snapshot();
        Self { reader, snapshot }
    }

    /// One that has loaded these, by a poll asked at `millis`, up to step 10.
    pub(crate) fn loaded(entries: Vec<Entry>, millis: i64) -> Self {
        let mut node = Self::new();
        let events = node.load(entries, 10, millis);
        assert!(
            matches!(events.as_slice(), [ReaderEvent::Loaded(_)]),
            "{events:?}"
        );
        node
    }

    /// Loads these, and gives the events.
    pub(crate) fn load(&mut self, entries: Vec<Entry>, position: u64, millis: i64) -> Vec<ReaderEvent> {
        let (now, time) = (moment(millis), at(millis));
        assert_eq!(self.reader.next(now), Next::Ask(Question::Head));
        let cursor = cursor(position);
        let mut events = self.give(Answer::Head(Head { cursor, time }), now);
        assert_eq!(self.reader.next(now), Next::Ask(Question::Page(None)));
        events.extend(self.give(
            Answer::Page(Page {
                entries,
                next: None,
                time,
            }),
            now,
        ));
        assert_eq!(self.reader.next(now), Next::Ask(Question::Poll(cursor)));
        assert_eq!(
            self.snapshot.age(now),
            None,
            "nothing is known before the first poll"
        );
        events.extend(self.give(polled(vec![], cursor, time), now));
        events
    }

    /// An answer at once.
    pub(crate) fn give(&mut self, answer: Answer, now: Moment) -> Vec<ReaderEvent> {
        self.reader.answer(now, answer, now)
    }

    /// A poll that brings these.
    pub(crate) fn poll(&mut self, entries: Vec<Entry>, position: u64, millis: i64) -> Vec<ReaderEvent> {
        self.give(polled(entries, cursor(position), at(millis)), moment(millis))
    }

    pub(crate) fn check(&self, credential: &Credential<'_>, millis: i64) -> Result<(), Refused> {
        self.check_at(credential, moment(millis))
    }

    pub(crate) fn check_at(&self, credential: &Credential<'_>, now: Moment) -> Result<(), Refused> {
        let check = RevocationCheck::new(FLEET, FLEET.longest_age, [self.snapshot.clone()])
            .expect("the age is the fleet's");
        let answer = check.check(credential, now);
        assert_eq!(self.snapshot.check(credential, now), answer);
        answer
    }
}

/// Asks a store whatever is due at `now`.
pub(crate) async fn turn(reader: &mut Reader, feed: &impl RevocationFeed, now: Moment) -> Vec<ReaderEvent> {
    let mut events = Vec::new();
    while let Next::Ask(question) = reader.next(now) {
        let answer = match &question {
            Question::Head => feed.head().await.map(Answer::Head),
            Question::Page(mark) => feed.page(mark.as_ref(), reader.page()).await.map(Answer::Page),
            Question::Poll(cursor) => feed.poll(cursor, reader.page()).await.map(Answer::Polled),
        };
        events.extend(reader.answer(now, answer.expect("it answers"), now));
    }
    events
}
