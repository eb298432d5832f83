use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{Listed, Page, StoreError, Subject, SubjectIndex};

use crate::connections::{Again, Statement};
use crate::session::delete_by_subject;
use crate::session::store::{Inner, PostgresSessionStore, stored};
use crate::sql::query;

impl SubjectIndex for PostgresSessionStore {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        let Inner {
            opened, statements, ..
        } = self.inner();
        let size = page.size();
        let rows = opened
            .connections
            .rows(Again::Reads, || {
                Statement::All(
                    query(&statements.list)
                        .bind(subject.as_str())
                        // Every selector is greater than no bytes at all.
                        .bind(page.after.as_ref().map_or(&[][..], |after| &after.as_bytes()[..]))
                        // One more, to know whether there is a next part.
                        .bind(i64::from(size) + 1)
                        .bind(now.as_millis()),
                )
            })
            .await?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut sessions = Vec::with_capacity(rows.len().min(size));
        for row in rows.iter().take(size) {
            sessions.push(stored(row, 0)?);
        }
        let more = rows.len() > size;
        let next = sessions.last().filter(|_| more).map(|last| last.selector);
        Ok(Listed { sessions, next })
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        let Inner {
            opened, statements, ..
        } = self.inner();
        opened
            .connections
            .does(|| {
                query(&statements.delete_one)
                    .bind(&selector.as_bytes()[..])
                    .bind(subject.as_str())
            })
            .await
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let opened = &self.inner().opened;
        let script = || Statement::Script(delete_by_subject::script(&opened.schema, subject, except, now));
        opened.connections.number(script).await.map(i64::unsigned_abs)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        let Inner {
            opened, statements, ..
        } = self.inner();
        opened
            .connections
            .does(|| query(&statements.revoke_all).bind(now.as_millis()))
            .await
            .map(drop)
    }
}
