use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU8;

use http::request::Parts;

/// The address that `trusted_hops` proxies of your own tell by `X-Forwarded-For`, for
/// [`SessionLayer::client_address`](crate::SessionLayer::client_address).
///
/// Each proxy appends the address that it was connected from, so the entry counted from the right is the one that your
/// outermost proxy saw, and everything left of it is what a client chose to write. With fewer entries than hops, or an
/// entry that is no address (a port after it is dropped), there is no address. All fields of the name are one list.
///
/// Say the number of proxies that really append to the field: with one too many anybody writes the address.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::num::NonZeroU8;
/// use cloakroom_tower::forwarded_for;
///
/// let address = forwarded_for(NonZeroU8::MIN); // one proxy
/// let request = http::Request::get("/")
///     .header("x-forwarded-for", "10.0.0.1, 192.0.2.7")
///     .body(())?;
/// assert_eq!(address(&request.into_parts().0), Some([192, 0, 2, 7].into()));
/// # Ok(())
/// # }
/// ```
pub fn forwarded_for(
    trusted_hops: NonZeroU8,
) -> impl Fn(&Parts) -> Option<IpAddr> + Clone + Send + Sync + 'static {
    move |parts| {
        let fields = parts.headers.get_all("x-forwarded-for").iter();
        let entries = fields
            .rev()
            .flat_map(|field| field.as_bytes().rsplit(|&byte| byte == b','));
        let entry = entries.into_iter().nth(usize::from(trusted_hops.get()) - 1)?;
        address_of(str::from_utf8(entry).ok()?.trim_matches([' ', '\t']))
    }
}

/// An address, with or without a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let bracketed = || {
        text.strip_prefix('[')?
            .strip_suffix(']')?
            .parse()
            .ok()
            .map(IpAddr::V6)
    };
    let plain = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    plain.or_else(bracketed).or_else(with_port)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use http::Request;

    use super::forwarded_for;

    #[test]
    fn the_entry_that_the_outermost_proxy_wrote_counts_and_nothing_left_of_it() {
        for (hops, fields, expected) in [
            (1, &[][..], None),
            (1, &["192.0.2.1"], Some("192.0.2.1")),
            (1, &["203.0.113.9, 192.0.2.1"], Some("192.0.2.1")),
            (2, &["203.0.113.9, 192.0.2.1, 10.0.0.1"], Some("192.0.2.1")),
            (2, &["203.0.113.9", "192.0.2.1,10.0.0.1"], Some("192.0.2.1")),
            (2, &["203.0.113.9, 192.0.2.1", "10.0.0.1"], Some("192.0.2.1")),
            (3, &["192.0.2.1, 10.0.0.1"], None),
            (1, &["192.0.2.1,"], None),
            (1, &["192.0.2.1, unknown"], None),
            (1, &["192.0.2.1, _hidden"], None),
            (1, &["192.0.2.1:4711"], Some("192.0.2.1")),
            (1, &["2001:db8::1"], Some("2001:db8::1")),
            (1, &["[2001:db8::1]"], Some("2001:db8::1")),
            (1, &["[2001:db8::1]:4711"], Some("2001:db8::1")),
            (1, &["\t192.0.2.1 "], Some("192.0.2.1")),
            (1, &["192.0.2.1 192.0.2.2"], None),
            (1, &["192.0.2.256"], None),
        ] {
            let mut request = Request::builder();
            for field in fields {
                request = request.header("x-forwarded-for", *field);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let address = forwarded_for(NonZeroU8::new(hops).unwrap())(&parts);
            assert_eq!(
                address.map(|address| address.to_string()).as_deref(),
                expected,
                "{hops} {fields:?}"
            );
        }
    }
}
