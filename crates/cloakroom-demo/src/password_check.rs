use cloakroom_core::UnixTime;

use crate::app::App;
use crate::handlers::Failure;
use crate::password::Password;
use crate::password_hasher::HashError;
use crate::user_name::UserName;

/// A person who has just proven a password.
#[derive(Debug)]
pub(crate) struct Proven {
    /// The user's id.
    pub(crate) subject: String,
    pub(crate) name: UserName,
    pub(crate) at: UnixTime,
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
        let credentials = self.users.credentials(&name).await?;
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
                    at: UnixTime::now(),
                    hash,
                })
            }
            None => Err(Unproven::Wrong),
        })
    }

    /// Whether that password is still the one of that account.
    pub(crate) async fn is_still_proven(&self, proven: &Proven) -> Result<bool, Failure> {
        let known = self.users.credentials(&proven.name).await?;
        Ok(known.is_some_and(|known| known.id == proven.subject && known.password_hash == proven.hash))
    }
}
