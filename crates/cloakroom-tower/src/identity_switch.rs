use std::future::Future;

use cloakroom_core::UnixTime;
use cloakroom_lineage::Lineages;
use cloakroom_lineage::cloakroom_revocation::{Denial, Denied, LOCAL};
use cloakroom_lineage::cloakroom_store::{StoreError, StoreErrorKind};
use tokio::runtime::Handle;

use crate::{Error, IdentityError, IdentityErrorKind, Session};

/// What a login in this request leaves to be done once the handler has answered below 400: the end of what the request
/// was logged in by before.
pub(crate) struct Switch {
    /// The session, unless the login is of it.
    pub(crate) session: Option<Session>,
    pub(crate) old: Ending,
    /// Whose ticket the login gives, and since when it holds.
    pub(crate) ticket: Option<(String, UnixTime)>,
}

/// Tickets and tokens to be denied.
pub(crate) struct Ending {
    pub(crate) lineages: Option<Lineages>,
    pub(crate) denials: Vec<Denial>,
}

impl Switch {
    pub(crate) async fn run(self) -> Result<(), Error> {
        let cut_offs = self.old.run().await?;
        if let Some((subject, since)) = self.ticket
            && cut_offs.iter().any(|(cut, at)| *cut == subject && since <= *at)
        {
            return Err(IdentityError::from(IdentityErrorKind::Overtaken).into());
        }
        // Last, since it cannot be taken back: when the others could not be ended, nothing changes.
        if let Some(session) = self.session {
            session.logout()?;
        }
        Ok(())
    }
}

impl Ending {
    /// Denies them, also when nobody waits for it any more, and tells which local subjects were cut off for it, and at
    /// which times. Without lineages nothing can be.
    pub(crate) async fn run(self) -> Result<Vec<(String, UnixTime)>, Error> {
        let Some(lineages) = self.lineages.filter(|_| !self.denials.is_empty()) else {
            return Ok(Vec::new());
        };
        to_its_end(async move {
            let (mut cut_offs, mut failed) = (Vec::new(), None);
            for denial in &self.denials {
                match lineages.deny(denial).await {
                    // Nothing that was issued so far ahead can be ended but by itself, and there is no room for that.
                    Ok(Denied::Subject(at)) if at < denial.issued_at() => {
                        failed = failed.or(Some(StoreErrorKind::Full.into()));
                    }
                    Ok(Denied::Subject(at)) if denial.issuer() == LOCAL => {
                        cut_offs.push((denial.subject().to_owned(), at));
                    }
                    Ok(_) => {}
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            match failed {
                Some(error) => Err(error),
                None => Ok(cut_offs),
            }
        })
        .await
    }
}

/// Does `work` in a task of its own, so that it is done whoever stops waiting.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, Error> {
    let done = match Handle::try_current() {
        Ok(runtime) => match runtime.spawn(work).await {
            Ok(done) => done,
            Err(error) => Err(StoreError::new(StoreErrorKind::Other, error)),
        },
        Err(_) => work.await,
    };
    done.map_err(|error| IdentityError::from(IdentityErrorKind::Store(error)).into())
}
