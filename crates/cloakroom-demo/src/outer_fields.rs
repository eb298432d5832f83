use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What anybody can read in an encrypted value without a key: `version 1 | key id 4 | nonce 12 | ciphertext and tag`.
///
/// It is shown and never relied upon: until the value has opened, whoever sent it chose these bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OuterFields {
    pub(crate) version: u8,
    /// 8 hexadecimal digits.
    pub(crate) key_id: String,
    /// 24 hexadecimal digits.
    pub(crate) nonce: String,
    /// Bytes that only a key opens.
    pub(crate) sealed: usize,
}

impl OuterFields {
    /// The fields of a cookie-value, when it has the form of an encrypted one.
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (&version, rest) = bytes.split_first()?;
        let (key_id, rest) = rest.split_first_chunk::<4>()?;
        let (nonce, sealed) = rest.split_first_chunk::<12>()?;
        (version == 2).then(|| Self {
            version,
            key_id: hex(key_id),
            nonce: hex(nonce),
            sealed: sealed.len(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::OuterFields;

    #[test]
    fn the_published_vector_shows_its_outer_fields() {
        let value = b"AjJPHXygoaKjpKWmp6ipqqvuKQGidvHYklAO382O8_RdOw3k5S8u5exWUKyeN98NxidGBQUeUPU";
        assert_eq!(
            OuterFields::read(value),
            Some(OuterFields {
                version: 2,
                key_id: "324f1d7c".to_owned(),
                nonce: "a0a1a2a3a4a5a6a7a8a9aaab".to_owned(),
                // issued_at 6, ttl 4, payload 12, padding 1, tag 16.
                sealed: 39,
            })
        );
    }

    #[test]
    fn anything_else_shows_nothing() {
        for value in [
            &b""[..],
            b"AjJP",
            b"AjJPHXyg!",
            b"ATJPHXwBl3Qg3HsAAKjAeyJz",
            b"\xff\xff\xff\xff",
        ] {
            assert_eq!(OuterFields::read(value), None, "{value:?}");
        }
    }
}
