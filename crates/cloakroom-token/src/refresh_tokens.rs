use std::sync::Arc;
use std::{fmt, io};

use cloakroom_core::{Secret, UnixTime};
use cloakroom_id::{IndexSecret, InvalidSubject, Selector, Subject};
use cloakroom_keyring::{KeyId, KeyRing};
use zeroize::Zeroizing;

use crate::{
    Client, Confirmation, Created, Family, InvalidSettings, NewFamily, Presented, RefreshError, RefreshKeys,
    RefreshSettings, RefreshToken, Refusal, Rejected, Rotated, StoreError, TokenStore,
};

/// Issues, rotates and ends refresh tokens (RFC 6749 section 6, RFC 9700 section 4.14.2).
///
/// A token is checked by its MAC before any store is asked, so what is not ours costs no I/O and ends nothing. Each
/// rotation is one operation of the store. The successor has the family's secret, the next generation and the key that
/// the row records: every server writes the same text, and no store holds it.
pub struct RefreshTokens<S> {
    store: S,
    keys: RefreshKeys,
    settings: RefreshSettings,
    index_secret: IndexSecret,
}

/// What a family of refresh tokens is issued for.
#[derive(Clone)]
pub struct Grant {
    /// Who gets the token.
    pub client: Client,
    /// Whose it is: made by [`RefreshTokens::subject`].
    pub subject: Subject,
    /// When the subject proved who it is. No rotation moves it, and each cut-off is compared with it.
    pub authenticated_at: UnixTime,
    /// The key whose proof each rotation shall ask for (`cnf.jkt`, RFC 9449 section 5).
    pub confirmation: Option<Confirmation>,
    /// What the program keeps with it, such as scopes, up to [`MAX_DATA`](crate::MAX_DATA) bytes.
    pub data: Arc<[u8]>,
}

/// Prints who gets it, and nothing that the program keeps.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// A new refresh token.
pub struct Issued {
    /// The token, for its client alone. Wiped when dropped.
    pub token: Zeroizing<String>,
    /// Its family, for access tokens that end with it and for lists of devices.
    pub family: Selector,
}

/// What comes for a refresh token.
pub struct Refreshed {
    /// The successor, for the client alone. Wiped when dropped.
    pub token: Zeroizing<String>,
    /// The family as it is now: whose it is, since when, and what the program keeps with it.
    pub family: Family,
    /// Whether the rotation had been done before, and this is the same successor again.
    pub retried: bool,
}

impl<S: TokenStore> RefreshTokens<S> {
    /// A service on this store, with the ring's keys. The index secret places data: the same on each server, and for ever.
    ///
    /// # Errors
    ///
    /// When the settings are not in their ranges.
    pub fn new(
        store: S,
        ring: &KeyRing,
        settings: RefreshSettings,
        index_secret: IndexSecret,
    ) -> Result<Self, InvalidSettings> {
        settings.check()?;
        Ok(Self {
            store,
            keys: RefreshKeys::new(ring, &settings.prefix)?,
            settings,
            index_secret,
        })
    }

    /// The store.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The subject of this name.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 255 bytes, or contains NUL.
    pub fn subject(&self, id: &str) -> Result<Subject, InvalidSubject> {
        Subject::new(id, &self.index_secret)
    }

    /// Begins a family: once for each login of a client.
    ///
    /// # Errors
    ///
    /// When a cut-off lies at or after the authentication, when the store fails, or when there are no random bytes.
    pub async fn issue(&self, grant: &Grant, now: UnixTime) -> Result<Issued, RefreshError> {
        let mut id = [0; 16];
        let mut secret = Zeroizing::new([0; 32]);
        fill(&mut id)?;
        fill(&mut *secret)?;
        id[..2].copy_from_slice(grant.subject.tag().as_bytes());
        let token = RefreshToken {
            family: Selector::from_bytes(id),
            generation: 0,
            secret: Secret::new(*secret),
        };
        let key_id = self.keys.active();
        let family = NewFamily {
            id: token.family,
            secret_hash: token.secret_hash(),
            client: grant.client.clone(),
            subject: grant.subject.clone(),
            authenticated_at: grant.authenticated_at,
            confirmation: grant.confirmation,
            key_id,
            idle_deadline: now.saturating_add(self.settings.idle),
            absolute_deadline: now.saturating_add(self.settings.absolute),
            data: grant.data.clone(),
        };
        match self.store.create_family(&family, now).await? {
            Created::Done => Ok(Issued {
                token: self.write(&token, key_id, &grant.client)?,
                family: token.family,
            }),
            Created::Refused => Err(Refusal::CutOff.into()),
            Created::Exists => Err(RefreshError::Random(io::Error::other("random bytes came twice"))),
        }
    }

    /// Reads a refresh token of this client, and asks no store: its MAC is right, and whether its family lives is open.
    ///
    /// For what hangs on the family alone, such as a CSRF token's binding; and to look up whose it is by
    /// [`load_family`](TokenStore::load_family), where that has to be known before [`rotate`](Self::rotate).
    ///
    /// # Errors
    ///
    /// Anything that is wrong is one and the same error, but for a key that the ring does not list:
    /// [`Rejected::is_of_unknown_key`]. A logout has to answer 503 to that.
    pub fn open(&self, token: &str, client: &Client) -> Result<RefreshToken, Rejected> {
        self.keys.open(token, client)
    }

    /// The successor of a refresh token. `client` is the one that has authenticated, or a public client's claim;
    /// `confirmation` the key that it has proved in this request.
    ///
    /// # Errors
    ///
    /// Those of [`RefreshError`]; a family ends for [`Reused`](Refusal::Reused) and [`Exhausted`](Refusal::Exhausted) alone.
    pub async fn rotate(
        &self,
        token: &str,
        client: &Client,
        confirmation: Option<Confirmation>,
        now: UnixTime,
    ) -> Result<Refreshed, RefreshError> {
        let token = self.keys.open(token, client)?;
        let presented = Presented {
            id: token.family,
            secret_hash: token.secret_hash(),
            generation: token.generation,
            client: client.clone(),
            confirmation,
            next_key: self.keys.active(),
            idle_deadline: now.saturating_add(self.settings.idle),
            grace: self.settings.grace,
        };
        let (family, retried) = match self.store.rotate(&presented, now).await? {
            Rotated::Done(family) => (family, false),
            Rotated::Retry(family) => (family, true),
            Rotated::Gone => return Err(Refusal::Gone.into()),
            Rotated::WrongSecret => return Err(Refusal::WrongSecret.into()),
            Rotated::WrongClient => return Err(Refusal::WrongClient.into()),
            Rotated::WrongConfirmation => return Err(Refusal::WrongConfirmation.into()),
            Rotated::Ahead => return Err(Refusal::Ahead.into()),
            Rotated::Exhausted(family) => return Err(Refusal::Exhausted(family.into()).into()),
            Rotated::Late => return Err(Refusal::Late.into()),
            Rotated::Reused(family) => return Err(Refusal::Reused(family.into()).into()),
        };
        // A store that answers with a generation beyond the token's has broken its contract.
        let generation = token.generation.checked_add(1).ok_or(Refusal::Ahead)?;
        let successor = token.of_generation(generation);
        Ok(Refreshed {
            token: self.write(&successor, family.key_id, client)?,
            family,
            retried,
        })
    }

    /// The family of a refresh token, if the token is its newest one and it lives. Rotates nothing.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn load(
        &self,
        token: &str,
        client: &Client,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        let Ok(token) = self.keys.open(token, client) else {
            return Ok(None);
        };
        let hash = token.secret_hash();
        let found = self.store.load_family(&token.family, &hash, now).await?;
        let is_newest =
            |family: &Family| family.client == *client && family.generation == u64::from(token.generation);
        Ok(found.filter(is_newest))
    }

    /// Ends the family of a refresh token of this client, whichever generation it is (RFC 7009 section 2.1): its access
    /// tokens end with it. `false` when there is none, whatever the reason: a token of a key that the ring does not list is none
    /// here, as RFC 7009 section 2.2 has it. Where another server may have that key, ask [`open`](Self::open) first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn revoke(&self, token: &str, client: &Client) -> Result<bool, StoreError> {
        let Ok(token) = self.keys.open(token, client) else {
            return Ok(false);
        };
        let hash = token.secret_hash();
        self.store.end_family(&token.family, &hash, client).await
    }

    fn write(&self, token: &RefreshToken, key: KeyId, client: &Client) -> Result<Zeroizing<String>, Refusal> {
        self.keys.write(token, key, client).ok_or(Refusal::UnknownKey)
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), RefreshError> {
    getrandom::fill(bytes).map_err(|error| RefreshError::Random(error.into()))
}

impl<S> fmt::Debug for RefreshTokens<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshTokens")
            .field("keys", &self.keys)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Prints nothing of the token.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}

/// Prints nothing of the token.
impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshed")
            .field("family", &self.family)
            .field("retried", &self.retried)
            .finish_non_exhaustive()
    }
}
