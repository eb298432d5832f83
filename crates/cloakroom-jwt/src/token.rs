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

    /// The parts of a token of which nothing is known. Their alphabet is looked at when they are decoded.
    pub(crate) fn of(token: &'t [u8]) -> Result<Self, Error> {
        let dot = first_dot(token).ok_or(ErrorKind::Malformed)?;
        let parts = Self::at(token, dot)?;
        if parts.header.is_empty() || first_dot(parts.payload).is_some() {
            return Err(ErrorKind::Malformed.into());
        }
        Ok(parts)
    }
}

/// Where the first dot is, eight octets at a time.
#[inline]
pub(crate) fn first_dot(token: &[u8]) -> Option<usize> {
    let (words, rest) = token.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let dots = dots(*word);
        if dots != 0 {
            // A borrow runs from a dot to higher octets alone, so the lowest mark is right.
            return Some(index * 8 + (dots.trailing_zeros() / 8) as usize);
        }
    }
    let dot = rest.iter().position(|&octet| octet == b'.')?;
    Some(words.len() * 8 + dot)
}

/// Where the last dot is.
#[inline]
fn last_dot(token: &[u8]) -> Option<usize> {
    let (rest, words) = token.as_rchunks::<8>();
    for (index, word) in words.iter().enumerate().rev() {
        if dots(*word) != 0 {
            let dot = word.iter().rposition(|&octet| octet == b'.')?;
            return Some(rest.len() + index * 8 + dot);
        }
    }
    rest.iter().rposition(|&octet| octet == b'.')
}

/// Marks the dots among eight octets, and perhaps others above the lowest dot.
#[inline]
fn dots(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word) ^ u64::from_le_bytes([b'.'; 8]);
    word.wrapping_sub(u64::from_le_bytes([1; 8])) & !word & u64::from_le_bytes([0x80; 8])
}
