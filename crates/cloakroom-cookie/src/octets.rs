use alloc::string::String;

use crate::invalid::{InvalidSetCookie, Kind};

/// Greatest length of cookie-name and cookie-value together (RFC 6265bis section 5.6, step 5).
pub(crate) const MAX_PAIR: usize = 4096;
/// Greatest length of an attribute-value (RFC 6265bis section 5.6).
pub(crate) const MAX_ATTRIBUTE: usize = 1024;

const TCHAR: u8 = 1;
const COOKIE_OCTET: u8 = 2;
const PATH_OCTET: u8 = 4;

/// What each octet may be part of, so that a check is one look-up.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0_u8;
    loop {
        let class = &mut table[octet as usize];
        if octet.is_ascii_alphanumeric()
            || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
        {
            *class |= TCHAR;
        }
        if matches!(octet, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e) {
            *class |= COOKIE_OCTET;
        }
        if matches!(octet, 0x20..=0x3a | 0x3c..=0x7e) {
            *class |= PATH_OCTET;
        }
        if octet == u8::MAX {
            break table;
        }
        octet += 1;
    }
};

/// `tchar` of RFC 9110 section 5.6.2.
pub(crate) const fn is_tchar(octet: u8) -> bool {
    CLASS[octet as usize] & TCHAR != 0
}

/// `cookie-octet` of RFC 6265bis section 4.1.1.
const fn is_cookie_octet(octet: u8) -> bool {
    CLASS[octet as usize] & COOKIE_OCTET != 0
}

/// `av-octet` of RFC 6265bis section 4.1.1: a printable US-ASCII octet or a space, but no semicolon.
pub(crate) const fn is_av_octet(octet: u8) -> bool {
    CLASS[octet as usize] & PATH_OCTET != 0
}

/// Checks `cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE )`.
pub(crate) fn check_value(octets: &[u8]) -> Result<(), InvalidSetCookie> {
    let (start, inner) = match octets {
        [b'"', inner @ .., b'"'] => (1, inner),
        _ => (0, octets),
    };
    match inner.iter().position(|&octet| !is_cookie_octet(octet)) {
        None => Ok(()),
        Some(i) => Err(InvalidSetCookie::at(Kind::ValueOctet, start + i)),
    }
}

/// Writes `%XX` for each octet that is not a cookie-octet, for `%` itself, and for `+`, which some readers take for a
/// space.
pub(crate) fn percent_encode(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if is_cookie_octet(byte) && byte != b'%' && byte != b'+' {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 0xf)]));
        }
    }
    text
}
