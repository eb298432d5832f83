use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use cloakroom_core::UnixTime;

use crate::{Credential, Cursor, Denial, Denied, Entry, FeedId, Fleet, PageMark};

/// How many of the newest steps are kept: a minute of 1,000 revocations a second, in 1 MB.
pub(super) const STEPS: usize = 65_536;

/// What an entry is about. The order is that of kinds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Token(Arc<str>, Arc<str>),
    Subject(Arc<str>, Arc<str>),
    All,
}

/// An issuer and a subject.
type Owner = (Arc<str>, Arc<str>);

struct Row {
    /// The cut-off; of a denied token nothing.
    at: UnixTime,
    /// `MAX` for ever.
    keep_until: UnixTime,
    /// Its newest step.
    position: u64,
    /// Whose token it is.
    subject: Option<Arc<str>>,
}

/// All that a store of revocations knows.
pub(super) struct State {
    fleet: Fleet,
    feed: FeedId,
    rows: HashMap<Key, Row>,
    by_position: BTreeMap<u64, Key>,
    by_deadline: BTreeSet<(UnixTime, Key)>,
    /// Of each subject, by issuer: until when its denials are kept, and their ids.
    denials: HashMap<Owner, BTreeSet<(UnixTime, Arc<str>)>>,
    head: u64,
    /// The tags of the newest steps, the head's last.
    tags: VecDeque<[u8; 8]>,
    random: RandomState,
}

impl State {
    pub(super) fn new(fleet: Fleet) -> Self {
        // Its keys come from the operating system, so a hash is as fresh as random bytes, and drawing one cannot fail.
        let random = RandomState::new();
        let [left, right] = [0, 1].map(|half| random.hash_one(("feed", half)).to_be_bytes());
        let mut feed = [0; 16];
        feed[..8].copy_from_slice(&left);
        feed[8..].copy_from_slice(&right);
        Self {
            fleet,
            feed: FeedId(feed),
            rows: HashMap::new(),
            by_position: BTreeMap::new(),
            by_deadline: BTreeSet::new(),
            denials: HashMap::new(),
            head: 0,
            tags: VecDeque::new(),
            random,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// `later` is what a cut-off in place of the denial counts by.
    pub(super) fn deny(&mut self, denial: &Denial, now: UnixTime, later: UnixTime) -> Denied {
        let (issuer, subject): (Arc<str>, Arc<str>) = (denial.issuer().into(), denial.subject().into());
        let key = Key::Token(issuer.clone(), denial.token_id().into());
        let keep_until = denial.keep_until(&self.fleet);
        let old = self.rows.get(&key);
        let is_live = old.is_some_and(|row| row.keep_until > self.dead(now));
        if !is_live && (self.has_too_many(&issuer, &subject, now) || self.is_full(now)) {
            let from = denial.cut_off_from(&self.fleet, later);
            return Denied::Subject(self.cut_off(&issuer, &subject, from));
        }
        if old.is_none_or(|row| row.keep_until < keep_until) {
            // An entry stays with the subject that it came with.
            let subject = old.and_then(|row| row.subject.clone()).unwrap_or(subject);
            self.put(key, UnixTime::EPOCH, keep_until, Some(subject));
        }
        Denied::Token
    }

    pub(super) fn cut_off(&mut self, issuer: &str, subject: &str, now: UnixTime) -> UnixTime {
        self.move_cut_off(Key::Subject(issuer.into(), subject.into()), now)
    }

    pub(super) fn revoke_all(&mut self, now: UnixTime) -> UnixTime {
        self.move_cut_off(Key::All, now)
    }

    fn move_cut_off(&mut self, key: Key, now: UnixTime) -> UnixTime {
        let at = now.saturating_add(self.fleet.max_skew);
        if let Some(row) = self.rows.get(&key).filter(|row| row.at >= at) {
            return row.at;
        }
        let keep_until = match key {
            Key::All => UnixTime::MAX,
            _ => at
                .saturating_add(self.fleet.longest_age)
                .saturating_add(self.fleet.leeway),
        };
        self.put(key, at, keep_until, None);
        at
    }

    pub(super) fn look_up(&self, credential: &Credential<'_>) -> (bool, Option<UnixTime>) {
        let row = |key: fn(Arc<str>, Arc<str>) -> Key, name: Option<&str>| {
            self.rows.get(&key(credential.issuer.into(), name?.into()))
        };
        let cutoff = row(Key::Subject, credential.subject).map(|row| row.at);
        (
            row(Key::Token, credential.token_id).is_some(),
            cutoff.max(self.rows.get(&Key::All).map(|row| row.at)),
        )
    }

    pub(super) fn purge(&mut self, now: UnixTime, max: NonZeroU32) -> u64 {
        let mut purged = 0;
        while purged < u64::from(max.get())
            && let Some((keep_until, key)) = self.by_deadline.first()
            && *keep_until < self.dead(now)
        {
            let key = key.clone();
            self.take_out(&key);
            purged += 1;
        }
        let old = self.tags.len().saturating_sub(STEPS);
        self.tags.drain(..old);
        purged
    }

    pub(super) fn head(&self) -> Cursor {
        self.cursor(self.head)
    }

    pub(super) fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> (Vec<Entry>, Option<PageMark>) {
        // In the order of positions, so that an entry which changes meanwhile comes later, and not never.
        let after = after.map_or(0, |mark| {
            mark.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
        });
        let (entries, last, more) = self.behind(after, max);
        let next = more.then(|| PageMark(last.to_be_bytes().into()));
        (entries, next)
    }

    pub(super) fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Option<(Vec<Entry>, Cursor, bool)> {
        let is_kept = self.head.checked_sub(cursor.position).is_some_and(|behind| {
            cursor.position == 0 || usize::try_from(behind).is_ok_and(|behind| behind < self.tags.len())
        });
        // Before the first step there was nothing, however many steps have been dropped since.
        if !is_kept || *cursor != self.cursor(cursor.position) {
            return None;
        }
        let (entries, last, more) = self.behind(cursor.position, max);
        Some((entries, self.cursor(last), more))
    }

    /// The entries whose newest steps come after this one, the last of those steps, and whether there are more.
    fn behind(&self, position: u64, max: NonZeroU32) -> (Vec<Entry>, u64, bool) {
        let max = usize::try_from(max.get()).unwrap_or(usize::MAX);
        let mut rest = self.by_position.range((Excluded(position), Unbounded));
        let mut last = position;
        let entries = rest
            .by_ref()
            .take(max)
            .filter_map(|(position, key)| {
                last = *position;
                self.rows.get(key).map(|row| entry(key, row))
            })
            .collect();
        (entries, last, rest.next().is_some())
    }

    /// The cursor of a step whose tag is kept.
    fn cursor(&self, position: u64) -> Cursor {
        let behind = usize::try_from(self.head - position).ok();
        let index = behind.and_then(|behind| self.tags.len().checked_sub(behind + 1));
        let tag = index
            .filter(|_| position != 0)
            .and_then(|index| self.tags.get(index));
        Cursor {
            feed: self.feed,
            position,
            tag: tag.copied().unwrap_or_default(),
        }
    }

    /// What is kept until then or before is not live any more.
    fn dead(&self, now: UnixTime) -> UnixTime {
        now.saturating_sub(self.fleet.max_skew)
    }

    fn has_too_many(&self, issuer: &Arc<str>, subject: &Arc<str>, now: UnixTime) -> bool {
        const MOST: usize = Fleet::DENIALS_PER_SUBJECT as usize;
        let dead = self.dead(now);
        self.denials
            .get(&(issuer.clone(), subject.clone()))
            .is_some_and(|denials| {
                let live = denials.iter().rev().take_while(|(until, _)| *until > dead);
                live.take(MOST).count() == MOST
            })
    }

    fn is_full(&self, now: UnixTime) -> bool {
        let most = usize::try_from(self.fleet.max_entries).unwrap_or(usize::MAX);
        let counted = self.rows.len() - usize::from(self.rows.contains_key(&Key::All));
        let dead = self.dead(now);
        counted >= most && {
            let ended = self.by_deadline.iter().take_while(|(until, _)| *until <= dead);
            counted - ended.count() >= most
        }
    }

    /// Writes an entry and makes a step of it.
    fn put(&mut self, key: Key, at: UnixTime, keep_until: UnixTime, subject: Option<Arc<str>>) {
        self.take_out(&key);
        self.head += 1;
        let tag = self.random.hash_one(("step", self.head));
        self.tags.push_back(tag.to_be_bytes());
        self.by_position.insert(self.head, key.clone());
        self.by_deadline.insert((keep_until, key.clone()));
        if let (Key::Token(issuer, id), Some(subject)) = (&key, &subject) {
            let denials = self.denials.entry((issuer.clone(), subject.clone()));
            denials.or_default().insert((keep_until, id.clone()));
        }
        let position = self.head;
        self.rows.insert(
            key,
            Row {
                at,
                keep_until,
                position,
                subject,
            },
        );
    }

    fn take_out(&mut self, key: &Key) {
        let Some(row) = self.rows.remove(key) else {
            return;
        };
        self.by_position.remove(&row.position);
        self.by_deadline.remove(&(row.keep_until, key.clone()));
        if let (Key::Token(issuer, id), Some(subject)) = (key, row.subject) {
            let owner = (issuer.clone(), subject);
            if let Some(denials) = self.denials.get_mut(&owner) {
                denials.remove(&(row.keep_until, id.clone()));
                if denials.is_empty() {
                    self.denials.remove(&owner);
                }
            }
        }
    }
}

fn entry(key: &Key, row: &Row) -> Entry {
    let text = |text: &Arc<str>| Box::from(&**text);
    match key {
        Key::Token(issuer, token_id) => Entry::Token {
            issuer: text(issuer),
            token_id: text(token_id),
            keep_until: row.keep_until,
        },
        Key::Subject(issuer, subject) => Entry::Subject {
            issuer: text(issuer),
            subject: text(subject),
            at: row.at,
            keep_until: row.keep_until,
        },
        Key::All => Entry::All { at: row.at },
    }
}
