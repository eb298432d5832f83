//! Base64url without padding, canonical: each octet string has one text (RFC 7515 section 2, RFC 4648 section 3.5).

use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Error, ErrorKind};

/// The octets that `text` stands for.
#[allow(dead_code)]
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| ErrorKind::Malformed.into())
}
