use std::future::ready;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;

use crate::forward::forward_session_store;
use crate::{Listed, Page, SessionStore, StoreError, StoreErrorKind, Subject, SubjectIndex};

/// A store that finds no session by its subject, said by name.
///
/// It goes wherever a [`SubjectIndex`] is asked for, and answers `Unsupported` to all that an index does: nobody can
/// list their devices, end one of them, log out everywhere, or be logged out by an operator.
#[derive(Clone, Debug)]
pub struct Unindexed<S>(pub S);

impl<S: SessionStore> SessionStore for Unindexed<S> {
    forward_session_store!(self => self.0);
}

impl<S: SessionStore> SubjectIndex for Unindexed<S> {
    fn list_by_subject(
        &self,
        _: &Subject,
        _: Page,
        _: UnixTime,
    ) -> impl Future<Output = Result<Listed, StoreError>> + Send {
        unsupported()
    }

    fn delete_one(&self, _: &Subject, _: &Selector) -> impl Future<Output = Result<bool, StoreError>> + Send {
        unsupported()
    }

    fn delete_by_subject(
        &self,
        _: &Subject,
        _: Option<&Selector>,
        _: UnixTime,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        unsupported()
    }

    fn revoke_all(&self, _: UnixTime) -> impl Future<Output = Result<(), StoreError>> + Send {
        unsupported()
    }
}

fn unsupported<T: Send>() -> impl Future<Output = Result<T, StoreError>> + Send {
    ready(Err(StoreErrorKind::Unsupported.into()))
}
