use std::error::Error;
use std::fmt;

use crate::{origin, route};

/// Why a policy cannot be built: the setting, and what is wrong with it, in one line that repeats nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidCsrfPolicy {
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    PublicOrigin(origin::Fault),
    /// The place counts from 1, in the order of the calls.
    TrustedOrigin(usize, origin::Fault),
    Exemption(usize, route::Fault),
    TokenRoute(usize, route::Fault),
    TokenOfSafeMethod(usize),
    TokenAndExempt(usize),
    CarrierName(usize),
    CarriersNotSaid,
    CarriersContradict,
    PublicOriginTwice,
}

impl From<Kind> for InvalidCsrfPolicy {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for InvalidCsrfPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::PublicOrigin(fault) => write!(f, "the public origin {}", of_origin(fault)),
            Kind::TrustedOrigin(place, fault) => write!(f, "trusted origin {place} {}", of_origin(fault)),
            Kind::Exemption(place, fault) => write!(f, "exemption {place} {}", of_route(fault)),
            Kind::TokenRoute(place, fault) => {
                write!(f, "route {place} that needs a token {}", of_route(fault))
            }
            Kind::TokenOfSafeMethod(place) => {
                write!(f, "route {place} that needs a token has a method that changes nothing")
            }
            Kind::TokenAndExempt(place) => {
                write!(f, "route {place} that needs a token is exempt, too")
            }
            Kind::CarrierName(place) => write!(f, "carrier cookie {place} has no cookie-name"),
            Kind::CarriersNotSaid => f.write_str(
                "the cookies that carry a login are not named: call carrier_cookie, or without_carrier_cookies",
            ),
            Kind::CarriersContradict => {
                f.write_str("carrier cookies are named, and without_carrier_cookies says that there are none")
            }
            Kind::PublicOriginTwice => {
                f.write_str("the public origin is said twice: further ones are trusted origins")
            }
        }
    }
}

impl Error for InvalidCsrfPolicy {}

fn of_origin(fault: origin::Fault) -> &'static str {
    match fault {
        origin::Fault::Null => "is null, which anybody can have",
        origin::Fault::Scheme => "begins with a scheme in lower case and `://`",
        origin::Fault::NotHttp => "is an http or https one",
        origin::Fault::Host => {
            "has a host as browsers write it: lower case, punycode, the shortest form of an address"
        }
        origin::Fault::Port => "has a port from 1 to 65535 behind its colon",
        origin::Fault::DefaultPort => "leaves the scheme's own port out, as browsers do",
        origin::Fault::Beyond => "ends with its host and port: no slash, path, query or user",
    }
}

fn of_route(fault: route::Fault) -> &'static str {
    match fault {
        route::Fault::Method => "has a method that is no token",
        route::Fault::Path => {
            "has a path that does not begin with `/`, or has a query or a byte that no path has"
        }
    }
}
