use std::{error, fmt};

use cloakroom_core::UnixTime;

use crate::{InvalidDenial, StoreError, StoreErrorKind};

/// One revocation, as stores keep it and feeds carry it.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// This credential is denied.
    Token {
        /// Who issued it.
        issuer: Box<str>,
        /// Which one it is.
        token_id: Box<str>,
        /// Until when this has to be kept.
        keep_until: UnixTime,
    },
    /// What this subject holds from `at` or before is refused.
    Subject {
        /// Who issued it.
        issuer: Box<str>,
        /// Whose it is.
        subject: Box<str>,
        /// The cut-off.
        at: UnixTime,
        /// Until when this has to be kept.
        keep_until: UnixTime,
    },
    /// Whatever was issued at `at` or before is refused, whoever issued it. It is kept for ever.
    All {
        /// The cut-off.
        at: UnixTime,
    },
}

/// Whether `text` may be an issuer, a subject or a token's id in an entry.
#[inline]
pub(crate) fn is_name(text: &str) -> bool {
    // All bytes are looked at, several at once: cheaper than to search, for texts of this length.
    let has_nul = || text.bytes().fold(0, |found, byte| found | u8::from(byte == 0)) != 0;
    !text.is_empty() && text.len() <= Entry::MAX_LEN && !has_nul()
}

impl Entry {
    /// The greatest length of an issuer, a subject or a token's id, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Whether each of these may be an issuer, a subject or a token's id: what a store asks before it writes.
    ///
    /// # Errors
    ///
    /// `Unsupported` when one is empty, longer than [`MAX_LEN`](Self::MAX_LEN), or contains NUL.
    pub fn check_names(names: &[&str]) -> Result<(), StoreError> {
        if names.iter().all(|name| is_name(name)) {
            Ok(())
        } else {
            Err(StoreError::new(StoreErrorKind::Unsupported, InvalidDenial(())))
        }
    }

    /// Until when it has to be kept; `None` for ever.
    pub const fn keep_until(&self) -> Option<UnixTime> {
        match self {
            Self::Token { keep_until, .. } | Self::Subject { keep_until, .. } => Some(*keep_until),
            Self::All { .. } => None,
        }
    }

    /// Writes it for a store without columns:
    /// `01 | kind 1 | keep_until 8 | at 8 | lp(issuer) | lp(token id or subject)`, big-endian, where `lp` puts a length of
    /// two bytes before a text and what a kind does not have is 0 or empty.
    pub fn encode(&self) -> Vec<u8> {
        let zero = UnixTime::EPOCH;
        let (kind, keep_until, at, issuer, name) = match self {
            Self::Token {
                issuer,
                token_id,
                keep_until,
            } => (1, *keep_until, zero, &**issuer, &**token_id),
            Self::Subject {
                issuer,
                subject,
                at,
                keep_until,
            } => (2, *keep_until, *at, &**issuer, &**subject),
            Self::All { at } => (3, zero, *at, "", ""),
        };
        let mut bytes = vec![Self::FORMAT, kind];
        bytes.extend(keep_until.as_millis().to_be_bytes());
        bytes.extend(at.as_millis().to_be_bytes());
        for text in [issuer, name] {
            let len = u16::try_from(text.len()).unwrap_or(u16::MAX);
            bytes.extend(len.to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    const FORMAT: u8 = 1;

    /// Reads what [`encode`](Self::encode) writes, and nothing else.
    ///
    /// # Errors
    ///
    /// When the bytes are anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidEntry> {
        let mut rest = bytes;
        let [format, kind] = take(&mut rest)?;
        if format != Self::FORMAT {
            return Err(InvalidEntry(()));
        }
        let keep_until = UnixTime::from_millis(i64::from_be_bytes(take(&mut rest)?));
        let at = UnixTime::from_millis(i64::from_be_bytes(take(&mut rest)?));
        let issuer = take_text(&mut rest)?;
        let name = take_text(&mut rest)?;
        let zero = UnixTime::EPOCH;
        let named = is_name(issuer) && is_name(name);
        match (kind, rest) {
            (1, []) if named && at == zero => Ok(Self::Token {
                issuer: issuer.into(),
                token_id: name.into(),
                keep_until,
            }),
            (2, []) if named => Ok(Self::Subject {
                issuer: issuer.into(),
                subject: name.into(),
                at,
                keep_until,
            }),
            (3, []) if issuer.is_empty() && name.is_empty() && keep_until == zero => Ok(Self::All { at }),
            _ => Err(InvalidEntry(())),
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], InvalidEntry> {
    let (taken, left) = rest.split_first_chunk().ok_or(InvalidEntry(()))?;
    *rest = left;
    Ok(*taken)
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, InvalidEntry> {
    let len = u16::from_be_bytes(take(rest)?);
    let (taken, left) = rest.split_at_checked(len.into()).ok_or(InvalidEntry(()))?;
    *rest = left;
    std::str::from_utf8(taken).map_err(|_| InvalidEntry(()))
}

/// Prints its kind and times: ids and subjects end up in logs.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { keep_until, .. } => write!(f, "Token(.. until {keep_until:?})"),
            Self::Subject { at, keep_until, .. } => write!(f, "Subject(.. at {at:?} until {keep_until:?})"),
            Self::All { at } => write!(f, "All(at {at:?})"),
        }
    }
}

/// Bytes are no [`Entry`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidEntry(pub(crate) ());

impl fmt::Display for InvalidEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no entry of a known format")
    }
}

impl error::Error for InvalidEntry {}
