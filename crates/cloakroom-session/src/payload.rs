//! What a record's payload says: `01 | body` in the clear, or [encrypted](crate::cipher), where the body is
//! `persistent 1 | framed(client) | framed(key) | framed(value) | ...` with the keys in rising order, `framed(x)` is
//! `length 4 | x`, and clients and values are JSON.

use std::ops::Range;
use std::sync::Arc;

use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{StoreError, StoreErrorKind, Stored};

use crate::cipher::{self, Cipher};
use crate::values::Values;
use crate::{Client, CodecError, SessionError};

const PLAIN: u8 = 1;

/// The payload of a row, which was read. Its values are looked at when somebody asks for one.
pub(crate) struct Payload {
    stored: Arc<Stored>,
    /// What the row's text was decrypted to, if it was encrypted.
    opened: Option<Vec<u8>>,
    persistent: bool,
    client: Range<usize>,
}

impl Payload {
    pub(crate) const fn persistent(&self) -> bool {
        self.persistent
    }

    /// Who made the session. What cannot be read is unknown: a list of devices is not to lose an entry for it.
    pub(crate) fn client(&self) -> Client {
        serde_json::from_slice(self.client_json()).unwrap_or_default()
    }

    /// The JSON of the value of `key`. Only this value is looked at.
    pub(crate) fn get(&self, key: &str) -> Result<Option<&str>, StoreError> {
        match self.entries().find(|(known, _)| *known == key.as_bytes()) {
            Some((_, value)) => Ok(Some(str::from_utf8(value).map_err(|_| corrupt())?)),
            None => Ok(None),
        }
    }

    /// The keys and their values, in the order of the keys.
    pub(crate) fn entries(&self) -> Entries<'_> {
        Entries(&self.text()[self.client.end..])
    }

    /// The row that it is the payload of.
    pub(crate) fn stored(&self) -> &Stored {
        &self.stored
    }

    fn client_json(&self) -> &[u8] {
        &self.text()[self.client.clone()]
    }

    fn text(&self) -> &[u8] {
        self.opened.as_deref().unwrap_or(&self.stored.payload)
    }

    /// Reads the body that begins at `start`. Its frames are looked at, and the order of its keys, which admits none
    /// twice.
    fn read(stored: Arc<Stored>, opened: Option<Vec<u8>>, start: usize) -> Option<Self> {
        let text = opened.as_deref().unwrap_or(&stored.payload);
        let (&flag, body) = text[start..].split_first()?;
        let persistent = match flag {
            0 => false,
            1 => true,
            _ => return None,
        };
        let (client, mut rest) = framed(body)?;
        let end = text.len() - rest.len();
        let client = end - client.len()..end;
        let mut last = None;
        while !rest.is_empty() {
            let (key, after) = framed(rest)?;
            if last >= Some(key) {
                return None;
            }
            last = Some(key);
            (_, rest) = framed(after)?;
        }
        Some(Self {
            stored,
            opened,
            persistent,
            client,
        })
    }
}

/// The keys and values of a payload whose frames were looked at.
pub(crate) struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = framed(self.0)?;
        let (value, rest) = framed(rest)?;
        self.0 = rest;
        Some((key, value))
    }
}

/// The text of the frame that `bytes` begin with, and what comes after it.
fn framed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// How the payloads of one store are written, and which ones are read.
#[derive(Clone, Debug)]
pub(crate) struct Codec {
    pub(crate) cipher: Option<Cipher>,
    pub(crate) accept_plaintext: bool,
    pub(crate) max_payload: usize,
}

impl Codec {
    /// Reads the payload of a row.
    pub(crate) fn decode(&self, stored: Arc<Stored>) -> Result<Payload, StoreError> {
        let payload = match (stored.payload.first(), &self.cipher) {
            (Some(&PLAIN), cipher) if cipher.is_none() || self.accept_plaintext => {
                Payload::read(stored, None, 1)
            }
            (Some(&cipher::VERSION), Some(cipher)) => cipher
                .open(stored.selector, &stored.payload)
                .and_then(|body| Payload::read(stored, Some(body), 0)),
            _ => None,
        };
        payload.ok_or_else(corrupt)
    }

    /// The payload of a new session.
    pub(crate) fn encode(
        &self,
        selector: Selector,
        client: &Client,
        persistent: bool,
        values: &Values<'_>,
    ) -> Result<Arc<[u8]>, SessionError> {
        let client =
            serde_json::to_vec(client).map_err(|error| SessionError::Codec(CodecError::writing(&error)))?;
        self.write(selector, &client, persistent, values)
    }

    /// `payload` with other values.
    pub(crate) fn encode_again(
        &self,
        payload: &Payload,
        persistent: bool,
        values: &Values<'_>,
    ) -> Result<Arc<[u8]>, SessionError> {
        self.write(payload.stored.selector, payload.client_json(), persistent, values)
    }

    fn write(
        &self,
        selector: Selector,
        client: &[u8],
        persistent: bool,
        values: &Values<'_>,
    ) -> Result<Arc<[u8]>, SessionError> {
        let frames = || {
            let entries = values.iter().flat_map(|(key, value)| [key, value]);
            std::iter::once(client).chain(entries)
        };
        let length = 1 + frames().map(|text| 4 + text.len()).sum::<usize>();
        let (head, tail) = match &self.cipher {
            Some(_) => (cipher::HEAD, cipher::TAG),
            None => (1, 0),
        };
        // It keeps each length below 2^32, too.
        if head + length + tail > self.max_payload {
            return Err(SessionError::TooLarge);
        }
        let mut out = Vec::with_capacity(head + length + tail);
        out.resize(head, PLAIN);
        out.push(u8::from(persistent));
        for text in frames() {
            let length = u32::try_from(text.len()).map_err(|_| SessionError::TooLarge)?;
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(text);
        }
        if let Some(cipher) = &self.cipher {
            cipher.seal(selector, &mut out);
        }
        Ok(out.into())
    }
}

pub(crate) fn corrupt() -> StoreError {
    StoreError::from(StoreErrorKind::Corrupt)
}
