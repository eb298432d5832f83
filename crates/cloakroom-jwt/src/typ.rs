use alloc::string::String;

use crate::claims::Registered;

/// What the `typ` header parameter of a token must say (RFC 7515 section 4.1.9, RFC 8725 section 3.11).
///
/// Media types are compared without regard to case, and `application/` is put before one that has no slash: `at+jwt`,
/// `AT+JWT` and `application/at+jwt` are one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typ(Kind);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Exact(String),
    Untyped(Untyped),
}

/// What keeps tokens of several kinds apart when their issuer gives them no type of their own.
///
/// RFC 8725 section 3.12 asks that the validation rules of different kinds of JWT exclude each other. Without explicit
/// types something else must do that, and it has to be named.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Untyped {
    /// This claim has this string for its value, and other kinds of token have not. It is checked. A registered claim (RFC 7519
    /// section 4.1, or `auth_time`) and an empty value are refused when the verifier is made: they tell no kinds apart.
    Claim(String, String),
    /// The policy's audience stands in no other kind of token of the issuer. A statement: nothing more can be checked.
    OwnAudience,
    /// The issuer signs nothing else with the policy's keys. A statement: nothing more can be checked.
    OwnKeys,
}

impl Untyped {
    /// [`Untyped::Claim`] of anything that makes strings.
    pub fn claim(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Claim(name.into(), value.into())
    }
}

impl Typ {
    /// Tokens whose `typ` is this media type and no others: `at+jwt`, `dpop+jwt`, `logout+jwt`.
    ///
    /// `JWT` is refused when the verifier is made, since it tells no kind of token from another: use [`Typ::untyped`].
    pub fn exact(media_type: impl Into<String>) -> Self {
        Self(Kind::Exact(media_type.into()))
    }

    /// Tokens without `typ` or with `JWT`, and no others, told apart by something else, which has to be said:
    ///
    /// ```
    /// # use cloakroom_jwt::{Typ, Untyped};
    /// let typ = Typ::untyped(Untyped::claim("token_use", "access"));
    /// ```
    ///
    /// ```compile_fail,E0061
    /// # use cloakroom_jwt::Typ;
    /// let typ = Typ::untyped();
    /// ```
    pub const fn untyped(by: Untyped) -> Self {
        Self(Kind::Untyped(by))
    }

    /// Whether a header may say this.
    pub(crate) fn accepts(&self, typ: Option<&str>) -> bool {
        match (&self.0, typ) {
            (Kind::Exact(wanted), Some(typ)) => is_media_type(typ, wanted),
            (Kind::Exact(_), None) => false,
            (Kind::Untyped(_), None) => true,
            (Kind::Untyped(_), Some(typ)) => is_media_type(typ, "JWT"),
        }
    }

    /// Whether some header may say what both want.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Exact(one), Kind::Exact(other)) => is_media_type(one, other),
            (Kind::Untyped(_), Kind::Untyped(_)) => true,
            _ => false,
        }
    }

    /// The claim that stands in for a type, and its value.
    pub(crate) fn claim(&self) -> Option<(&str, &str)> {
        match &self.0 {
            Kind::Untyped(Untyped::Claim(name, value)) => Some((name, value)),
            _ => None,
        }
    }

    /// What headers that are written by the common issuers say.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = Option<&str>> {
        match &self.0 {
            Kind::Exact(wanted) => [Some(Some(wanted.as_str())), None],
            Kind::Untyped(_) => [Some(Some("JWT")), Some(None)],
        }
        .into_iter()
        .flatten()
    }

    /// What is wrong with it, when something is.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match &self.0 {
            Kind::Exact(wanted) if is_media_type(wanted, "JWT") => {
                Some("is JWT, which tells no kind of token from another: use Typ::untyped")
            }
            Kind::Exact(wanted) if !is_well_formed(wanted) => Some("is no media type"),
            Kind::Untyped(Untyped::Claim(name, _)) if name.is_empty() => Some("names a claim without a name"),
            Kind::Untyped(Untyped::Claim(_, value)) if value.is_empty() => {
                Some("names a claim without a value")
            }
            Kind::Untyped(Untyped::Claim(name, _)) if Registered::named(name).is_some() => {
                Some("names a registered claim, which tokens of every kind may have")
            }
            _ => None,
        }
    }
}

/// Compares two media types as RFC 7515 section 4.1.9 says.
pub(crate) fn is_media_type(left: &str, right: &str) -> bool {
    subtype(left).eq_ignore_ascii_case(subtype(right))
}

/// `media_type` without `application/`, which is put back by whoever reads a type without a slash. One with two slashes is
/// no media type and stays what it is.
fn subtype(media_type: &str) -> &str {
    const PREFIX: &str = "application/";
    match media_type.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => media_type,
    }
}

/// A type and a subtype, or a subtype alone, of the characters of RFC 6838 section 4.2.
fn is_well_formed(media_type: &str) -> bool {
    let name = |name: &str| {
        (1..=127).contains(&name.len())
            && (name.bytes()).all(|octet| octet.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&octet))
    };
    match media_type.split_once('/') {
        Some((type_name, subtype)) => name(type_name) && name(subtype),
        None => name(media_type),
    }
}
