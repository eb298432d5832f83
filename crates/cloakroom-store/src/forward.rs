//! Writes the methods of the two traits as calls of the same methods on something else.

/// The methods of `SessionStore`, done by the one that the expression names.
macro_rules! forward_session_store {
    ($this:ident => $inner:expr) => {
        async fn create(
            &$this,
            record: &crate::NewRecord,
            now: cloakroom_core::UnixTime,
        ) -> Result<crate::Created, crate::StoreError> {
            $inner.create(record, now).await
        }

        async fn load(
            &$this,
            selector: &cloakroom_id::Selector,
            now: cloakroom_core::UnixTime,
        ) -> Result<Option<crate::Stored>, crate::StoreError> {
            $inner.load(selector, now).await
        }

        fn load_now(
            &$this,
            selector: &cloakroom_id::Selector,
            now: cloakroom_core::UnixTime,
        ) -> std::task::Poll<Option<std::sync::Arc<crate::Stored>>> {
            $inner.load_now(selector, now)
        }

        fn load_within<'a>(
            &'a $this,
            selector: &'a cloakroom_id::Selector,
            now: cloakroom_core::UnixTime,
            limit: std::time::Duration,
        ) -> Option<impl Future<Output = Result<Option<crate::Stored>, crate::StoreError>> + Send> {
            $inner.load_within(selector, now, limit)
        }

        async fn update(
            &$this,
            selector: &cloakroom_id::Selector,
            expect: crate::Version,
            change: &crate::Change,
            now: cloakroom_core::UnixTime,
        ) -> Result<crate::Updated, crate::StoreError> {
            $inner.update(selector, expect, change, now).await
        }

        async fn touch(
            &$this,
            selector: &cloakroom_id::Selector,
            idle_deadline: cloakroom_core::UnixTime,
            now: cloakroom_core::UnixTime,
        ) -> Result<crate::Touched, crate::StoreError> {
            $inner.touch(selector, idle_deadline, now).await
        }

        async fn rotate(
            &$this,
            selector: &cloakroom_id::Selector,
            old: &cloakroom_id::VerifierHash,
            rotation: &crate::Rotation,
            now: cloakroom_core::UnixTime,
        ) -> Result<crate::Rotated, crate::StoreError> {
            $inner.rotate(selector, old, rotation, now).await
        }

        async fn delete(
            &$this,
            selector: &cloakroom_id::Selector,
        ) -> Result<bool, crate::StoreError> {
            $inner.delete(selector).await
        }

        async fn purge_expired(
            &$this,
            now: cloakroom_core::UnixTime,
            max: std::num::NonZeroU32,
        ) -> Result<u64, crate::StoreError> {
            $inner.purge_expired(now, max).await
        }
    };
}

/// The methods of `SubjectIndex`, done by the one that the expression names.
macro_rules! forward_subject_index {
    ($this:ident => $inner:expr) => {
        async fn list_by_subject(
            &$this,
            subject: &crate::Subject,
            page: crate::Page,
            now: cloakroom_core::UnixTime,
        ) -> Result<crate::Listed, crate::StoreError> {
            $inner.list_by_subject(subject, page, now).await
        }

        async fn delete_one(
            &$this,
            subject: &crate::Subject,
            selector: &cloakroom_id::Selector,
        ) -> Result<bool, crate::StoreError> {
            $inner.delete_one(subject, selector).await
        }

        async fn delete_by_subject(
            &$this,
            subject: &crate::Subject,
            except: Option<&cloakroom_id::Selector>,
            now: cloakroom_core::UnixTime,
        ) -> Result<u64, crate::StoreError> {
            $inner.delete_by_subject(subject, except, now).await
        }

        async fn revoke_all(
            &$this,
            now: cloakroom_core::UnixTime,
        ) -> Result<(), crate::StoreError> {
            $inner.revoke_all(now).await
        }
    };
}

pub(crate) use {forward_session_store, forward_subject_index};
