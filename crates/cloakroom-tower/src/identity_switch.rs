use std::future::Future;

use cloakroom_lineage::Lineages;
use cloakroom_lineage::cloakroom_revocation::Denial;
use cloakroom_lineage::cloakroom_store::{StoreError, StoreErrorKind};
use tokio::runtime::Handle;

use crate::{Error, IdentityError, IdentityErrorKind, Session};

/// What a login in this request leaves to be done once the handler has answered below 400: the end of what the request
/// was logged in by before.
pub(crate) struct Switch {
    /// The session, unless the login is of it.
    pub(crate) session: Option<Session>,
    pub(crate) old: Ending,
}

/// Tickets and tokens to be denied.
pub(crate) struct Ending {
    pub(crate) lineages: Option<Lineages>,
    pub(crate) denials: Vec<Denial>,
}

impl Switch {
    pub(crate) async fn run(self) -> Result<(), Error> {
        if let Some(session) = self.session {
            session.logout()?;
        }
        self.old.run().await
    }
}

impl Ending {
    /// Denies them, also when nobody waits for it any more. Without lineages nothing can be.
    pub(crate) async fn run(self) -> Result<(), Error> {
        let Some(lineages) = self.lineages.filter(|_| !self.denials.is_empty()) else {
            return Ok(());
        };
        to_its_end(async move {
            let mut failed = None;
            for denial in &self.denials {
                if let Err(error) = lineages.deny(denial).await {
                    failed = failed.or(Some(error));
                }
            }
            match failed {
                Some(error) => Err(error),
                None => Ok(()),
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
