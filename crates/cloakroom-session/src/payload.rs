//! What a record's payload says: `01 | json` in the clear, or [encrypted](crate::cipher), where the JSON is
//! `{"c":client,"p":persistent,"d":{key: value}}`.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{StoreError, StoreErrorKind};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cipher::{self, Cipher};
use crate::{Client, CodecError, SessionError};

const PLAIN: u8 = 1;

/// The values of a session by their keys, each as the JSON that was written.
pub(crate) type Data = BTreeMap<Box<str>, Box<RawValue>>;

/// A payload that was read. Its values are looked at when somebody asks for one.
pub(crate) struct Payload {
    text: Arc<[u8]>,
    client: Range<usize>,
    data: Range<usize>,
    persistent: bool,
    /// Whether somebody has asked for a value.
    asked: AtomicBool,
    decoded: OnceLock<Data>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read<'a> {
    #[serde(borrow)]
    c: &'a RawValue,
    p: bool,
    #[serde(borrow)]
    d: &'a RawValue,
}

#[derive(Serialize)]
struct Write<'a, C> {
    c: C,
    p: bool,
    d: &'a Data,
}

impl Payload {
    pub(crate) fn persistent(&self) -> bool {
        self.persistent
    }

    /// Who made the session. What cannot be read is unknown: a list of devices is not to lose an entry for it.
    pub(crate) fn client(&self) -> Client {
        serde_json::from_slice(&self.text[self.client.clone()]).unwrap_or_default()
    }

    /// The value of `key`. Most requests ask for one and get it from the text, without the two allocations that each value
    /// takes in the map; who asks again is worth the map.
    pub(crate) fn get(&self, key: &str) -> Result<Option<&RawValue>, StoreError> {
        if self.decoded.get().is_some() || self.asked.swap(true, Ordering::Relaxed) {
            return Ok(self.data()?.get(key).map(|value| &**value));
        }
        let mut json = serde_json::Deserializer::from_slice(&self.text[self.data.clone()]);
        Find(key).deserialize(&mut json).map_err(|_| corrupt())
    }

    pub(crate) fn data(&self) -> Result<&Data, StoreError> {
        if let Some(data) = self.decoded.get() {
            return Ok(data);
        }
        let data = serde_json::from_slice(&self.text[self.data.clone()]).map_err(|_| corrupt())?;
        Ok(self.decoded.get_or_init(|| data))
    }

    fn read(text: Arc<[u8]>, start: usize) -> Option<Self> {
        // Serde would read an array of the three parts as well.
        let json = str::from_utf8(&text[start..])
            .ok()
            .filter(|json| json.starts_with('{'))?;
        let read: Read<'_> = serde_json::from_str(json).ok()?;
        if !read.d.get().starts_with('{') {
            return None;
        }
        let place = |part: &RawValue| {
            // The part is a slice of `text`, for it was borrowed from there.
            let from = part.get().as_ptr().addr() - text.as_ptr().addr();
            from..from + part.get().len()
        };
        let (client, data, persistent) = (place(read.c), place(read.d), read.p);
        Some(Self {
            text,
            client,
            data,
            persistent,
            asked: AtomicBool::new(false),
            decoded: OnceLock::new(),
        })
    }
}

/// Finds the value of a key in a map; of several the last one, as in [`Data`].
struct Find<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, map: D) -> Result<Self::Value, D::Error> {
        map.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(Is(self.0))? {
            let value = map.next_value()?;
            if is_it {
                found = Some(value);
            }
        }
        Ok(found)
    }
}

/// Whether a key is this one.
struct Is<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// How the payloads of one store are written, and which ones are read.
#[derive(Clone, Debug)]
pub(crate) struct Codec {
    pub(crate) cipher: Option<Cipher>,
    pub(crate) accept_plaintext: bool,
    pub(crate) max_payload: usize,
}

impl Codec {
    /// Reads the payload of the record of `selector`.
    pub(crate) fn decode(&self, selector: Selector, payload: &Arc<[u8]>) -> Result<Payload, StoreError> {
        let payload = match (payload.first(), &self.cipher) {
            (Some(&PLAIN), cipher) if cipher.is_none() || self.accept_plaintext => {
                Payload::read(Arc::clone(payload), 1)
            }
            (Some(&cipher::VERSION), Some(cipher)) => cipher
                .open(selector, payload)
                .and_then(|json| Payload::read(json.into(), 0)),
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
        data: &Data,
    ) -> Result<Arc<[u8]>, SessionError> {
        let (c, p, d) = (client, persistent, data);
        self.write(selector, &Write { c, p, d })
    }

    /// `payload` with other values.
    pub(crate) fn encode_again(
        &self,
        selector: Selector,
        payload: &Payload,
        persistent: bool,
        data: &Data,
    ) -> Result<Arc<[u8]>, SessionError> {
        let c: &RawValue =
            serde_json::from_slice(&payload.text[payload.client.clone()]).map_err(|_| corrupt())?;
        let (p, d) = (persistent, data);
        self.write(selector, &Write { c, p, d })
    }

    fn write(&self, selector: Selector, json: &impl Serialize) -> Result<Arc<[u8]>, SessionError> {
        let write = |out: &mut Vec<u8>| {
            serde_json::to_writer(out, json).map_err(|error| SessionError::Codec(CodecError::writing(&error)))
        };
        let payload = if let Some(cipher) = &self.cipher {
            cipher.seal(selector, write)?
        } else {
            let mut out = vec![PLAIN];
            write(&mut out)?;
            out
        };
        if payload.len() > self.max_payload {
            return Err(SessionError::TooLarge);
        }
        Ok(payload.into())
    }
}

pub(crate) fn corrupt() -> StoreError {
    StoreError::from(StoreErrorKind::Corrupt)
}
