//! One PEM block (RFC 7468) with the label that was asked for.

use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloakroom_core::Secret;

use super::InvalidKey;

/// The label of a `SubjectPublicKeyInfo` (RFC 7468 section 13).
pub(crate) const PUBLIC_KEY: &str = "PUBLIC KEY";
/// The label of PKCS#8 (RFC 7468 section 10).
pub(crate) const PRIVATE_KEY: &str = "PRIVATE KEY";

/// The DER inside the block. What stands around it is white space; a second block is an error.
pub(crate) fn decode(pem: &str, label: &'static str) -> Result<Secret<Vec<u8>>, InvalidKey> {
    let error = InvalidKey::pem(label);
    let body = body(pem, label).ok_or(error)?;
    // The capacity is there from the start, so that no copy is left behind unwiped.
    let mut packed = Vec::with_capacity(body.len());
    packed.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let packed = Secret::new(packed);
    let der = STANDARD.decode(packed.expose());
    der.map(Secret::new).map_err(|_| error)
}

/// The base64 between the two lines.
fn body<'p>(pem: &'p str, label: &str) -> Option<&'p str> {
    pem.trim_ascii()
        .strip_prefix("-----BEGIN ")?
        .strip_prefix(label)?
        .strip_prefix("-----")?
        .strip_suffix("-----")?
        .strip_suffix(label)?
        .strip_suffix("-----END ")
}
