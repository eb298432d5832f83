use cloakroom_core::UnixTime;
use cloakroom_lineage::Stamp;
use cloakroom_store::StoreError;

use crate::app::App;
use crate::handlers::Failure;
use crate::password::Password;
use crate::password_hasher::HashError;
use crate::tokens::TokenGrant;
use crate::user_name::UserName;
use crate::users::Credentials;

/// A person who has just proven a password, at a time that was taken before the password was looked at: a [`UnixTime`] for
/// what knows milliseconds, a [`Stamp`] where a JWT is minted.
#[derive(Debug)]
pub(crate) struct Proven<T> {
    /// The user's id.
    pub(crate) subject: String,
    pub(crate) name: UserName,
    /// The time for what is minted for this proof.
    pub(crate) at: T,
    /// What the password was compared with.
    pub(crate) hash: String,
}

/// Why nothing was proven.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// Wrong name, wrong password: which of the two is not told.
    Wrong,
    /// The seconds to wait before another attempt with this name.
    TooMany(u64),
    /// Too many passwords are being hashed.
    Busy,
}

impl Proven<Stamp> {
    /// For an access token that rests on this proof.
    pub(crate) fn token_grant(&self, with_keys: bool) -> TokenGrant<'_> {
        TokenGrant {
            subject: &self.subject,
            name: self.name.as_str(),
            with_keys,
            stamp: self.at,
            authenticated_at: self.at.authenticated_at(),
        }
    }
}

impl App {
    /// Checks name and password, for whatever is no JWT.
    pub(crate) async fn check_password(
        &self,
        name: &str,
        password: String,
    ) -> Result<Result<Proven<UnixTime>, Unproven>, Failure> {
        let at = async |subject: String| self.lineages.authenticated_at(&subject).await;
        self.check(name, password, at).await
    }

    /// The same for a JWT, which knows whole seconds: right after "log out everywhere" it takes up to one.
    pub(crate) async fn check_password_for_token(
        &self,
        name: &str,
        password: String,
    ) -> Result<Result<Proven<Stamp>, Unproven>, Failure> {
        let at = async |subject: String| self.lineages.stamp(&subject).await;
        self.check(name, password, at).await
    }

    /// An unknown name costs what a wrong password costs, and both get the same answer. Every way to log in comes through
    /// here, so they share their attempts.
    async fn check<T, F>(
        &self,
        name: &str,
        password: String,
        at: impl FnOnce(String) -> F,
    ) -> Result<Result<Proven<T>, Unproven>, Failure>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        // No account has such a name or such a password, so nothing is told by answering at once.
        let (Ok(name), Ok(password)) = (UserName::parse(name), Password::parse(password)) else {
            return Ok(Err(Unproven::Wrong));
        };
        let attempt = match self.attempts.begin(name.as_str(), self.tick()) {
            Ok(attempt) => attempt,
            Err(too_many) => return Ok(Err(Unproven::TooMany(too_many.retry_after.as_secs().max(1)))),
        };
        let (at, credentials) = self.time_and_credentials(&name, at).await?;
        attempt.count();
        let (id, hash) = credentials.map(|known| (known.id, known.password_hash)).unzip();
        let verified = match self.hasher.verify(password, hash.clone()).await {
            Err(HashError::Busy) => return Ok(Err(Unproven::Busy)),
            verified => verified?,
        };
        Ok(match id.zip(hash).filter(|_| verified) {
            Some((subject, hash)) => {
                self.attempts.clear(name.as_str());
                Ok(Proven {
                    subject,
                    name,
                    at,
                    hash,
                })
            }
            None => Err(Unproven::Wrong),
        })
    }

    /// First who it is, then the time, then the password: should it be changed in between, or everything be ended, what is
    /// minted for this time lies before that. An unknown name is asked for like a known one, so that it takes as long.
    async fn time_and_credentials<T, F>(
        &self,
        name: &UserName,
        at: impl FnOnce(String) -> F,
    ) -> Result<(T, Option<Credentials>), Failure>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let known = self.users.credentials(name).await?;
        let subject = known.map_or_else(|| name.as_str().to_owned(), |known| known.id);
        let at = at(subject.clone()).await?;
        let credentials = self.users.credentials(name).await?;
        Ok((at, credentials.filter(|known| known.id == subject)))
    }
}
