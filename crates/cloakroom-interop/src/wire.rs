use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Why a line is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// The driver cannot read the line: no JSON object, a member missing or of another type, bad base64.
    Malformed,
    /// The library refuses what the line says; for `open`, whatever is found before the value has authenticated.
    Rejected,
    Expired,
    NotYetValid,
    Revoked,
    TooLarge,
    /// The key or key ring is refused, and with it every line.
    Key,
    /// A token is rejected; the kinds are those of `cloakroom-jwt`.
    Token(cloakroom_jwt::ErrorKind),
}

impl Refusal {
    /// The word of the protocol.
    fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Revoked => "revoked",
            Self::TooLarge => "too_large",
            Self::Key => "key",
            Self::Token(kind) => kind.name(),
        }
    }
}

/// Bytes, as standard base64 with padding, canonical.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

/// Appends the answer that `act` gives to the members of `line`.
pub(crate) fn answer<'a, I, O>(line: &'a [u8], out: &mut Vec<u8>, act: impl FnOnce(&I) -> Result<O, Refusal>)
where
    I: Deserialize<'a>,
    O: Serialize,
{
    match id(line) {
        Ok(id) => write(id, object(line).and_then(|input| act(&input)), out),
        Err(refusal) => refuse_line(out, refusal),
    }
}

/// Appends the answer to a line whose key or key ring was refused.
pub(crate) fn refuse_all(line: &[u8], out: &mut Vec<u8>) {
    write::<()>(id(line).unwrap_or(None), Err(Refusal::Key), out);
}

/// Appends the answer to a line that was not read.
pub(crate) fn refuse_line(out: &mut Vec<u8>, refusal: Refusal) {
    write::<()>(None, Err(refusal), out);
}

/// The members of the JSON object that `line` is. Members that are not asked for are ignored.
fn object<'a, I: Deserialize<'a>>(line: &'a [u8]) -> Result<I, Refusal> {
    // A derived `Deserialize` would take an array for an object.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::Malformed);
    }
    serde_json::from_slice(line).map_err(|_| Refusal::Malformed)
}

/// The line's id as it is written there, `None` when there is none.
fn id(line: &[u8]) -> Result<Option<String>, Refusal> {
    #[derive(serde::Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    let raw = object::<Envelope<'_>>(line)?.id;
    // Between the tokens of an array or object there may be control characters, which some readers take for the end of a
    // line. Inside a JSON string they cannot stand.
    Ok(raw.map(|raw| raw.get().replace(['\r', '\t'], "")))
}

fn write<O: Serialize>(id: Option<String>, outcome: Result<O, Refusal>, out: &mut Vec<u8>) {
    #[derive(serde::Serialize)]
    struct Taken<O> {
        id: Option<Box<RawValue>>,
        ok: bool,
        #[serde(flatten)]
        members: O,
    }
    #[derive(serde::Serialize)]
    struct Refused {
        id: Option<Box<RawValue>>,
        ok: bool,
        error: &'static str,
    }
    let id = id.and_then(|text| RawValue::from_string(text).ok());
    match outcome {
        Ok(members) => serde_json::to_writer(
            out,
            &Taken {
                id,
                ok: true,
                members,
            },
        ),
        Err(refusal) => serde_json::to_writer(
            out,
            &Refused {
                id,
                ok: false,
                error: refusal.name(),
            },
        ),
    }
    .expect("answers are structs of strings, numbers and lists, and a Vec takes every byte");
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A JSON string that has escapes cannot be borrowed.
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes());
        bytes.map(Self).map_err(|_| D::Error::custom("not base64"))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}
