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
        if parts.header.is_empty()
            || ![parts.header, parts.payload, parts.signature]
                .into_iter()
                .all(is_text)
        {
            return Err(ErrorKind::Malformed.into());
        }
        Ok(parts)
    }
}

/// Whether all octets are characters of base64url. Without branches, so that it takes vectors.
#[expect(clippy::needless_bitwise_bool, reason = "lazy operators are branches")]
fn is_text(part: &[u8]) -> bool {
    part.iter().fold(true, |is_text, &octet| {
        let is_digit = octet.wrapping_sub(b'0') < 10;
        let is_letter = (octet | 0x20).wrapping_sub(b'a') < 26;
        is_text & (is_digit | is_letter | (octet == b'-') | (octet == b'_'))
    })
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

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn text_is_base64url() {
        for octet in 0..=u8::MAX {
            let expected = octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
            for place in [0, 7, 39] {
                let mut part = [b'A'; 40];
                part[place] = octet;
                assert_eq!(is_text(&part), expected, "{octet}");
            }
        }
        assert!(is_text(b""));
    }
}
