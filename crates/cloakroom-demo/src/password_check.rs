use cloakroom_lineage::Stamp;

use crate::app::App;
use crate::handlers::Failure;
use crate::password::Password;
use crate::password_hasher::HashError;
use crate::tokens::TokenGrant;
use crate::user_name::UserName;
use crate::users::Credentials;

/// A person who has just proven a password.
#[derive(Debug)]
pub(crate) struct Proven {
    /// The user's id.
    pub(crate) subject: String,
    pub(crate) name: UserName,
    /// The time for what is minted for this proof, taken before the password was looked at.
    pub(crate) stamp: Stamp,
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

impl Proven {
    /// For an access token that rests on this proof.
    pub(crate) fn token_grant(&self, with_keys: bool) -> TokenGrant<'_> {
        TokenGrant {
            subject: &self.subject,
            name: self.name.as_str(),
            with_keys,
            stamp: self.stamp,
            authenticated_at: self.stamp.authenticated_at(),
        }
    }
}

impl App {
    /// Checks name and password; an unknown name costs what a wrong password costs, and both get the same answer. Every
    /// way to log in comes through here, so they share their attempts.
    pub(crate) async fn check_password(
        &self,
        name: &str,
        password: String,
    ) -> Result<Result<Proven, Unproven>, Failure> {
        // No account has such a name or such a password, so nothing is told by answering at once.
        let (Ok(name), Ok(password)) = (UserName::parse(name), Password::parse(password)) else {
            return Ok(Err(Unproven::Wrong));
        };
        if let Err(too_many) = self.attempts.begin(name.as_str(), self.tick()) {
            return Ok(Err(Unproven::TooMany(too_many.retry_after.as_secs().max(1))));
        }
        let asked = self.stamp_and_credentials(&name).await;
        let (stamp, credentials) = asked.inspect_err(|_| self.attempts.give_back(name.as_str()))?;
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
                    stamp,
                    hash,
                })
            }
            None => Err(Unproven::Wrong),
        })
    }

    /// First who it is, then the stamp, then the password: should it be changed in between, or everything be ended, what is
    /// minted by this stamp lies before that. An unknown name is asked for like a known one, so that it takes as long.
    async fn stamp_and_credentials(&self, name: &UserName) -> Result<(Stamp, Option<Credentials>), Failure> {
        let known = self.users.credentials(name).await?;
        let subject = known.map_or_else(|| name.as_str().to_owned(), |known| known.id);
        let stamp = self.lineages.stamp(&subject).await?;
        let credentials = self.users.credentials(name).await?;
        Ok((stamp, credentials.filter(|known| known.id == subject)))
    }
}
