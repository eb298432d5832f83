use core::fmt;
use core::iter::{self, FusedIterator};
use core::slice;

use crate::find::{find, find_first};
use crate::{CookiePair, CookieValue, InvalidPair, LimitExceeded, Limits, Pairs, pairs};

/// The cookies of one request: all its Cookie header values, read as one list in order.
///
/// HTTP/2 and HTTP/3 may split the list over several header fields (RFC 9113 section 8.2.3). Building a `Cookies`
/// checks the [`Limits`] and copies nothing; each question reads the header again, in less time than it takes to build a
/// map. Names are compared byte for byte: `sid` is neither `SID` nor `__Host-sid`. Invalid pairs are skipped by all
/// but [`iter`](Self::iter) and [`invalid_count`](Self::invalid_count).
#[derive(Clone, Copy)]
pub struct Cookies<'a> {
    /// The first header value, empty when there is none. Most requests have no other.
    first: &'a [u8],
    rest: Rest<'a>,
}

impl<'a> Cookies<'a> {
    /// The cookies of one header value, within the default [`Limits`].
    ///
    /// # Errors
    ///
    /// When the value is over a limit.
    #[inline]
    pub fn new(header: &'a [u8]) -> Result<Self, LimitExceeded> {
        Self::new_with(header, Limits::DEFAULT)
    }

    /// The cookies of one header value, within `limits`.
    ///
    /// # Errors
    ///
    /// When the value is over a limit.
    #[inline]
    pub fn new_with(header: &'a [u8], limits: Limits) -> Result<Self, LimitExceeded> {
        Self::within(header, Rest::Slices(&[]), limits)
    }

    /// The cookies of several header values, within the default [`Limits`].
    ///
    /// The list of the values is borrowed as the values are, so what is read from them lives no longer than the list.
    ///
    /// # Errors
    ///
    /// When the values together are over a limit.
    pub fn from_values(headers: &'a [&'a [u8]]) -> Result<Self, LimitExceeded> {
        Self::from_values_with(headers, Limits::DEFAULT)
    }

    /// The cookies of several header values, within `limits`; borrowed as by [`from_values`](Self::from_values).
    ///
    /// # Errors
    ///
    /// When the values together are over a limit.
    pub fn from_values_with(headers: &'a [&'a [u8]], limits: Limits) -> Result<Self, LimitExceeded> {
        match headers {
            [] => Ok(Self::EMPTY),
            [first, rest @ ..] => Self::within(first, Rest::Slices(rest), limits),
        }
    }

    /// The cookies of all `Cookie` fields of `headers`, within the default [`Limits`].
    ///
    /// # Errors
    ///
    /// When the values together are over a limit.
    #[cfg(feature = "http")]
    pub fn from_headers(headers: &'a http::HeaderMap) -> Result<Self, LimitExceeded> {
        Self::from_headers_with(headers, Limits::DEFAULT)
    }

    /// The cookies of all `Cookie` fields of `headers`, within `limits`.
    ///
    /// # Errors
    ///
    /// When the values together are over a limit.
    #[cfg(feature = "http")]
    pub fn from_headers_with(headers: &'a http::HeaderMap, limits: Limits) -> Result<Self, LimitExceeded> {
        let mut values = headers.get_all(http::header::COOKIE).iter();
        let Some(first) = values.next() else {
            return Ok(Self::EMPTY);
        };
        let rest = if values.next().is_some() {
            Rest::Headers(headers)
        } else {
            Rest::Slices(&[])
        };
        Self::within(first.as_bytes(), rest, limits)
    }

    const EMPTY: Self = Self {
        first: &[],
        rest: Rest::Slices(&[]),
    };

    #[inline]
    fn within(first: &'a [u8], rest: Rest<'a>, limits: Limits) -> Result<Self, LimitExceeded> {
        let cookies = Self { first, rest };
        // Most requests have one value, which is short: one comparison.
        if !(rest.is_empty() && limits.allow_any(first.len())) {
            cookies.check(limits)?;
        }
        Ok(cookies)
    }

    #[inline(never)]
    fn check(self, limits: Limits) -> Result<(), LimitExceeded> {
        // A segment takes a byte, and the `;` before it another unless it is the first: in a short list there are too
        // few bytes for too many pairs, so nothing is counted.
        let (bytes, pairs) = self.values().fold((0, 0), |(bytes, pairs), value| {
            (bytes + value.len(), pairs + value.len().div_ceil(2))
        });
        limits.check(bytes, pairs, || self.values())
    }

    #[inline]
    fn values(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        iter::once(self.first).chain(self.rest.iter())
    }

    /// All pairs in order, the invalid ones as errors whose position counts from the start of their header value.
    #[inline]
    pub fn iter(&self) -> Iter<'a> {
        Iter {
            current: pairs(self.first),
            rest: self.rest.iter(),
        }
    }

    /// The value of the first cookie called `name`.
    ///
    /// Browsers send the cookie with the longest path first (RFC 6265bis section 5.8.3); nothing else tells two
    /// cookies of one name apart, so a credential is better read with [`all`](Self::all) or [`unique`](Self::unique).
    #[inline]
    pub fn first(&self, name: impl AsRef<[u8]>) -> Option<CookieValue<'a>> {
        let name = name.as_ref();
        find_first(self.first, name).or_else(|| self.rest.iter().find_map(|value| find_first(value, name)))
    }

    /// The values of all cookies called `name`, in order.
    pub fn all<N: AsRef<[u8]>>(&self, name: N) -> All<'a, N> {
        All {
            text: self.first,
            rest: self.rest.iter(),
            name,
        }
    }

    /// The value of the only cookie called `name`, `None` when there is none.
    ///
    /// # Errors
    ///
    /// When there are two or more, be they equal: one of them may be planted by a sibling domain or a network attacker.
    pub fn unique(&self, name: impl AsRef<[u8]>) -> Result<Option<CookieValue<'a>>, DuplicateCookie> {
        let mut found = self.all(name);
        let first = found.next();
        match found.next() {
            Some(_) => Err(DuplicateCookie(())),
            None => Ok(first),
        }
    }

    /// The first value of each of `names`, in one pass over the list.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "names are written into the call, as for the other questions"
    )]
    pub fn get_many<const N: usize>(&self, names: [impl AsRef<[u8]>; N]) -> [Option<CookieValue<'a>>; N] {
        let names: [&[u8]; N] = names.each_ref().map(AsRef::as_ref);
        let mut found = [None; N];
        let mut missing = N;
        for pair in self.iter().flatten() {
            for (slot, name) in found.iter_mut().zip(names) {
                if slot.is_none() && pair.name() == name {
                    *slot = Some(pair.value());
                    missing -= 1;
                }
            }
            if missing == 0 {
                break;
            }
        }
        found
    }

    /// How many segments are invalid. A browser sends none, so a metric on this tells of a broken client or an attack.
    pub fn invalid_count(&self) -> usize {
        self.iter().filter(Result::is_err).count()
    }
}

/// Prints the number of bytes alone, since the bytes may be credentials.
impl fmt::Debug for Cookies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: usize = self.values().map(<[u8]>::len).sum();
        write!(f, "Cookies({bytes} bytes)")
    }
}

impl<'a> IntoIterator for Cookies<'a> {
    type Item = Result<CookiePair<'a>, InvalidPair>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Cookies<'a> {
    type Item = Result<CookiePair<'a>, InvalidPair>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The iterator that [`Cookies::iter`] returns.
pub struct Iter<'a> {
    current: Pairs<'a>,
    rest: RestIter<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Result<CookiePair<'a>, InvalidPair>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(pair) = self.current.next() {
                return Some(pair);
            }
            self.current = pairs(self.rest.next()?);
        }
    }
}

impl FusedIterator for Iter<'_> {}

/// Prints nothing of the bytes, since they may be credentials.
impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").finish_non_exhaustive()
    }
}

/// The iterator that [`Cookies::all`] returns.
pub struct All<'a, N> {
    /// What is left of the current header value.
    text: &'a [u8],
    rest: RestIter<'a>,
    name: N,
}

impl<'a, N: AsRef<[u8]>> Iterator for All<'a, N> {
    type Item = CookieValue<'a>;

    fn next(&mut self) -> Option<CookieValue<'a>> {
        let name = self.name.as_ref();
        loop {
            if let Some((value, after)) = find(self.text, name) {
                self.text = after;
                return Some(value);
            }
            // Behind the last header value it stays empty.
            self.text = &[];
            self.text = self.rest.next()?;
        }
    }
}

impl<N: AsRef<[u8]>> FusedIterator for All<'_, N> {}

impl<N> fmt::Debug for All<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("All").finish_non_exhaustive()
    }
}

/// Two or more cookies of the name that [`Cookies::unique`] was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DuplicateCookie(());

impl fmt::Display for DuplicateCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie header list has more than one cookie of this cookie-name")
    }
}

impl core::error::Error for DuplicateCookie {}

/// The header values after the first.
#[derive(Clone, Copy)]
enum Rest<'a> {
    Slices(&'a [&'a [u8]]),
    /// All Cookie fields but the first.
    #[cfg(feature = "http")]
    Headers(&'a http::HeaderMap),
}

impl<'a> Rest<'a> {
    /// Whether there is surely no other value.
    #[inline]
    fn is_empty(&self) -> bool {
        matches!(self, Self::Slices([]))
    }

    #[inline]
    fn iter(&self) -> RestIter<'a> {
        match self {
            Self::Slices(values) => RestIter::Slices(values.iter()),
            #[cfg(feature = "http")]
            Self::Headers(headers) => {
                let mut values = headers.get_all(http::header::COOKIE).iter();
                values.next();
                RestIter::Headers(values)
            }
        }
    }
}

enum RestIter<'a> {
    Slices(slice::Iter<'a, &'a [u8]>),
    #[cfg(feature = "http")]
    Headers(http::header::ValueIter<'a, http::HeaderValue>),
}

impl<'a> Iterator for RestIter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            Self::Slices(values) => values.next().copied(),
            #[cfg(feature = "http")]
            Self::Headers(values) => values.next().map(http::HeaderValue::as_bytes),
        }
    }
}
