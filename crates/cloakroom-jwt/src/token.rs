use crate::{Error, ErrorKind};

/// The parts of a JWS compact serialization (RFC 7515 section 7.1), still encoded.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'t> {
    pub(crate) header: &'t [u8],
    pub(crate) payload: &'t [u8],
    pub(crate) signature: &'t [u8],
    /// What is signed: header, dot, payload.
    pub(crate) signing_input: &'t [u8],
}

impl<'t> Parts<'t> {
    /// The parts of a token whose header ends at `dot`.
    ///
    /// A third dot would be in the payload then, whose decoding refuses it.
    #[inline]
    pub(crate) fn at(token: &'t [u8], dot: usize) -> Result<Self, Error> {
        let (Some(header), Some(last)) = (token.get(..dot), last_dot(token)) else {
            return Err(ErrorKind::Malformed.into());
        };
        let (Some(payload), Some(signature)) = (token.get(dot + 1..last), token.get(last + 1..)) else {
            return Err(ErrorKind::Malformed.into());
        };
        Ok(Self {
            header,
            payload,
            signature,
            signing_input: &token[..last],
        })
    }

    /// The parts of a token of which nothing is known.
    pub(crate) fn of(token: &'t [u8]) -> Result<Self, Error> {
        let dot = first_dot(token).ok_or(ErrorKind::Malformed)?;
        let parts = Self::at(token, dot)?;
        let is_text = |part: &[u8]| {
            (part.iter()).all(|&octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
        };
        if parts.header.is_empty()
            || !(is_text(parts.header) && is_text(parts.payload) && is_text(parts.signature))
        {
            return Err(ErrorKind::Malformed.into());
        }
        Ok(parts)
    }
}

/// Where the first dot is.
#[inline]
pub(crate) fn first_dot(token: &[u8]) -> Option<usize> {
    token.iter().position(|&octet| octet == b'.')
}

/// Where the last dot is. Signatures have 43 characters or more, so whole words are looked at first.
#[inline]
fn last_dot(token: &[u8]) -> Option<usize> {
    token.iter().rposition(|&octet| octet == b'.')
}
