use alloc::borrow::Cow;
use alloc::string::String;

/// The elements of an array that was scanned, as long as they are strings.
#[derive(Clone, Debug)]
pub(crate) struct Strings<'s> {
    rest: &'s str,
}

/// The array has an element that is no string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotString;

impl<'s> Strings<'s> {
    /// Over `array`, which the scanner took for one.
    pub(crate) fn of(array: &'s str) -> Self {
        Self {
            rest: array.get(1..).unwrap_or_default(),
        }
    }

    /// The next element with its quotes.
    fn raw(&mut self) -> Option<Result<&'s str, NotString>> {
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
        Some(Ok(element))
    }
}

impl<'s> Iterator for Strings<'s> {
    type Item = Result<Cow<'s, str>, NotString>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.raw()?.map(|element| {
            let inner = &element[1..element.len() - 1];
            if inner.contains('\\') {
                // The scanner has checked the escapes, so that this yields the string.
                Cow::Owned(serde_json::from_str::<String>(element).unwrap_or_default())
            } else {
                Cow::Borrowed(inner)
            }
        }))
    }
}
