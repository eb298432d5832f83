//! The store in memory, against the model of all stores.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, SubjectTag, VerifierHash};
use cloakroom_store::conformance::Model;
use cloakroom_store::conformance::fixture::at;
use cloakroom_store::{
    Authentication, Change, Created, Listed, MAX_PAYLOAD, MemoryLimits, MemoryStore, NewRecord, Page,
    Rotation, RotationReason, SessionStore as _, StoreError, StoreErrorKind, Stored, Subject,
    SubjectIndex as _, Version,
};

use crate::input::Input;
use crate::now::now;

/// The greatest payload, and one byte more. Made once: each would be a megabyte to fill.
static LARGE: LazyLock<[Arc<[u8]>; 2]> =
    LazyLock::new(|| [vec![7; MAX_PAYLOAD].into(), vec![7; MAX_PAYLOAD + 1].into()]);

/// What the sequences are about: four subjects of two tags, eight selectors.
static SUBJECTS: LazyLock<[Subject; 4]> = LazyLock::new(|| {
    [("ann", 0), ("Ann", 0), ("ben", 1), ("cy", 1)]
        .map(|(name, tag)| Subject::from_parts(name, tag_of(tag)).expect("there can be such subjects"))
});

fn tag_of(number: u8) -> SubjectTag {
    SubjectTag::from_bytes([7, number])
}

fn selector_of(number: usize) -> Selector {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(tag_of((number / 4 % 2).to_le_bytes()[0]).as_bytes());
    bytes[15] = number.to_le_bytes()[0];
    Selector::from_bytes(bytes)
}

struct World<'a> {
    input: Input<'a>,
    store: MemoryStore,
    model: Model,
    limits: MemoryLimits,
    now: UnixTime,
    /// Verifiers are numbered, so that an old one can be named again.
    verifiers: u8,
}

/// Laws, for any sequence of operations at any times, of a few sessions in a store with little room:
///
/// 1. Each answer is the model's, and so is all that can be loaded and listed after it.
/// 2. `Full` is said just when there is no room for one session more of its kind, or for so many bytes; before that all
///    sessions that are not live were dropped, and none that is. Nothing else was changed.
/// 3. The store holds as many sessions as the model, and never more than its limits allow.
///
/// The input is the limits (two bytes), then operations.
///
/// # Panics
///
/// When a law is broken.
pub fn session_store(data: &[u8]) {
    let mut input = Input(data);
    let limits = MemoryLimits {
        sessions: [1, 2, 3, 4, 5, 7, 8, 100][input.below(8)],
        bytes: [0, 400, 900, 2000, 5000, MAX_PAYLOAD, 3 * MAX_PAYLOAD, 1 << 30][input.below(8)],
        ..MemoryLimits::default()
    };
    let mut world = World {
        input,
        store: MemoryStore::with_limits(limits),
        model: Model::new(),
        limits,
        now: at(0),
        verifiers: 0,
    };
    for _ in 0..64 {
        if world.input.is_empty() {
            return;
        }
        world.step();
        world.compare_all();
    }
}

impl World<'_> {
    fn step(&mut self) {
        let (what, moved) = (self.input.below(16), self.input.below(8));
        // Clocks of two servers differ: now and then the time goes back.
        let step = [0, 0, 1, 2, 10, 100, 1000, -3][moved];
        self.now = self.now.max(at(0)).min(at(1 << 40));
        self.now = UnixTime::from_millis(self.now.as_millis() + step);
        let now_is = self.now;
        let selector = selector_of(self.input.below(8));
        match what {
            0..=3 => self.create(selector),
            4 | 5 => {
                let (expect, payload) = (self.version(&selector), self.payload());
                let change = Change {
                    payload,
                    idle_deadline: self.time(),
                };
                self.with_room(
                    |model| now(model.update(&selector, expect, &change, now_is)),
                    |store| now(store.update(&selector, expect, &change, now_is)),
                );
            }
            6 => {
                let deadline = self.time();
                self.same(
                    |model| now(model.touch(&selector, deadline, now_is)),
                    |store| now(store.touch(&selector, deadline, now_is)),
                );
            }
            7..=9 => self.rotate(selector),
            10 => {
                self.same(
                    |model| now(model.delete(&selector)),
                    |store| now(store.delete(&selector)),
                );
            }
            11 => {
                let max = NonZeroU32::new([1, 2, 3, 1000][self.input.below(4)]).expect("it is not 0");
                // Which rows go first is the store's business, so both go on until there is none.
                while self.same(
                    |model| now(model.purge_expired(now_is, max)),
                    |store| now(store.purge_expired(now_is, max)),
                ) != Some(0)
                {}
            }
            12 => {
                let subject = self.subject();
                self.same(
                    |model| now(model.delete_one(&subject, &selector)),
                    |store| now(store.delete_one(&subject, &selector)),
                );
            }
            13 | 14 => {
                let (subject, time) = (self.subject(), self.near());
                let except = (what == 14).then_some(&selector);
                self.same(
                    |model| now(model.delete_by_subject(&subject, except, time)),
                    |store| now(store.delete_by_subject(&subject, except, time)),
                );
            }
            _ => {
                let time = self.near();
                self.same(
                    |model| now(model.revoke_all(time)),
                    |store| now(store.revoke_all(time)),
                );
            }
        }
    }

    fn create(&mut self, selector: Selector) {
        let subject = self.subject();
        let authentication = (self.input.byte() & 1 == 1).then(|| Authentication {
            subject,
            at: self.near(),
        });
        let is_visitor = authentication.is_none();
        let fits = authentication
            .as_ref()
            .is_none_or(|known| known.subject.tag() == selector.tag());
        let (idle, absolute, payload) = (self.time(), self.time(), self.payload());
        let verifier = self.new_verifier();
        let record = NewRecord::new(selector, verifier, authentication, idle, absolute, payload);
        assert_eq!(
            record.is_ok(),
            fits,
            "a record lies where its subject is looked for"
        );
        let Ok(record) = record else { return };
        let now_is = self.now;
        let held = self.store.usage().sessions;
        let found = self.with_room(
            |model| now(model.create(&record, now_is)),
            |store| now(store.create(&record, now_is)),
        );
        // A fifth, rounded up, is kept for subjects.
        let kept = if is_visitor {
            self.limits.sessions.div_ceil(5)
        } else {
            0
        };
        let most = self.limits.sessions - kept;
        match found {
            Some(Created::Done) => assert!(self.store.usage().sessions <= most),
            None if self.limits.bytes == 1 << 30 && record.payload().len() <= MAX_PAYLOAD => {
                assert!(held >= most, "full, and there was room");
            }
            _ => {}
        }
    }

    fn rotate(&mut self, selector: Selector) {
        let old = match self.input.below(4) {
            0 => verifier(self.input.byte()),
            _ => self
                .row(&selector)
                .map_or_else(|| verifier(0), |row| row.verifier_hash),
        };
        let shape = self.input.byte();
        let authenticated_at = (shape & 1 != 0).then(|| self.near());
        let rotation = Rotation {
            verifier_hash: self.new_verifier(),
            reason: if shape & 2 == 0 {
                RotationReason::Periodic
            } else {
                RotationReason::Authentication
            },
            authenticated_at,
            idle_deadline: self.time(),
            absolute_deadline: (shape & 4 != 0).then(|| self.time()),
            data: (shape & 8 != 0).then(|| (self.version(&selector), self.payload())),
        };
        let now_is = self.now;
        self.with_room(
            |model| now(model.rotate(&selector, &old, &rotation, now_is)),
            |store| now(store.rotate(&selector, &old, &rotation, now_is)),
        );
    }

    /// Does the same on both, and compares the answers; gives the answer, or `None` for too much data.
    fn same<T: PartialEq + Debug>(
        &self,
        on_model: impl Fn(&Model) -> Result<T, StoreError>,
        on_store: impl Fn(&MemoryStore) -> Result<T, StoreError>,
    ) -> Option<T> {
        agree(on_model(&self.model), on_store(&self.store))
    }

    /// The same where the store may have no room, and may drop what is not live to make some.
    fn with_room<T: PartialEq + Debug>(
        &mut self,
        on_model: impl Fn(&Model) -> Result<T, StoreError>,
        on_store: impl Fn(&MemoryStore) -> Result<T, StoreError>,
    ) -> Option<T> {
        // What the model says of a copy, which goes its own way from here.
        let before = self.model.clone();
        let held = self.store.usage();
        let found = on_store(&self.store);
        let is_full = matches!(&found, Err(error) if error.kind() == StoreErrorKind::Full);
        let expected = (!is_full).then(|| on_model(&self.model));
        let dropped = self.model.rows() - self.store.usage().sessions;
        if dropped > 0 || is_full {
            // To make room it drops all that is not live, and only for that.
            self.model = before;
            let dead = now(self.model.purge_expired(self.now, Page::MAX));
            assert_eq!(
                dead.ok(),
                u64::try_from(dropped).ok(),
                "what is dropped is what is not live"
            );
            if is_full {
                let usage = self.store.usage();
                assert_eq!(usage.sessions, held.sessions - dropped);
                assert!(dropped > 0 || usage == held, "what does not fit changes nothing");
                return None;
            }
            return agree(on_model(&self.model), found);
        }
        expected.and_then(|expected| agree(expected, found))
    }

    fn compare_all(&self) {
        assert_eq!(self.store.usage().sessions, self.model.rows());
        assert!(self.store.usage().sessions <= self.limits.sessions);
        for number in 0..8 {
            let selector = selector_of(number);
            let (found, expected) = (
                now(self.store.load(&selector, self.now)),
                now(self.model.load(&selector, self.now)),
            );
            assert_eq!(found.ok(), expected.ok(), "the store and then the model");
        }
        for subject in &*SUBJECTS {
            for limit in [1, 3, 100] {
                let found = listed(
                    |page| now(self.store.list_by_subject(subject, page, self.now)),
                    limit,
                );
                let expected = listed(
                    |page| now(self.model.list_by_subject(subject, page, self.now)),
                    limit,
                );
                assert_eq!(found, expected, "the store and then the model");
            }
        }
    }

    fn row(&self, selector: &Selector) -> Option<Stored> {
        now(self.model.load(selector, self.now)).ok().flatten()
    }

    fn subject(&mut self) -> Subject {
        SUBJECTS[self.input.below(SUBJECTS.len())].clone()
    }

    fn new_verifier(&mut self) -> VerifierHash {
        self.verifiers = self.verifiers.wrapping_add(1);
        verifier(self.verifiers)
    }

    /// That of the session, or near it.
    fn version(&mut self, selector: &Selector) -> Version {
        let number = self.row(selector).map_or(1, |row| row.version.number());
        Version::from_number(match self.input.below(8) {
            0 => number + 1,
            1 => number - 1,
            2 => u64::MAX,
            _ => number,
        })
    }

    /// A deadline.
    fn time(&mut self) -> UnixTime {
        match self.input.byte() {
            0 => UnixTime::MIN,
            1 => UnixTime::MAX,
            2 => self.now,
            after => UnixTime::from_millis(self.now.as_millis() + i64::from(after) * 4 - 40),
        }
    }

    /// A time about now, at which cut-offs and proofs lie.
    fn near(&mut self) -> UnixTime {
        UnixTime::from_millis(self.now.as_millis() + i64::from(self.input.byte() % 16) - 12)
    }

    fn payload(&mut self) -> Arc<[u8]> {
        match self.input.byte() {
            255 => LARGE[0].clone(),
            254 => LARGE[1].clone(),
            length => vec![length; usize::from(length) * 4].into(),
        }
    }
}

/// The answer, `None` for too much data; nothing else fails.
fn agree<T: PartialEq + Debug>(expected: Result<T, StoreError>, found: Result<T, StoreError>) -> Option<T> {
    match (expected, found) {
        (Ok(expected), Ok(found)) => {
            assert_eq!(found, expected, "the store and then the model");
            Some(found)
        }
        (Err(expected), Err(found)) => {
            let kinds = (found.kind(), expected.kind());
            assert_eq!(kinds, (StoreErrorKind::TooLarge, StoreErrorKind::TooLarge));
            None
        }
        (expected, found) => panic!("the store answers {found:?} and the model {expected:?}"),
    }
}

fn verifier(number: u8) -> VerifierHash {
    VerifierHash::from_bytes([number; 32])
}

/// A whole list, in parts.
fn listed(part: impl Fn(Page) -> Result<Listed, StoreError>, limit: u32) -> Vec<Stored> {
    let mut page = Page::first(NonZeroU32::new(limit).expect("it is not 0"));
    let mut all = Vec::new();
    loop {
        let Listed { sessions, next } = part(page).expect("a list does not fail");
        assert!(sessions.len() <= limit as usize);
        all.extend(sessions);
        assert!(all.is_sorted_by_key(|session: &Stored| session.selector));
        let Some(next) = next else { return all };
        assert!(page.after < Some(next), "a part begins after the one before");
        page.after = Some(next);
    }
}
