use core::fmt;

use crate::Prefix;

/// Why a cookie, or a cookie-name, cannot be built.
///
/// The text is in the words of RFC 6265bis and tells the place and not what stands there, as in "cookie-value has a
/// forbidden octet at byte 12", so it may be logged. Places count from 0 in the text that was handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidSetCookie {
    kind: Kind,
    position: Option<usize>,
}

impl InvalidSetCookie {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind, position: None }
    }

    pub(crate) const fn at(kind: Kind, position: usize) -> Self {
        Self {
            kind,
            position: Some(position),
        }
    }

    /// Whether name and value are longer than the 4096 octets that they may have together, so that a shorter value would
    /// do.
    pub const fn is_too_long(&self) -> bool {
        matches!(self.kind, Kind::PairTooLong)
    }

    /// The byte at fault in the name, value, path or domain that was handed in; `None` when no single byte is.
    pub const fn position(&self) -> Option<usize> {
        self.position
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    NameEmpty,
    NameOctet,
    NamePrefixed,
    ValueOctet,
    PairTooLong,
    PathStart,
    PathOctet,
    PathTooLong,
    DomainEmpty,
    DomainOctet,
    DomainTooLong,
    DomainOneLabel,
    DomainIsAddress,
    LabelEmpty,
    LabelHyphen,
    LabelTooLong,
    LastLabelNumeric,
    MaxAgeZero,
    MaxAgeTooLong,
    SameSiteNoneInsecure,
    PartitionedInsecure,
    PrefixInsecure(Prefix),
    PrefixNotHttpOnly(Prefix),
    PrefixPath(Prefix),
    PrefixDomain(Prefix),
    #[cfg(any(feature = "parse", feature = "cookie-0_18"))]
    Expires,
    #[cfg(any(feature = "parse", feature = "cookie-0_18"))]
    RemovalWithValue,
    #[cfg(feature = "cookie-0_18")]
    MaxAgeFraction,
}

impl fmt::Display for InvalidSetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.kind {
            Kind::NameEmpty => "cookie-name is empty",
            Kind::NameOctet => "cookie-name has a forbidden octet",
            Kind::NamePrefixed => "cookie-name begins with another prefix already",
            Kind::ValueOctet => "cookie-value has a forbidden octet",
            Kind::PairTooLong => "cookie-name and cookie-value are longer than 4096 octets together",
            Kind::PathStart => "path-value does not begin with a slash",
            Kind::PathOctet => "path-value has a forbidden octet",
            Kind::PathTooLong => "path-value is longer than 1024 octets",
            Kind::DomainEmpty => "domain-value is empty",
            Kind::DomainOctet => "domain-value has a forbidden octet",
            Kind::DomainTooLong => "domain-value is longer than 253 octets",
            Kind::DomainOneLabel => "domain-value has a single label",
            Kind::DomainIsAddress => "domain-value is an IP address",
            Kind::LabelEmpty => "domain-value has an empty label",
            Kind::LabelHyphen => "domain-value has a label that begins or ends with a hyphen",
            Kind::LabelTooLong => "domain-value has a label longer than 63 octets",
            Kind::LastLabelNumeric => "domain-value has a numeric last label",
            Kind::MaxAgeZero => "Max-Age is less than one second, which only a removal may have",
            Kind::MaxAgeTooLong => "Max-Age is longer than 400 days",
            Kind::SameSiteNoneInsecure => "SameSite=None needs Secure",
            Kind::PartitionedInsecure => "Partitioned needs Secure",
            Kind::PrefixInsecure(prefix) => return write!(f, "{prefix} in cookie-name needs Secure"),
            Kind::PrefixNotHttpOnly(prefix) => return write!(f, "{prefix} in cookie-name needs HttpOnly"),
            Kind::PrefixPath(prefix) => return write!(f, "{prefix} in cookie-name needs Path=/"),
            Kind::PrefixDomain(prefix) => return write!(f, "{prefix} in cookie-name forbids Domain"),
            #[cfg(any(feature = "parse", feature = "cookie-0_18"))]
            Kind::Expires => "Expires cannot be kept: only Max-Age can",
            #[cfg(any(feature = "parse", feature = "cookie-0_18"))]
            Kind::RemovalWithValue => "cookie-value of a removal is not empty",
            #[cfg(feature = "cookie-0_18")]
            Kind::MaxAgeFraction => "Max-Age is not a whole number of seconds",
        };
        f.write_str(text)?;
        match self.position {
            Some(position) => write!(f, " at byte {position}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for InvalidSetCookie {}
