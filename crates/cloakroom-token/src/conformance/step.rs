use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, TokenHash};

use super::check::ok;
use super::model::Model;
use crate::{AccessToken, Client, Created, Family, NewFamily, Presented, Rotated, TokenStore};

/// An operation with its arguments.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create(NewFamily),
    Rotate(Presented),
    Load(Selector, TokenHash),
    End(Selector, TokenHash, Client),
    EndOne(Subject, Selector),
    List(Subject, Option<Selector>, NonZeroU32),
    RevokeSubject(Subject, UnixTime),
    RevokeAll(UnixTime),
    CreateAccess(AccessToken),
    LoadAccess(TokenHash),
    EndAccess(TokenHash, Client),
    Purge(NonZeroU32),
}

/// What became of one.
#[derive(PartialEq, Debug)]
pub(super) enum Answer {
    Created(Created),
    Rotated(Rotated),
    Loaded(Option<Family>),
    Ended(bool),
    Listed(Vec<Family>),
    Count(u64),
    LoadedAccess(Option<AccessToken>),
    Done,
}

impl Step {
    /// Does it on this store.
    pub(super) async fn apply(&self, store: &impl TokenStore, now: UnixTime) -> Answer {
        match self {
            Self::Create(family) => Answer::Created(ok(store.create_family(family, now).await)),
            Self::Rotate(token) => Answer::Rotated(ok(store.rotate(token, now).await)),
            Self::Load(id, hash) => Answer::Loaded(ok(store.load_family(id, hash, now).await)),
            Self::End(id, hash, client) => Answer::Ended(ok(store.end_family(id, hash, client).await)),
            Self::EndOne(subject, id) => Answer::Ended(ok(store.end_one(subject, id).await)),
            Self::List(subject, after, max) => Answer::Listed(ok(store
                .list_by_subject(subject, after.as_ref(), *max, now)
                .await)),
            Self::RevokeSubject(subject, cutoff) => {
                Answer::Count(ok(store.revoke_subject(subject, *cutoff, now).await))
            }
            Self::RevokeAll(cutoff) => {
                ok(store.revoke_all(*cutoff).await);
                Answer::Done
            }
            Self::CreateAccess(token) => Answer::Created(ok(store.create_access(token, now).await)),
            Self::LoadAccess(hash) => Answer::LoadedAccess(ok(store.load_access(hash, now).await)),
            Self::EndAccess(hash, client) => Answer::Ended(ok(store.end_access(hash, client).await)),
            Self::Purge(max) => {
                // Which rows go first is the store's business, so each goes on until there is none.
                while ok(store.purge_expired(now, *max).await) > 0 {}
                Answer::Done
            }
        }
    }

    /// Does it on the model, and compares the answer of the store under test with what the model allows.
    pub(super) async fn explain(&self, model: &Model, now: UnixTime, answer: &Answer) -> Result<(), Answer> {
        let mut allowed = Vec::new();
        match self {
            // Where two refusals are true a store may tell either.
            Self::Create(family) => {
                let is_cut_off = model.is_cut_off(&family.subject, family.authenticated_at);
                if is_cut_off && model.family(&family.id).is_some() {
                    allowed = [Created::Exists, Created::Refused].map(Answer::Created).into();
                }
            }
            Self::CreateAccess(token) => {
                forget_what_may_be_purged(model, &token.hash, &token.client, now, answer);
                if !model.stands(token, now) && model.access(&token.hash).is_some() {
                    allowed = [Created::Exists, Created::Refused].map(Answer::Created).into();
                }
            }
            Self::EndAccess(hash, client) => forget_what_may_be_purged(model, hash, client, now, answer),
            _ => {}
        }
        let expected = self.apply(model, now).await;
        if allowed.contains(answer) || *answer == expected {
            Ok(())
        } else {
            Err(expected)
        }
    }

    /// The same of one of several operations side by side: a family created beside its end need not be counted, as long as
    /// nobody sees it.
    pub(super) async fn fits(&self, model: &Model, now: UnixTime, answer: &Answer) -> bool {
        match (self.explain(model, now, answer).await, answer) {
            (Ok(()), _) => true,
            (Err(Answer::Count(expected)), Answer::Count(told)) => *told < expected,
            (Err(_), _) => false,
        }
    }
}

/// An access token that ended before its time may be there still, or not: an answer that cannot be given beside its row
/// tells.
fn forget_what_may_be_purged(
    model: &Model,
    hash: &TokenHash,
    client: &Client,
    now: UnixTime,
    answer: &Answer,
) {
    let Some(row) = model.access(hash) else { return };
    let is_gone = match answer {
        Answer::Created(created) => *created == Created::Done,
        Answer::Ended(did) => !did && row.client == *client,
        _ => false,
    };
    if is_gone && !model.stands(&row, now) {
        model.forget_access(hash);
    }
}
