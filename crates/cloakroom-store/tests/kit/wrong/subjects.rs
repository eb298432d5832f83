use std::ops::Bound::{Excluded, Unbounded};

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{Listed, Page, StoreError, Stored, Subject, SubjectIndex};

use super::{Wrong, is_of};
use crate::mistake::Mistake;

impl SubjectIndex for Wrong {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        let state = self.lock();
        let shown = |row: &Stored| match &row.authentication {
            Some(known) if self.is(Mistake::ListGoesByTheTag) => known.subject.tag() == subject.tag(),
            Some(known) if self.is(Mistake::ListFoldsCase) => {
                known.subject.as_str().to_lowercase() == subject.as_str().to_lowercase()
            }
            Some(known) => known.subject == *subject,
            None => false,
        };
        let live = |row: &Stored| {
            self.is_live(&state, row, now)
                || self.is(Mistake::ListShowsGhosts)
                || (self.is(Mistake::TornEndAll) && row.is_live(now))
        };
        let after = page.after.map_or(Unbounded, Excluded);
        let mut rest = state.rows.range((after, Unbounded)).map(|(_, row)| row);
        let mut rest = rest.by_ref().filter(|row| shown(row) && live(row)).peekable();
        let size = match self.mistake {
            Mistake::ListIgnoresTheLimit => usize::MAX,
            _ => usize::try_from(page.size()).expect("a page fits"),
        };
        let mut sessions: Vec<Stored> = rest.by_ref().take(size).cloned().collect();
        if self.is(Mistake::ListIsUnordered) {
            sessions.reverse();
        }
        let mut next = rest
            .peek()
            .and_then(|_| sessions.last())
            .map(|last| last.selector);
        match (self.mistake, rest.next(), sessions.len()) {
            (Mistake::ListSkipsAtThePage, Some(first), _) => next = Some(first.selector),
            (Mistake::ListRepeatsAtThePage, Some(_), 2..) => {
                next = Some(sessions[sessions.len() - 2].selector);
            }
            _ => {}
        }
        Ok(Listed { sessions, next })
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let own = state.rows.get(selector).is_some_and(|row| match self.mistake {
            Mistake::DeleteOneIgnoresTheSubject => true,
            Mistake::DeleteOneGoesByTheTag => row.authentication.is_some() && selector.tag() == subject.tag(),
            Mistake::DeleteOneTakesVisitors if row.authentication.is_none() => true,
            _ => is_of(row, subject),
        });
        Ok(own && state.rows.remove(selector).is_some())
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let (count, spared) = self.end_all(subject, except, now);
        self.tear(Mistake::EndAllReplacesTheSpared).await;
        if let Some(row) = spared {
            self.put(&mut self.lock(), row);
        }
        Ok(count)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        let mut state = self.lock();
        match self.mistake {
            Mistake::RevokeAllDoesNothing => {}
            Mistake::RevokeAllGoesBack => state.cutoff = Some(now),
            _ => state.cutoff = state.cutoff.max(Some(now)),
        }
        Ok(())
    }
}
