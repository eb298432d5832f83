use std::borrow::Cow;
use std::{error, fmt};

use zeroize::{Zeroize as _, Zeroizing};

/// The form of an introspection request (RFC 7662 section 2.1) or a revocation request (RFC 7009 section 2.1).
pub struct TokenRequest {
    /// The token that it is about. Wiped when dropped.
    pub token: Zeroizing<String>,
    /// What the caller takes it for.
    pub hint: Option<Hint>,
}

/// `token_type_hint`: what the caller takes a token for. The token itself tells what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Hint {
    /// `access_token`.
    AccessToken,
    /// `refresh_token`.
    RefreshToken,
    /// A type that is not known here. It is no error (RFC 7009 section 2.1).
    Other,
}

/// The most parameters that a request may have.
const MAX_PARAMETERS: usize = 16;

impl TokenRequest {
    /// The greatest length of a body, in bytes.
    pub const MAX_LEN: usize = 8 << 10;

    /// Reads the body of a request, `application/x-www-form-urlencoded`.
    ///
    /// A parameter without a value counts as left out, and unknown ones are ignored (RFC 6749 section 3.2).
    ///
    /// # Errors
    ///
    /// When the body has more than 8 KiB or 16 parameters, a parameter twice, or no `token`.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidRequest> {
        if body.len() > Self::MAX_LEN {
            return Err(InvalidRequest(Kind::TooLong));
        }
        let mut names: Vec<Cow<'_, str>> = Vec::new();
        let (mut token, mut hint) = (None, None);
        for (name, value) in form_urlencoded::parse(body) {
            if names.contains(&name) {
                return Err(InvalidRequest(Kind::Repeated));
            }
            if names.len() == MAX_PARAMETERS {
                return Err(InvalidRequest(Kind::TooMany));
            }
            match &*name {
                _ if value.is_empty() => {}
                "token" => token = Some(owned(value)),
                "token_type_hint" => {
                    hint = Some(match &*value {
                        "access_token" => Hint::AccessToken,
                        "refresh_token" => Hint::RefreshToken,
                        _ => Hint::Other,
                    });
                }
                _ => {}
            }
            names.push(name);
        }
        let token = token.ok_or(InvalidRequest(Kind::NoToken))?;
        Ok(Self { token, hint })
    }
}

/// The value in one place that is wiped.
fn owned(value: Cow<'_, str>) -> Zeroizing<String> {
    let kept = Zeroizing::new(String::from(&*value));
    if let Cow::Owned(mut copy) = value {
        copy.zeroize();
    }
    kept
}

/// Prints nothing of the token.
impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("hint", &self.hint)
            .finish_non_exhaustive()
    }
}

/// A body is no request. It tells nothing of the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidRequest(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    TooLong,
    TooMany,
    Repeated,
    NoToken,
}

impl InvalidRequest {
    /// A description for the caller, and for [`Display`](fmt::Display).
    pub(crate) const fn description(self) -> &'static str {
        match self.0 {
            Kind::TooLong => "a request has at most 8192 bytes",
            Kind::TooMany => "a request has at most 16 parameters",
            Kind::Repeated => "a parameter stands once",
            Kind::NoToken => "the parameter token is missing",
        }
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

impl error::Error for InvalidRequest {}
