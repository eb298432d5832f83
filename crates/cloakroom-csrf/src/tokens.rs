//! `01 | key_id 4 | issued_at 6 | nonce 16 | HMAC-SHA256 32`, the tag over all before it and lp(binding).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::UnixTime;
use cloakroom_keyring::{KeyRing, KeyState, Label};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::TryCryptoRng;
use sha2::Sha256;

use crate::{Binding, IssueError, TokenError};

const VERSION: u8 = 1;
const KEY_ID: std::ops::Range<usize> = 1..5;
const ISSUED_AT: std::ops::Range<usize> = 5..11;
const NONCE: std::ops::Range<usize> = 11..27;
const HEAD: usize = 27;
const LEN: usize = HEAD + 32;
const MAX_ISSUED_AT: i64 = (1 << 48) - 1;
/// How far the clocks of two servers may be apart.
const SKEW: Duration = Duration::from_secs(5);

/// Issues and verifies CSRF tokens under the keys of one ring. Nothing of a token is stored.
///
/// The ring's active key issues; announced and retiring keys verify, too. Cloning shares the keys.
#[derive(Clone)]
pub struct CsrfTokens(Arc<Keys>);

struct Keys {
    /// The active key first.
    keys: Vec<([u8; 4], Hmac<Sha256>)>,
    cutoff: Option<UnixTime>,
}

impl CsrfTokens {
    /// How long a token is good.
    pub const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

    /// The length of a token, in characters of base64url.
    pub const TEXT_LEN: usize = 79;

    /// The tokens under the keys of `ring`, above the later of both cut-offs: what a cut-off has ended, an older ring does not
    /// revive.
    pub fn replaced_by(&self, ring: &KeyRing) -> Self {
        let Keys { keys, cutoff } = Self::keys_of(ring);
        Self(Arc::new(Keys {
            keys,
            cutoff: cutoff.max(self.0.cutoff),
        }))
    }

    /// The tokens under the keys of `ring`: HMAC keys derived under the label `csrf`.
    pub fn new(ring: &KeyRing) -> Self {
        Self(Arc::new(Self::keys_of(ring)))
    }

    fn keys_of(ring: &KeyRing) -> Keys {
        let mut keys: Vec<_> = ring.keys().collect();
        keys.sort_by_key(|(_, state)| *state != KeyState::Active);
        let derived = keys.into_iter().map(|(key, _)| {
            let sub_key = key.derive(Label::csrf());
            let hmac = Hmac::new_from_slice(sub_key.expose()).expect("HMAC takes keys of any length");
            (*key.id().as_bytes(), hmac)
        });
        Keys {
            keys: derived.collect(),
            cutoff: ring.cutoff(),
        }
    }

    /// A token for `binding`, good from `now` on for [`LIFE`](Self::LIFE), or shorter if the ring's cut-off overtakes it.
    ///
    /// Each call makes another one, so that two renders of a page have nothing in common that its compressed length
    /// could tell. The nonce comes from this thread's generator, which the operating system seeds; were it to repeat
    /// itself, two tokens would be equal, and that is all.
    ///
    /// # Errors
    ///
    /// When `now` is before 1970 or 2^48 ms or more after.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes for the thread's generator.
    pub fn issue(&self, binding: &Binding, now: UnixTime) -> Result<String, IssueError> {
        self.issue_with(&mut rand::rng(), binding, now)
    }

    /// Like [`issue`](Self::issue), with a nonce from `rng`.
    ///
    /// # Errors
    ///
    /// Those of [`issue`](Self::issue), and [`IssueError::Random`] when `rng` fails.
    pub fn issue_with<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        binding: &Binding,
        now: UnixTime,
    ) -> Result<String, IssueError> {
        let millis = now.as_millis();
        if !(0..=MAX_ISSUED_AT).contains(&millis) {
            return Err(IssueError::IssuedAt);
        }
        let (id, hmac) = &self.0.keys[0];
        let mut raw = [0; LEN];
        raw[0] = VERSION;
        raw[KEY_ID].copy_from_slice(id);
        raw[ISSUED_AT].copy_from_slice(&millis.to_be_bytes()[2..]);
        rng.try_fill_bytes(&mut raw[NONCE])
            .map_err(|_| IssueError::Random)?;
        let tag = mac(hmac, &raw[..HEAD], binding).finalize().into_bytes();
        raw[HEAD..].copy_from_slice(&tag);
        Ok(URL_SAFE_NO_PAD.encode(raw))
    }

    /// Whether `token` was issued for `binding` and is good at the time `now`. The tag is compared in constant time.
    ///
    /// # Errors
    ///
    /// [`TokenError::Rejected`] unless it is authentic; then [`NotYetValid`](TokenError::NotYetValid) when it was issued
    /// more than 5 s after `now`, [`Expired`](TokenError::Expired) when that is [`LIFE`](Self::LIFE) ago or longer, and
    /// [`Revoked`](TokenError::Revoked) when it was at or before the ring's cut-off.
    pub fn verify(
        &self,
        token: impl AsRef<[u8]>,
        binding: &Binding,
        now: UnixTime,
    ) -> Result<(), TokenError> {
        let issued_at = self
            .authenticate(token.as_ref(), binding)
            .ok_or(TokenError::Rejected)?;
        if issued_at > now.saturating_add(SKEW) {
            Err(TokenError::NotYetValid)
        } else if now >= issued_at.saturating_add(Self::LIFE) {
            Err(TokenError::Expired)
        } else if self.0.cutoff.is_some_and(|cutoff| issued_at <= cutoff) {
            Err(TokenError::Revoked)
        } else {
            Ok(())
        }
    }

    /// When the token was issued, if one of the keys made it for `binding`.
    fn authenticate(&self, token: &[u8], binding: &Binding) -> Option<UnixTime> {
        let mut raw = [0; LEN];
        if token.len() != Self::TEXT_LEN || URL_SAFE_NO_PAD.decode_slice(token, &mut raw) != Ok(LEN) {
            return None;
        }
        let (head, tag) = raw.split_at(HEAD);
        if head[0] != VERSION {
            return None;
        }
        // Ids are public, and so is how long this takes.
        let (_, hmac) = self.0.keys.iter().find(|(id, _)| head[KEY_ID] == id[..])?;
        mac(hmac, head, binding).verify_slice(tag).ok()?;
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&head[ISSUED_AT]);
        Some(UnixTime::from_millis(i64::from_be_bytes(millis)))
    }
}

fn mac(key: &Hmac<Sha256>, head: &[u8], binding: &Binding) -> Hmac<Sha256> {
    let (length, bytes) = binding.length_and_bytes();
    key.clone()
        .chain_update(head)
        .chain_update(length)
        .chain_update(bytes)
}

/// Shows how many keys there are.
impl fmt::Debug for CsrfTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfTokens")
            .field("keys", &self.0.keys.len())
            .finish_non_exhaustive()
    }
}
