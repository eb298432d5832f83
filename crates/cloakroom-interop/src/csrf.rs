//! `csrf-decide`: whether a request may change anything.

use cloakroom_csrf::cloakroom_cookie::Cookies;
use cloakroom_csrf::{CsrfPolicy, Request};
use lexopt::{Arg, Parser, ValueExt as _};
use serde::{Deserialize, Serialize};

use crate::options::{Asked, Command, Unusable};

pub(crate) struct Deciding {
    policy: CsrfPolicy,
}

#[derive(Deserialize)]
pub(crate) struct Asking {
    method: String,
    path: String,
    host: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
}

#[derive(Serialize)]
pub(crate) struct Decided {
    allow: bool,
    reason: &'static str,
}

impl Deciding {
    /// Reads the options and makes a policy of them.
    pub(crate) fn read(parser: &mut Parser) -> Result<Asked, Unusable> {
        let mut policy = CsrfPolicy::builder();
        let mut carried = false;
        while let Some(argument) = parser.next()? {
            policy = match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(Asked::Help),
                Arg::Long("public-origin") => policy.public_origin(&parser.value()?.string()?),
                Arg::Long("trusted-origin") => policy.trusted_origin(&parser.value()?.string()?),
                Arg::Long("carrier-cookie") => {
                    carried = true;
                    policy.carrier_cookie(parser.value()?.string()?)
                }
                other => return Err(other.unexpected().into()),
            };
        }
        if !carried {
            policy = policy.without_carrier_cookies();
        }
        let policy = policy.finish().map_err(Unusable::together)?;
        Ok(Asked::Run(Command::CsrfDecide(Self { policy })))
    }

    /// The decision; a request brings no token here.
    pub(crate) fn decide(&self, asking: &Asking) -> Decided {
        // The path of a request is what stands before its query.
        let path = asking.path.split(['?', '#']).next().unwrap_or_default();
        let mut request = Request::new(&asking.method, path);
        if let Some(host) = &asking.host {
            request = request.host(host.as_bytes());
        }
        let mut cookies: Vec<&[u8]> = Vec::new();
        for (name, value) in &asking.headers {
            // As a server hands a field over (RFC 9110 section 5.5).
            let value = value.trim_matches([' ', '\t']).as_bytes();
            request = match name.to_ascii_lowercase().as_str() {
                "host" | ":authority" => request.host(value),
                "authorization" => request.authorization(value),
                "origin" => request.origin(value),
                "sec-fetch-site" => request.sec_fetch_site(value),
                "upgrade" => request.upgrade(value),
                ":protocol" => request.protocol(),
                "cookie" => {
                    cookies.push(value);
                    request
                }
                _ => request,
            };
        }
        let decision = self
            .policy
            .decide(&request.cookies(Cookies::from_values(&cookies).ok()));
        Decided {
            allow: decision.is_allowed(),
            reason: decision.reason().as_str(),
        }
    }
}
