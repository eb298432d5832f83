use alloc::vec::Vec;
use core::fmt;
use core::slice;

use crate::{CookieName, SetCookie};

/// The cookies of one response, at most one of each name, in the order in which they came.
///
/// RFC 6265bis section 4.1.1 wants no two cookies of one name in one response: which of them a user agent keeps is
/// decided by Domain, Path and order, and readers of the code get it wrong. Names are compared byte for byte.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cloakroom_cookie::{SetCookie, SetCookies};
///
/// let mut cookies = SetCookies::new();
/// cookies.insert(SetCookie::host("id", "one").finish()?)?;
/// assert!(cookies.insert(SetCookie::host("id", "two").finish()?).is_err());
/// cookies.replace(SetCookie::host("id", "three").finish()?);
/// assert_eq!(cookies.get("__Host-id").map(SetCookie::value), Some("three"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SetCookies(Vec<SetCookie>);

impl SetCookies {
    /// No cookies, nothing allocated.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds `cookie`.
    ///
    /// # Errors
    /// When there is a cookie of that name already; the collection is then as it was.
    pub fn insert(&mut self, cookie: SetCookie) -> Result<(), DuplicateSetCookie> {
        if self.place(cookie.name.as_str()).is_some() {
            return Err(DuplicateSetCookie { name: cookie.name });
        }
        self.0.push(cookie);
        Ok(())
    }

    /// Puts `cookie` in the place of the one that has its name, which is returned, or adds it.
    pub fn replace(&mut self, cookie: SetCookie) -> Option<SetCookie> {
        if let Some(i) = self.place(cookie.name.as_str()) {
            return Some(core::mem::replace(&mut self.0[i], cookie));
        }
        self.0.push(cookie);
        None
    }

    /// Takes the cookie named `name` out, so that the response says nothing about it. To make the user agent forget
    /// a cookie, [`replace`](Self::replace) it by its [`removal`](SetCookie::removal).
    pub fn remove(&mut self, name: impl AsRef<str>) -> Option<SetCookie> {
        self.place(name.as_ref()).map(|i| self.0.remove(i))
    }

    /// The cookie named `name`.
    pub fn get(&self, name: impl AsRef<str>) -> Option<&SetCookie> {
        self.place(name.as_ref()).map(|i| &self.0[i])
    }

    /// The cookies in the order in which they came.
    pub fn iter(&self) -> slice::Iter<'_, SetCookie> {
        self.0.iter()
    }

    /// How many cookies there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|cookie| cookie.name.as_str() == name)
    }
}

impl<'a> IntoIterator for &'a SetCookies {
    type Item = &'a SetCookie;
    type IntoIter = slice::Iter<'a, SetCookie>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for SetCookies {
    type Item = SetCookie;
    type IntoIter = alloc::vec::IntoIter<SetCookie>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A second cookie of one name for one response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DuplicateSetCookie {
    name: CookieName,
}

impl DuplicateSetCookie {
    /// The name that two cookies have.
    pub fn name(&self) -> &CookieName {
        &self.name
    }
}

impl fmt::Display for DuplicateSetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response sets a cookie named {} already", self.name)
    }
}

impl core::error::Error for DuplicateSetCookie {}
