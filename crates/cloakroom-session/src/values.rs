use std::borrow::Cow;

use crate::payload::Payload;

/// The values of a session while they are changed: each as the JSON that was written, by its key.
pub(crate) struct Values<'a>(Vec<(&'a [u8], Cow<'a, [u8]>)>);

impl<'a> Values<'a> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn of(payload: &'a Payload) -> Self {
        // With room for most changes; a session has few values.
        let mut values = Vec::with_capacity(8);
        values.extend(payload.entries().map(|(key, value)| (key, Cow::Borrowed(value))));
        Self(values)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        let place = self.place(key.as_bytes()).ok()?;
        Some(&self.0[place].1)
    }

    /// Sets the value of `key`, or removes it.
    pub(crate) fn put(&mut self, key: &'a str, value: Option<Cow<'a, str>>) {
        let value = value.map(|value| match value {
            Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
            Cow::Owned(value) => Cow::Owned(value.into_bytes()),
        });
        match (self.place(key.as_bytes()), value) {
            (Ok(place), Some(value)) => self.0[place].1 = value,
            (Ok(place), None) => drop(self.0.remove(place)),
            (Err(place), Some(value)) => self.0.insert(place, (key.as_bytes(), value)),
            (Err(_), None) => {}
        }
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&[u8]) -> bool) {
        self.0.retain(|(key, _)| keep(key));
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (*key, &**value))
    }

    /// Whether they are those of `payload`, to the byte.
    pub(crate) fn same(&self, payload: &Payload) -> bool {
        self.iter().eq(payload.entries())
    }

    /// Where `key` is, or would be.
    fn place(&self, key: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (*known).cmp(key))
    }
}
