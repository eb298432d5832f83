use crate::invalid::{InvalidSetCookie, Kind};
use crate::octets::{MAX_ATTRIBUTE, is_av_octet};

/// Checks `path-value`: it begins with a slash, has no control, semicolon or non-ASCII octet, and no space at its end,
/// where a user agent would trim it.
pub(crate) fn check_path(octets: &[u8]) -> Result<(), InvalidSetCookie> {
    if octets.first() != Some(&b'/') {
        return Err(InvalidSetCookie::at(Kind::PathStart, 0));
    }
    if let Some(i) = octets.iter().position(|&octet| !is_av_octet(octet)) {
        return Err(InvalidSetCookie::at(Kind::PathOctet, i));
    }
    if octets.ends_with(b" ") {
        return Err(InvalidSetCookie::at(Kind::PathOctet, octets.len() - 1));
    }
    if octets.len() > MAX_ATTRIBUTE {
        return Err(InvalidSetCookie::new(Kind::PathTooLong));
    }
    Ok(())
}
