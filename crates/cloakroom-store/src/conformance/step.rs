use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use super::check::ok;
use super::model::Model;
use crate::{
    Change, Created, NewRecord, Page, Rotated, Rotation, Stored, Subject, SubjectIndex, Touched, Updated,
    Version,
};

/// An operation with its arguments.
#[derive(Debug)]
pub(super) enum Step {
    Create(NewRecord),
    Load(Selector),
    Update(Selector, Version, Change),
    Touch(Selector, UnixTime),
    Rotate(Selector, VerifierHash, Rotation),
    Delete(Selector),
    Purge(NonZeroU32),
    List(Subject, u32),
    DeleteOne(Subject, Selector),
    DeleteBySubject(Subject, Option<Selector>, UnixTime),
    RevokeAll(UnixTime),
}

/// What became of one.
#[derive(PartialEq, Debug)]
pub(super) enum Answer {
    Created(Created),
    Loaded(Option<Stored>),
    Updated(Updated),
    Touched(Touched),
    Rotated(Rotated),
    Deleted(bool),
    Count(u64),
    Listed(Vec<Stored>),
    Done,
}

impl Step {
    /// Does it on this store.
    pub(super) async fn apply(&self, store: &impl SubjectIndex, now: UnixTime) -> Answer {
        match self {
            Self::Create(record) => Answer::Created(ok(store.create(record, now).await)),
            Self::Load(selector) => Answer::Loaded(ok(store.load(selector, now).await)),
            Self::Update(selector, expect, change) => {
                Answer::Updated(ok(store.update(selector, *expect, change, now).await))
            }
            Self::Touch(selector, deadline) => {
                Answer::Touched(ok(store.touch(selector, *deadline, now).await))
            }
            Self::Rotate(selector, old, rotation) => {
                Answer::Rotated(ok(store.rotate(selector, old, rotation, now).await))
            }
            Self::Delete(selector) => Answer::Deleted(ok(store.delete(selector).await)),
            Self::Purge(size) => Answer::Count(ok(store.purge_expired(now, *size).await)),
            Self::List(subject, limit) => {
                let limit = NonZeroU32::new(*limit).unwrap_or(Page::MAX);
                let part = store.list_by_subject(subject, Page::first(limit), now).await;
                Answer::Listed(ok(part).sessions)
            }
            Self::DeleteOne(subject, selector) => {
                Answer::Deleted(ok(store.delete_one(subject, selector).await))
            }
            Self::DeleteBySubject(subject, except, time) => {
                let count = store.delete_by_subject(subject, except.as_ref(), *time).await;
                Answer::Count(ok(count))
            }
            Self::RevokeAll(time) => {
                ok(store.revoke_all(*time).await);
                Answer::Done
            }
        }
    }

    /// Does it on the model, and compares the answer of the store under test with what the model allows.
    pub(super) async fn explain(&self, model: &Model, now: UnixTime, answer: &Answer) -> Result<(), Answer> {
        let allowed = match self {
            Self::Create(record) => refusals_of_creation(model, record, now),
            Self::Rotate(selector, old, rotation) => refusals(model, selector, old, rotation, now),
            _ => Vec::new(),
        };
        let expected = self.apply(model, now).await;
        if allowed.contains(answer) || *answer == expected {
            Ok(())
        } else {
            Err(expected)
        }
    }

    /// The same of one of several operations side by side: a session created beside its end need not be counted, as long as
    /// nobody sees it.
    pub(super) async fn fits(&self, model: &Model, now: UnixTime, answer: &Answer) -> bool {
        match (self.explain(model, now, answer).await, answer) {
            (Ok(()), _) => true,
            (Err(Answer::Count(expected)), Answer::Count(told)) => *told < expected,
            (Err(_), _) => false,
        }
    }
}

/// Both answers, when both are true: a store may tell either.
fn refusals_of_creation(model: &Model, record: &NewRecord, now: UnixTime) -> Vec<Answer> {
    let cutoff = model.cutoff(record.authentication());
    let row = record.clone().into_stored(now);
    if model.row(&record.selector()).is_some() && cutoff.is_some_and(|cutoff| row.is_cut_off(cutoff)) {
        [Created::Exists, Created::Refused].map(Answer::Created).into()
    } else {
        Vec::new()
    }
}

/// The answers, other than that it is done, of which each is true of this rotation: a store may tell any.
fn refusals(
    model: &Model,
    selector: &Selector,
    old: &VerifierHash,
    rotation: &Rotation,
    now: UnixTime,
) -> Vec<Answer> {
    let mut fitting = Vec::new();
    let live = model.live(selector, now).is_some();
    if !live {
        fitting.push(Answer::Rotated(Rotated::Gone));
    }
    let Some(row) = model.row(selector).filter(|row| row.is_live(now)) else {
        return fitting;
    };
    if let Some(time) = rotation.authenticated_at {
        let cutoff = model.cutoff(row.authentication.as_ref());
        if row.authentication.is_none() || cutoff.is_some_and(|cutoff| time <= cutoff) {
            fitting.push(Answer::Rotated(Rotated::Refused));
        }
    }
    let expect = rotation.data.as_ref().map(|(version, _)| *version);
    let stale = row.verifier_hash != *old || expect.is_some_and(|expect| expect != row.version);
    // A session that is cut off may be refused as such, but has no verifier any more to compare with.
    if stale && live {
        fitting.push(Answer::Rotated(Rotated::Stale));
    }
    fitting
}
