use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::Prefix;
use crate::invalid::{InvalidSetCookie, Kind};
use crate::octets::{MAX_PAIR, is_tchar};

/// The name of a cookie that we set: a non-empty `token` (RFC 6265bis section 4.1.1), at most 4096 octets.
///
/// It is the exact text on the wire, prefix included, compared byte for byte: `__Host-id` and `id` are two cookies,
/// and so are `id` and `ID`.
///
/// A name that the program writes belongs in a `static`, which can be borrowed for as long as anybody likes.
///
/// ```
/// use cloakroom_cookie::{CookieName, Prefix};
///
/// static SESSION: CookieName = CookieName::from_static("__Host-id");
/// assert_eq!(SESSION.prefix(), Some(Prefix::Host));
/// assert_eq!(CookieName::new("a b").unwrap_err().to_string(), "cookie-name has a forbidden octet at byte 1");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct CookieName(Cow<'static, str>);

impl CookieName {
    /// Takes `name` when it is a token.
    ///
    /// A name that is written in the program is kept without a copy. One that comes at run time is handed in as a
    /// `String`: `CookieName::new(name.to_owned())`, or `name.parse()`.
    ///
    /// # Errors
    /// When `name` is empty, has an octet that no token has, or leaves no cookie with that name any room.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidSetCookie> {
        let name = name.into();
        match check_name(name.as_bytes()) {
            None => Ok(Self(name)),
            Some(error) => Err(error),
        }
    }

    /// Takes a name that is written in the program, for `const` and `static` items.
    ///
    /// # Panics
    /// When `name` is not a token; in a `const` that is an error of compilation.
    ///
    /// ```compile_fail
    /// # use cloakroom_cookie::CookieName;
    /// const BAD: CookieName = CookieName::from_static("a;b");
    /// ```
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        assert!(
            check_name(name.as_bytes()).is_none(),
            "cookie-name is not a token of 1 to 4096 octets"
        );
        Self(Cow::Borrowed(name))
    }

    /// The name as text, prefix included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as octets, prefix included.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The prefix that a user agent sees in the name, in any letter case.
    pub fn prefix(&self) -> Option<Prefix> {
        Prefix::of(self.as_bytes())
    }

    /// The name with hyphens for the two underscores of its prefix, if it has one: a token of the same length, in which
    /// no user agent sees a prefix.
    pub(crate) fn unprefixed(&self) -> Self {
        match self.prefix() {
            Some(_) => Self(Cow::Owned(self.0.replacen("__", "--", 1))),
            None => self.clone(),
        }
    }

    /// The name with `prefix` before it; as it is when it carries exactly that prefix.
    pub(crate) fn with_prefix(self, prefix: Prefix) -> Result<Self, InvalidSetCookie> {
        let text = prefix.as_str();
        if self.0.starts_with(text) {
            return Ok(self);
        }
        if self.prefix().is_some() {
            return Err(InvalidSetCookie::at(Kind::NamePrefixed, 0));
        }
        let mut name = String::with_capacity(text.len() + self.0.len());
        name.push_str(text);
        name.push_str(&self.0);
        Self::new(name)
    }
}

/// Positions are those of the first octet at fault.
pub(crate) const fn check_name(name: &[u8]) -> Option<InvalidSetCookie> {
    if name.is_empty() {
        return Some(InvalidSetCookie::new(Kind::NameEmpty));
    }
    let mut i = 0;
    while i < name.len() {
        if !is_tchar(name[i]) {
            return Some(InvalidSetCookie::at(Kind::NameOctet, i));
        }
        i += 1;
    }
    if name.len() > MAX_PAIR {
        return Some(InvalidSetCookie::new(Kind::PairTooLong));
    }
    None
}

impl AsRef<str> for CookieName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for CookieName {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CookieName").field(&self.as_str()).finish()
    }
}

impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for CookieName {
    type Error = InvalidSetCookie;

    fn try_from(name: String) -> Result<Self, InvalidSetCookie> {
        Self::new(name)
    }
}

impl FromStr for CookieName {
    type Err = InvalidSetCookie;

    fn from_str(name: &str) -> Result<Self, InvalidSetCookie> {
        Self::new(String::from(name))
    }
}

impl From<CookieName> for String {
    fn from(name: CookieName) -> Self {
        name.0.into_owned()
    }
}

/// What the constructors of [`SetCookie`](crate::SetCookie) take for a name: text that is then checked, or a
/// [`CookieName`], which needs no second look.
///
/// Text is `&'static str`, which is kept without a copy, `String` or `Cow<'static, str>`. A shorter-lived `&str` is handed
/// in as `name.to_owned()`.
pub trait IntoCookieName: sealed::Sealed {
    /// The name, checked.
    ///
    /// # Errors
    /// As [`CookieName::new`].
    fn into_cookie_name(self) -> Result<CookieName, InvalidSetCookie>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! into_cookie_name {
    ($($text:ty => $convert:expr),+ $(,)?) => { $(
        impl sealed::Sealed for $text {}
        impl IntoCookieName for $text {
            fn into_cookie_name(self) -> Result<CookieName, InvalidSetCookie> {
                $convert(self)
            }
        }
    )+ };
}

into_cookie_name! {
    &'static str => CookieName::new,
    String => CookieName::new,
    Cow<'static, str> => CookieName::new,
    CookieName => Ok,
    &CookieName => |name: &CookieName| Ok(name.clone()),
}
