use alloc::string::String;

use crate::invalid::{InvalidSetCookie, Kind};

const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// The canonical form of a `domain-value`: lower case, without a leading dot.
///
/// It has two labels or more, each of 1 to 63 letters, digits and inner hyphens, 253 octets in all. A last label that
/// is a number, decimal or `0x..`, makes every user agent read an IPv4 address. Whether the domain is a public suffix
/// is for the browser to say. Positions count in `domain` as it was handed in.
pub(crate) fn canonical_domain(domain: &str) -> Result<String, InvalidSetCookie> {
    let (start, host) = match domain.strip_prefix('.') {
        Some(rest) => (1, rest),
        None => (0, domain),
    };
    if host.is_empty() {
        return Err(InvalidSetCookie::new(Kind::DomainEmpty));
    }
    if host.starts_with('[') || host.parse::<core::net::IpAddr>().is_ok() {
        return Err(InvalidSetCookie::new(Kind::DomainIsAddress));
    }
    let octets = host.as_bytes();
    let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.');
    if let Some(i) = octets.iter().position(|octet| !allowed(octet)) {
        return Err(InvalidSetCookie::at(Kind::DomainOctet, start + i));
    }
    if octets.len() > MAX_DOMAIN {
        return Err(InvalidSetCookie::new(Kind::DomainTooLong));
    }
    let mut label_start = start;
    let mut last = (start, &octets[..0]);
    let mut labels = 0;
    for label in octets.split(|&octet| octet == b'.') {
        check_label(label, label_start)?;
        last = (label_start, label);
        label_start += label.len() + 1;
        labels += 1;
    }
    let (last_start, last) = last;
    if is_number(last) {
        return Err(InvalidSetCookie::at(Kind::LastLabelNumeric, last_start));
    }
    if labels < 2 {
        return Err(InvalidSetCookie::new(Kind::DomainOneLabel));
    }
    Ok(host.to_ascii_lowercase())
}

fn check_label(label: &[u8], start: usize) -> Result<(), InvalidSetCookie> {
    match label {
        [] => Err(InvalidSetCookie::at(Kind::LabelEmpty, start)),
        [b'-', ..] => Err(InvalidSetCookie::at(Kind::LabelHyphen, start)),
        [.., b'-'] => Err(InvalidSetCookie::at(Kind::LabelHyphen, start + label.len() - 1)),
        _ if label.len() > MAX_LABEL => Err(InvalidSetCookie::at(Kind::LabelTooLong, start)),
        _ => Ok(()),
    }
}

/// A number as the URL standard's IPv4 parser reads it; nothing that begins with `0x` is given the benefit of doubt.
fn is_number(label: &[u8]) -> bool {
    matches!(label, [b'0', b'x' | b'X', ..]) || label.iter().all(u8::is_ascii_digit)
}
