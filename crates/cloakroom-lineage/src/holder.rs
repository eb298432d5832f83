use std::future::Future;
use std::pin::Pin;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject};
use cloakroom_revocation::{Credential, Denial, Denied, Fleet, Found, LOCAL, RevocationStore, StoreError};
use cloakroom_store::SubjectIndex;
use cloakroom_token::TokenStore;

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Something that keeps lineages of subjects, and a copy of their cut-offs.
pub(crate) trait Holder: Send + Sync {
    /// Writes the cut-off, then deletes what lies at or before it, `except` aside, and tells how much was live.
    fn end<'a>(
        &'a self,
        subject: &'a Subject,
        except: Option<&'a Selector>,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Boxed<'a, u64>;

    /// Writes the cut-off of everything.
    fn end_everything(&self, cutoff: UnixTime) -> Boxed<'_, ()>;
}

/// The sessions of a store.
pub(crate) struct SessionHolder<S>(pub(crate) S);

impl<S: SubjectIndex> Holder for SessionHolder<S> {
    fn end<'a>(
        &'a self,
        subject: &'a Subject,
        except: Option<&'a Selector>,
        cutoff: UnixTime,
        _now: UnixTime,
    ) -> Boxed<'a, u64> {
        // The cut-off takes the place of the time: what is live now and not then is not counted, and ends all the same.
        Box::pin(self.0.delete_by_subject(subject, except, cutoff))
    }

    fn end_everything(&self, cutoff: UnixTime) -> Boxed<'_, ()> {
        Box::pin(self.0.revoke_all(cutoff))
    }
}

/// The families and access tokens of a store.
pub(crate) struct TokenHolder<S>(pub(crate) S);

impl<S: TokenStore> Holder for TokenHolder<S> {
    fn end<'a>(
        &'a self,
        subject: &'a Subject,
        _except: Option<&'a Selector>,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Boxed<'a, u64> {
        Box::pin(self.0.revoke_subject(subject, cutoff, now))
    }

    fn end_everything(&self, cutoff: UnixTime) -> Boxed<'_, ()> {
        Box::pin(self.0.revoke_all(cutoff))
    }
}

/// A store of revocations with its futures boxed.
pub(crate) trait Revokes: Send + Sync {
    fn fleet(&self) -> Fleet;
    fn deny<'a>(&'a self, denial: &'a Denial, now: UnixTime) -> Boxed<'a, Denied>;
    fn cut_off<'a>(&'a self, issuer: &'a str, subject: &'a str, now: UnixTime) -> Boxed<'a, UnixTime>;
    fn revoke_all(&self, now: UnixTime) -> Boxed<'_, UnixTime>;
    /// What is known of the subject once no cut-off is under way.
    fn settled<'a>(&'a self, issuer: &'a str, subject: &'a str) -> Boxed<'a, Found>;
    /// The store's own clock.
    fn time(&self) -> Boxed<'_, UnixTime>;
}

impl<S: RevocationStore> Revokes for S {
    fn fleet(&self) -> Fleet {
        RevocationStore::fleet(self)
    }

    fn deny<'a>(&'a self, denial: &'a Denial, now: UnixTime) -> Boxed<'a, Denied> {
        Box::pin(RevocationStore::deny(self, denial, now))
    }

    fn cut_off<'a>(&'a self, issuer: &'a str, subject: &'a str, now: UnixTime) -> Boxed<'a, UnixTime> {
        Box::pin(RevocationStore::cut_off(self, issuer, subject, now))
    }

    fn revoke_all(&self, now: UnixTime) -> Boxed<'_, UnixTime> {
        Box::pin(RevocationStore::revoke_all(self, now))
    }

    fn settled<'a>(&'a self, issuer: &'a str, subject: &'a str) -> Boxed<'a, Found> {
        Box::pin(async move {
            let credential = Credential {
                issuer,
                subject: Some(subject),
                issued_at: None,
                token_id: None,
            };
            RevocationStore::look_up_settled(self, &credential).await
        })
    }

    fn time(&self) -> Boxed<'_, UnixTime> {
        Box::pin(async move {
            let nobody = Credential {
                issuer: LOCAL,
                subject: None,
                issued_at: None,
                token_id: None,
            };
            Ok(RevocationStore::look_up(self, &nobody).await?.time)
        })
    }
}
