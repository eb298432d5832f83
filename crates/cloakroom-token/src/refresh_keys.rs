use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::Secret;
use cloakroom_id::{Selector, TokenHash};
use cloakroom_keyring::{KeyId, KeyRing, KeyState, Label};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{Client, InvalidSettings};

/// The bytes before the MAC: `key_id 4 | family_id 16 | generation 4 | family_secret 32`.
const SIGNED: usize = 56;
const MAC: usize = 32;
/// What they are in base64url without padding.
const BODY: usize = ((SIGNED + MAC) * 4).div_ceil(3);

/// Reads and writes refresh tokens: prefix, then base64url(`key_id 4 | family_id 16 | generation 4 | family_secret 32 |
/// HMAC-SHA256 32`).
///
/// The MAC is over all bytes before it and the client's id behind its length, under the key that `key_id` names, derived
/// for this use. It keeps what is not ours from every store; what makes a token one is the family's secret, which no key
/// can tell.
#[derive(Clone)]
pub struct RefreshKeys {
    prefix: Box<str>,
    active: KeyId,
    keys: Vec<(KeyId, Secret<[u8; 32]>)>,
    revoked: Vec<KeyId>,
}

/// A refresh token whose MAC is right. Whether its family lives, its store knows.
pub struct RefreshToken {
    pub(crate) family: Selector,
    pub(crate) generation: u32,
    pub(crate) secret: Secret<[u8; 32]>,
}

/// A text is no refresh token of this client: it has another form, its key is unknown or revoked, or its MAC is wrong. It
/// tells nothing of the text, and of the reason no more than whether the ring lists the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rejected {
    is_of_unknown_key: bool,
}

impl RefreshKeys {
    /// The greatest length of a prefix, in bytes.
    pub const MAX_PREFIX: usize = 32;

    /// Those of the ring's keys that are active, announced or retiring.
    ///
    /// # Errors
    ///
    /// When the prefix is longer than 32 bytes, or has others than `A-Z`, `a-z`, `0-9`, `-` and `_`.
    pub fn new(ring: &KeyRing, prefix: &str) -> Result<Self, InvalidSettings> {
        let is_clean = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if prefix.len() > Self::MAX_PREFIX || !prefix.bytes().all(is_clean) {
            return Err(InvalidSettings::PREFIX);
        }
        Ok(Self {
            prefix: prefix.into(),
            active: ring.active().id(),
            keys: ring
                .keys()
                .map(|(key, _)| (key.id(), key.derive(Label::refresh())))
                .collect(),
            revoked: ring
                .entries()
                .filter(|(_, state)| *state == KeyState::Revoked)
                .map(|(id, _)| id)
                .collect(),
        })
    }

    /// The key under which new tokens are made.
    pub const fn active(&self) -> KeyId {
        self.active
    }

    /// Reads what was written for this client, and nothing else. No store is asked.
    ///
    /// # Errors
    ///
    /// Anything that is wrong is one and the same error, but for a key that the ring does not list:
    /// [`Rejected::is_of_unknown_key`].
    pub fn open(&self, text: &str, client: &Client) -> Result<RefreshToken, Rejected> {
        let body = text
            .strip_prefix(&*self.prefix)
            .filter(|body| body.len() == BODY)
            .ok_or(Rejected::PLAIN)?;
        let mut bytes = Zeroizing::new([0; SIGNED + MAC]);
        if URL_SAFE_NO_PAD.decode_slice(body, &mut *bytes) != Ok(SIGNED + MAC) {
            return Err(Rejected::PLAIN);
        }
        let (signed, mac) = bytes.split_first_chunk::<SIGNED>().ok_or(Rejected::PLAIN)?;
        let (key_id, rest) = signed.split_first_chunk::<4>().ok_or(Rejected::PLAIN)?;
        let key_id = KeyId::from_bytes(*key_id);
        self.mac(key_id, signed, client)
            .ok_or(Rejected {
                is_of_unknown_key: !self.lists(key_id),
            })?
            .verify_slice(mac)
            .map_err(|_| Rejected::PLAIN)?;
        let (family, rest) = rest.split_first_chunk::<16>().ok_or(Rejected::PLAIN)?;
        let (generation, secret) = rest.split_first_chunk::<4>().ok_or(Rejected::PLAIN)?;
        Ok(RefreshToken {
            family: Selector::from_bytes(*family),
            generation: u32::from_be_bytes(*generation),
            secret: Secret::new(secret.try_into().map_err(|_| Rejected::PLAIN)?),
        })
    }

    /// The text of `token` for this client under this key, wiped when dropped; `None` when the key is unknown or revoked.
    /// Every server that has the key writes the same.
    pub fn write(&self, token: &RefreshToken, key: KeyId, client: &Client) -> Option<Zeroizing<String>> {
        let mut bytes = Zeroizing::new([0; SIGNED + MAC]);
        bytes[..4].copy_from_slice(key.as_bytes());
        bytes[4..20].copy_from_slice(token.family.as_bytes());
        bytes[20..24].copy_from_slice(&token.generation.to_be_bytes());
        bytes[24..SIGNED].copy_from_slice(token.secret.expose());
        let mac = self.mac(key, &bytes[..SIGNED], client)?.finalize().into_bytes();
        bytes[SIGNED..].copy_from_slice(&mac);
        // All the room at once, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(self.prefix.len() + BODY));
        text.push_str(&self.prefix);
        URL_SAFE_NO_PAD.encode_string(&bytes[..], &mut text);
        Some(text)
    }

    /// Whether the ring lists the key, revoked or not.
    fn lists(&self, key: KeyId) -> bool {
        self.revoked.contains(&key) || self.keys.iter().any(|(id, _)| *id == key)
    }

    fn mac(&self, key: KeyId, signed: &[u8], client: &Client) -> Option<Hmac<Sha256>> {
        // Ids are public, so how long this takes tells nothing.
        let (_, secret) = self.keys.iter().find(|(id, _)| *id == key)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose()).ok()?;
        let length = u16::try_from(client.as_str().len()).ok()?;
        mac.update(signed);
        mac.update(&length.to_be_bytes());
        mac.update(client.as_str().as_bytes());
        Some(mac)
    }
}

/// Prints the ids of the keys, which are public.
impl fmt::Debug for RefreshKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshKeys")
            .field("prefix", &self.prefix)
            .field("active", &self.active)
            .field("keys", &self.keys.iter().map(|(id, _)| id).collect::<Vec<_>>())
            .field("revoked", &self.revoked)
            .finish()
    }
}

impl RefreshToken {
    /// The family.
    pub const fn family(&self) -> Selector {
        self.family
    }

    /// How many rotations led to it.
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// SHA-256 of the family's secret, which a store keeps and compares.
    pub fn secret_hash(&self) -> TokenHash {
        TokenHash::from_bytes(Sha256::digest(self.secret.expose()).into())
    }

    /// The token of another generation of the same family.
    pub(crate) fn of_generation(&self, generation: u32) -> Self {
        Self {
            family: self.family,
            generation,
            secret: self.secret.clone(),
        }
    }
}

/// Prints nothing of its secret.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

impl Rejected {
    const PLAIN: Self = Self {
        is_of_unknown_key: false,
    };

    /// Whether the text has a refresh token's form and names a key that the ring does not list: another server may have the
    /// key, or it was removed. So nobody here can say what the text is, and a logout must not claim to have ended it. Ids of
    /// keys are public: anybody can write such a text.
    pub const fn is_of_unknown_key(self) -> bool {
        self.is_of_unknown_key
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no refresh token of this client")
    }
}

impl std::error::Error for Rejected {}
