use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use std::{error, fmt, io};

use cloakroom_core::UnixTime;
use cloakroom_id::{OpaqueToken, Selector, Subject, TokenKind};
use zeroize::Zeroizing;

use crate::{AccessToken, Client, Confirmation, Created, InvalidSettings, StoreError, TokenStore};

/// Issues, verifies and ends opaque access tokens of one [kind](TokenKind). Each verification asks the store.
///
/// Its text is that of [`OpaqueToken`]; the store keeps the hash.
pub struct AccessTokens<K, S> {
    store: S,
    life: Duration,
    kind: PhantomData<fn() -> K>,
}

/// What an access token is issued for.
#[derive(Clone)]
pub struct AccessGrant {
    /// Who gets the token.
    pub client: Client,
    /// Whose it is.
    pub subject: Subject,
    /// When the subject proved who it is.
    pub authenticated_at: UnixTime,
    /// The family of refresh tokens that it comes with, and ends with.
    pub family: Option<Selector>,
    /// The key whose proof each use shall ask for (`cnf.jkt`, RFC 9449 section 6.2).
    pub confirmation: Option<Confirmation>,
    /// What the program keeps with it, such as scopes, up to [`MAX_DATA`](crate::MAX_DATA) bytes.
    pub data: Arc<[u8]>,
}

/// Prints who gets it, and nothing that the program keeps.
impl fmt::Debug for AccessGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessGrant")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// A new access token.
pub struct IssuedAccess {
    /// The token, for its client alone. Wiped when dropped.
    pub token: Zeroizing<String>,
    /// When it ends.
    pub expires_at: UnixTime,
}

/// Why there is no access token for a grant.
#[derive(Debug)]
#[non_exhaustive]
pub enum AccessError {
    /// The authentication lies at or before a cut-off, or the family has ended.
    Refused,
    /// The store failed.
    Store(StoreError),
    /// The operating system has no random bytes to give, or gave the same ones twice.
    Random(io::Error),
}

impl<K: TokenKind, S: TokenStore> AccessTokens<K, S> {
    /// The greatest life, 400 days: a cut-off is all that ends a token without a family, and stores keep one for so long by
    /// default.
    pub const MAX_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

    /// A service on this store, of tokens that live so long: from a millisecond up to [`MAX_LIFE`](Self::MAX_LIFE), and no
    /// longer than the store keeps cut-offs.
    ///
    /// # Errors
    ///
    /// When they would live shorter or longer.
    pub fn new(store: S, life: Duration) -> Result<Self, InvalidSettings> {
        if life.as_millis() == 0 || life > Self::MAX_LIFE {
            return Err(InvalidSettings::LIFE);
        }
        Ok(Self {
            store,
            life,
            kind: PhantomData,
        })
    }

    /// The store.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// A new token.
    ///
    /// # Errors
    ///
    /// Those of [`AccessError`].
    pub async fn issue(&self, grant: &AccessGrant, now: UnixTime) -> Result<IssuedAccess, AccessError> {
        let token = OpaqueToken::<K>::generate().map_err(AccessError::Random)?;
        let expires_at = now.saturating_add(self.life);
        let row = AccessToken {
            hash: token.hash(),
            client: grant.client.clone(),
            subject: grant.subject.clone(),
            authenticated_at: grant.authenticated_at,
            family: grant.family,
            confirmation: grant.confirmation,
            issued_at: now,
            expires_at,
            data: grant.data.clone(),
        };
        match self
            .store
            .create_access(&row, now)
            .await
            .map_err(AccessError::Store)?
        {
            Created::Done => Ok(IssuedAccess {
                token: token.to_text(),
                expires_at,
            }),
            Created::Refused => Err(AccessError::Refused),
            Created::Exists => Err(AccessError::Random(io::Error::other("random bytes came twice"))),
        }
    }

    /// What a live token stands for. `confirmation` is the key that the presenter has proved in this request: a token that
    /// is bound to one is none without it (RFC 9449 section 7.1).
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn verify(
        &self,
        token: &str,
        confirmation: Option<Confirmation>,
        now: UnixTime,
    ) -> Result<Option<AccessToken>, StoreError> {
        let found = self.load(token, now).await?;
        Ok(found.filter(|row| row.confirmation.is_none() || row.confirmation == confirmation))
    }

    /// The same, whoever presents it: for introspection, which proves nothing.
    pub(crate) async fn load(&self, token: &str, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        match OpaqueToken::<K>::parse(token.as_bytes()) {
            Ok(token) => self.store.load_access(&token.hash(), now).await,
            Err(_) => Ok(None),
        }
    }

    /// Ends a token of this client, and nothing else. `false` when there is none, whatever the reason.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn revoke(&self, token: &str, client: &Client) -> Result<bool, StoreError> {
        match OpaqueToken::<K>::parse(token.as_bytes()) {
            Ok(token) => self.store.end_access(&token.hash(), client).await,
            Err(_) => Ok(false),
        }
    }
}

impl<K: TokenKind, S> fmt::Debug for AccessTokens<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens")
            .field("prefix", &K::PREFIX)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// Prints nothing of the token.
impl fmt::Debug for IssuedAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedAccess")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("the authentication or the family has been revoked"),
            Self::Store(error) => error.fmt(f),
            Self::Random(_) => f.write_str("the source of random bytes failed"),
        }
    }
}

impl error::Error for AccessError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Refused => None,
            Self::Store(error) => error.source(),
            Self::Random(error) => Some(error),
        }
    }
}
