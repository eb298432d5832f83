use std::sync::Arc;
use std::time::Duration;

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::password::Password;

/// Hashes at once; each takes 19 MiB and some 20 ms of a core.
const AT_ONCE: usize = 4;
/// How long a request waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Argon2id with the crate's defaults (19 MiB, two passes, one lane: OWASP's first choice), off the async threads.
#[derive(Clone, Debug)]
pub(crate) struct PasswordHasher {
    turns: Arc<Semaphore>,
    /// The hash of nothing that anybody can type; verified against when there is no user, so that an unknown name
    /// takes as long as a wrong password.
    dummy: Arc<str>,
}

impl PasswordHasher {
    pub(crate) fn new() -> Result<Self, HashError> {
        let mut nobody = [0; 32];
        getrandom::fill(&mut nobody).map_err(|_| HashError::Failed)?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            dummy: hash(&nobody)?.into(),
        })
    }

    /// The PHC string to store for `password`, with a salt of its own.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, HashError> {
        let turn = self.turn().await?;
        spawn_blocking(move || {
            let _turn = turn;
            hash(password.as_bytes())
        })
        .await
        .map_err(|_| HashError::Failed)?
    }

    /// Whether `password` is the one that `stored` was made of. No stored hash: does the same work and says no.
    pub(crate) async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, HashError> {
        let turn = self.turn().await?;
        let dummy = Arc::clone(&self.dummy);
        spawn_blocking(move || {
            let _turn = turn;
            let against = stored.as_deref().unwrap_or(&dummy);
            let matches = Argon2::default()
                .verify_password(password.as_bytes(), against)
                .is_ok();
            matches & stored.is_some()
        })
        .await
        .map_err(|_| HashError::Failed)
    }

    /// The permit moves into the blocking task: a dropped connection does not make room while its hash still runs.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, HashError> {
        match timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(HashError::Failed),
            Err(_) => Err(HashError::Busy),
        }
    }
}

/// A password could be neither hashed nor compared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashError {
    #[error("too many passwords are being hashed")]
    Busy,
    #[error("the system gave no randomness or no memory to hash a password with")]
    Failed,
}

fn hash(password: &[u8]) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password);
    Ok(hash.map_err(|_| HashError::Failed)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::PasswordHasher;
    use crate::password::Password;

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_verifies() {
        let hasher = PasswordHasher::new().unwrap();
        let stored = hasher.hash(password("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let again = hasher.hash(password("correct horse")).await.unwrap();
        assert_ne!(stored, again, "each hash has a salt of its own");
        for (text, stored, expected) in [
            ("correct horse", Some(stored.clone()), true),
            ("correct horsf", Some(stored), false),
            ("correct horse", Some("not a PHC string".to_owned()), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(
                hasher.verify(password(text), stored.clone()).await,
                Ok(expected),
                "{text}, {stored:?}"
            );
        }
    }
}
