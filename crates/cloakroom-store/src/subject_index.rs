use std::future::Future;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;

use crate::{Listed, Page, SessionStore, StoreError, Subject};

/// A store that finds the sessions of a subject, and can end them.
pub trait SubjectIndex: SessionStore {
    /// A part of the subject's live sessions.
    fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> impl Future<Output = Result<Listed, StoreError>> + Send;

    /// Deletes the session of `selector` if it is one of the subject's; `false` otherwise, whatever the reason. It is
    /// the only deletion for a selector that came from a client.
    fn delete_one(
        &self,
        subject: &Subject,
        selector: &Selector,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Sets the subject's cut-off to `now`, or leaves a later one, and deletes its sessions but `except`, whose
    /// `lineage_at` moves to just after the cut-off. Tells how many live sessions it ended. A session of somebody else is no
    /// exception and is left alone.
    fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Sets the cut-off of the whole store to `now`, or leaves a later one: no session of an earlier proof loads from
    /// then on, and none of a visitor created earlier. The first step after a restored backup.
    fn revoke_all(&self, now: UnixTime) -> impl Future<Output = Result<(), StoreError>> + Send;
}
