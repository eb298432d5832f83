use alloc::borrow::Cow;

use super::escape::unescape;

/// The elements of an array that was scanned, as long as they are strings.
#[derive(Clone, Debug)]
pub(crate) struct Strings<'s> {
    rest: &'s str,
}

/// The array has an element that is no string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotString;

/// One of the strings, as it is spelled between its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'s>(&'s str);

impl<'s> Strings<'s> {
    /// Over `array`, which the scanner took for one.
    pub(crate) fn of(array: &'s str) -> Self {
        Self {
            rest: array.get(1..).unwrap_or_default(),
        }
    }
}

impl<'s> Iterator for Strings<'s> {
    type Item = Result<Element<'s>, NotString>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
        match rest.as_bytes().first() {
            None | Some(b']') => return None,
            Some(b'"') => {}
            Some(_) => return Some(Err(NotString)),
        }
        let bytes = rest.as_bytes();
        let mut end = 1;
        while let Some(&octet) = bytes.get(end) {
            end += match octet {
                b'"' => break,
                b'\\' => 2,
                _ => 1,
            };
        }
        let (element, rest) = rest.split_at_checked(end + 1)?;
        self.rest = rest;
        Some(Ok(Element(&element[1..end])))
    }
}

impl<'s> Element<'s> {
    /// Whether it stands for `text`. It allocates nothing.
    pub(crate) fn is(self, text: &str) -> bool {
        if self.has_escapes() {
            self.chars().eq(text.chars())
        } else {
            self.0 == text
        }
    }

    /// What it stands for.
    pub(crate) fn text(self) -> Cow<'s, str> {
        if self.has_escapes() {
            Cow::Owned(self.chars().collect())
        } else {
            Cow::Borrowed(self.0)
        }
    }

    fn has_escapes(self) -> bool {
        self.0.contains('\\')
    }

    /// The scanner has checked the escapes, so that none is left out.
    fn chars(self) -> impl Iterator<Item = char> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (character, length) = match rest.strip_prefix('\\') {
                Some(escape) => {
                    unescape(escape.as_bytes()).map(|(character, length)| (character, length + 1))?
                }
                None => rest
                    .chars()
                    .next()
                    .map(|character| (character, character.len_utf8()))?,
            };
            rest = rest.get(length..)?;
            Some(character)
        })
    }
}
