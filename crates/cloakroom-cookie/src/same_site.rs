use core::fmt;

/// On which requests a user agent sends the cookie along (RFC 6265bis section 4.1.2.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum SameSite {
    /// Only on requests that come from the cookie's own site.
    Strict,
    /// Also on top-level navigations from other sites with a safe method. The default of every [`SetCookie`].
    ///
    /// [`SetCookie`]: crate::SetCookie
    Lax,
    /// On every request. User agents want such a cookie to be `Secure`, so one that is not cannot be built.
    None,
}

impl SameSite {
    /// The attribute's value as it is written: `Strict`, `Lax` or `None`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
