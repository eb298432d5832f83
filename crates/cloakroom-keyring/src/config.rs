//! The ring file. The parser is written by hand on serde's traits: the messages that derived code and `serde_json` make
//! repeat the text that they stumble over, and that may be a secret.

mod error;

use std::cell::Cell;
use std::fmt;

use cloakroom_core::UnixTime;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

pub use error::InvalidKeyRing;
pub(crate) use error::{Expected, Reason};

use crate::ring::{Entry, KeyRing, KeyState};
use crate::{Key, KeyId};

pub(crate) fn parse(json: &str) -> Result<KeyRing, InvalidKeyRing> {
    if let Some(at) = json.find('\\') {
        // `serde_json` would undo an escape in a buffer that nobody wipes.
        let before = &json[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        return Err(InvalidKeyRing::whole(Reason::Backslash {
            line: before.matches('\n').count() + 1,
            column: at - line_start + 1,
        }));
    }
    let watch = Watch::default();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let (entries, cutoff) = RingSeed(&watch)
        .deserialize(&mut deserializer)
        .and_then(|ring| deserializer.end().map(|()| ring))
        .map_err(|error| watch.into_error(&error))?;
    KeyRing::new(entries, cutoff)
}

pub(crate) fn export(entries: &[Entry], cutoff: Option<UnixTime>) -> Zeroizing<String> {
    // Enough for all but the key itself, so that the string never grows and leaves a copy behind.
    const ENTRY: usize = r#"{"id":"00000000","state":"announced","key":""},"#.len();
    const FRAME: usize = r#"{"keys":[],"cutoff_ms":281474976710655}"#.len();
    let keys: usize = entries
        .iter()
        .filter_map(|entry| Some(entry.key.as_ref()?.base64_len()))
        .sum();
    let mut json = Zeroizing::new(String::with_capacity(FRAME + ENTRY * entries.len() + keys));
    json.push_str(r#"{"keys":["#);
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        json.push_str(r#"{"id":""#);
        json.push_str(&entry.id.to_string());
        json.push_str(r#"","state":""#);
        json.push_str(entry.state.as_str());
        if let Some(key) = &entry.key {
            json.push_str(r#"","key":""#);
            key.push_base64(&mut json);
        }
        json.push_str(r#""}"#);
    }
    json.push(']');
    if let Some(cutoff) = cutoff {
        json.push_str(r#","cutoff_ms":"#);
        json.push_str(&cutoff.as_millis().to_string());
    }
    json.push('}');
    json
}

/// Where the parser is, and why it stopped: what serde's errors would tell, without the text.
#[derive(Default)]
struct Watch {
    entry: Cell<Option<usize>>,
    expected: Cell<Expected>,
    reason: Cell<Option<Reason>>,
}

impl Watch {
    /// Keeps `reason` and makes serde stop.
    fn stop<E: serde::de::Error>(&self, reason: Reason) -> E {
        self.reason.set(Some(reason));
        E::custom("")
    }

    fn into_error(self, error: &serde_json::Error) -> InvalidKeyRing {
        let reason = self.reason.get().unwrap_or_else(|| match error.classify() {
            serde_json::error::Category::Data => Reason::WrongType(self.expected.get()),
            _ => Reason::Syntax {
                line: error.line(),
                column: error.column(),
            },
        });
        match self.entry.get() {
            Some(index) if !matches!(reason, Reason::Syntax { .. }) => InvalidKeyRing::at(index, reason),
            _ => InvalidKeyRing::whole(reason),
        }
    }
}

struct RingSeed<'w>(&'w Watch);

impl<'de> DeserializeSeed<'de> for RingSeed<'_> {
    type Value = (Vec<Entry>, Option<UnixTime>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.expected.set(Expected::Ring);
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RingSeed<'_> {
    type Value = (Vec<Entry>, Option<UnixTime>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key ring")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let watch = self.0;
        let (mut keys, mut cutoff) = (None, None);
        while let Some(member) = next_member(&mut map, watch)? {
            match member {
                "keys" => {
                    watch.expected.set(Expected::Keys);
                    put(&mut keys, map.next_value_seed(KeysSeed(watch))?, "keys", watch)?;
                }
                "cutoff_ms" => {
                    watch.expected.set(Expected::Cutoff);
                    put(
                        &mut cutoff,
                        map.next_value_seed(CutoffSeed(watch))?,
                        "cutoff_ms",
                        watch,
                    )?;
                }
                _ => return Err(watch.stop(Reason::UnknownMember)),
            }
        }
        match keys {
            Some(keys) => Ok((keys, cutoff)),
            None => Err(watch.stop(Reason::Missing("keys"))),
        }
    }
}

struct KeysSeed<'w>(&'w Watch);

impl<'de> DeserializeSeed<'de> for KeysSeed<'_> {
    type Value = Vec<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for KeysSeed<'_> {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        loop {
            self.0.entry.set(Some(entries.len()));
            self.0.expected.set(Expected::Entry);
            match seq.next_element_seed(EntrySeed(self.0))? {
                Some(entry) => entries.push(entry),
                None => break,
            }
        }
        self.0.entry.set(None);
        Ok(entries)
    }
}

struct EntrySeed<'w>(&'w Watch);

impl<'de> DeserializeSeed<'de> for EntrySeed<'_> {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EntrySeed<'_> {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let watch = self.0;
        let (mut id, mut state, mut key) = (None, None, None);
        while let Some(member) = next_member(&mut map, watch)? {
            match member {
                "id" => put(&mut id, text(&mut map, Expected::Id, watch)?, "id", watch)?,
                "state" => put(
                    &mut state,
                    text(&mut map, Expected::State, watch)?,
                    "state",
                    watch,
                )?,
                "key" => put(&mut key, text(&mut map, Expected::Key, watch)?, "key", watch)?,
                _ => return Err(watch.stop(Reason::UnknownMember)),
            }
        }
        entry(id, state, key).map_err(|reason| watch.stop(reason))
    }
}

/// Makes an entry of the three members that it may have.
fn entry(id: Option<&str>, state: Option<&str>, key: Option<&str>) -> Result<Entry, Reason> {
    let state = state.ok_or(Reason::Missing("state"))?;
    let state = KeyState::ALL
        .into_iter()
        .find(|known| known.as_str() == state)
        .ok_or(Reason::UnknownState)?;
    let id = id
        .map(|id| id.parse::<KeyId>().map_err(|_| Reason::Id))
        .transpose()?;
    if state == KeyState::Revoked {
        let id = id.ok_or(Reason::Missing("id"))?;
        return match key {
            None => Ok(Entry { id, state, key: None }),
            Some(_) => Err(Reason::RevokedWithKey),
        };
    }
    let key = Key::from_base64(key.ok_or(Reason::Missing("key"))?).map_err(Reason::Key)?;
    if id.is_some_and(|id| id != key.id()) {
        return Err(Reason::WrongId);
    }
    Ok(Entry {
        id: key.id(),
        state,
        key: Some(key),
    })
}

struct CutoffSeed<'w>(&'w Watch);

impl<'de> DeserializeSeed<'de> for CutoffSeed<'_> {
    type Value = UnixTime;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_i64(self)
    }
}

impl Visitor<'_> for CutoffSeed<'_> {
    type Value = UnixTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_u64<E: serde::de::Error>(self, millis: u64) -> Result<UnixTime, E> {
        match i64::try_from(millis).map(UnixTime::from_millis) {
            Ok(time) if crate::ring::is_cutoff(time) => Ok(time),
            _ => Err(self.0.stop(Reason::CutoffRange)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, _negative: i64) -> Result<UnixTime, E> {
        Err(self.0.stop(Reason::CutoffRange))
    }
}

/// The name of the next member.
fn next_member<'de, A: MapAccess<'de>>(map: &mut A, watch: &Watch) -> Result<Option<&'de str>, A::Error> {
    watch.expected.set(Expected::PlainMember);
    map.next_key::<&'de str>()
}

/// The text of a member that is a string, borrowed: there are no escapes.
fn text<'de, A: MapAccess<'de>>(
    map: &mut A,
    expected: Expected,
    watch: &Watch,
) -> Result<&'de str, A::Error> {
    watch.expected.set(expected);
    map.next_value::<&'de str>()
}

fn put<T, E: serde::de::Error>(
    slot: &mut Option<T>,
    value: T,
    name: &'static str,
    watch: &Watch,
) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(watch.stop(Reason::Duplicate(name))),
    }
}

#[cfg(test)]
mod tests;
