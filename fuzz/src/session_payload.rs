//! What sessions hold, from a store that may say anything.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use aes_gcm_siv::aead::AeadInOut as _;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _};
use cloakroom_core::UnixTime;
use cloakroom_id::{IndexSecret, Selector, SessionToken};
use cloakroom_keyring::{Key, KeyRing, Label};
use cloakroom_session::{Answer, Carried, Client, Device, Session, SessionError, Sessions, Settings};
use cloakroom_store::conformance::fixture::at;
use cloakroom_store::{
    Authentication, Created, MemoryStore, NewRecord, Page, SessionStore as _, StoreErrorKind, Stored, Subject,
};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::counter::Counter;
use crate::input::Input;
use crate::now::now;

const STORE: &str = "ours";
/// Whose the sessions are.
const SUBJECT: &str = "ann";
/// The keys that are asked for, besides those that the payload has.
const KEYS: [&str; 5] = ["", "k", "n", "c", "d"];

/// A payload that somebody may have put into the row.
struct Sealed {
    payload: Vec<u8>,
    body: &'static [u8],
    /// Whether it was sealed for the row that is read, in this store, under a key that opens.
    opens: bool,
}

struct World {
    ring: KeyRing,
    secret: IndexSecret,
    /// Of the session that is read, and of another one of the same subject.
    tokens: [SessionToken; 2],
    sealed: Vec<Sealed>,
}

/// The same in every run, so that a crash is a crash again tomorrow.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let ring = KeyRing::single(key(1))
        .announce(key(0))
        .and_then(|ring| ring.activate(key(0).id()))
        .and_then(|ring| ring.announce(key(2)))
        .and_then(|ring| ring.announce(key(3)))
        .and_then(|ring| ring.revoke(key(3).id(), UnixTime::EPOCH))
        .expect("each step leads on from the last");
    let bytes: Vec<u8> = (0..32).map(|at| (at * 7) ^ 0x55).collect();
    let secret = IndexSecret::from_bytes(&bytes).expect("32 bytes with many values");
    let tag = secret.tag(SUBJECT.as_bytes());
    let mut random = Counter(0);
    let tokens = [(); 2].map(|()| {
        SessionToken::generate_from(Some(tag), &mut random)
            .unwrap_or_else(|never: std::convert::Infallible| match never {})
    });
    let mut sealed = Vec::new();
    let bodies: [&[u8]; 3] = [
        b"\0\0\0\0\x02{}\0\0\0\x01k\0\0\0\x03\"v\"\0\0\0\x01n\0\0\0\x0241",
        b"\x01\0\0\0\x1d{\"u\":\"agent\",\"a\":\"192.0.2.1\"}",
        b"\0\0\0\0\x02{}\0\0\0\x01k\0\0\0\x03\"x\"\0\0\0\x01n\0\0\0\x0299",
    ];
    for body in bodies {
        // The active, a retiring and an announced key open; a revoked and a foreign one do not.
        for under in 0..5 {
            for (number, token) in tokens.iter().enumerate() {
                for store in [STORE, "theirs"] {
                    let nonce = [u8::try_from(sealed.len()).unwrap_or_default(); 12];
                    sealed.push(Sealed {
                        payload: seal(&key(under), store, token.selector(), nonce, body),
                        body,
                        opens: under < 3 && number == 0 && store == STORE,
                    });
                }
            }
        }
    }
    World {
        ring,
        secret,
        tokens,
        sealed,
    }
});

fn key(number: u8) -> Key {
    let bytes: Vec<u8> = (0..32).map(|at| number.wrapping_mul(37) ^ (at * 7)).collect();
    Key::from_bytes(&bytes).expect("32 bytes with many values")
}

/// A second writing of `02 | key id | nonce | AES-256-GCM-SIV | tag`, bound to the selector and the version.
fn seal(key: &Key, store: &str, selector: Selector, nonce: [u8; 12], body: &[u8]) -> Vec<u8> {
    let sub_key = key.derive(Label::record(store.as_bytes()).expect("the name is short"));
    let cipher = Aes256GcmSiv::new(sub_key.expose().into());
    let bound = [&[0, 16][..], selector.as_bytes(), &[2]].concat();
    let mut text = body.to_vec();
    let tag = cipher
        .encrypt_inout_detached(&nonce.into(), &bound, text.as_mut_slice().into())
        .expect("the text is short");
    [&[2], &key.id().as_bytes()[..], &nonce, &text, &tag].concat()
}

/// Laws, for any payload in the row of a session, in the clear and under encryption, and for any values that are stored:
///
/// 1. A payload reads exactly when it is `01` and a flag, a client and values under rising keys in a store that takes
///    plaintext, or one that was sealed, byte for byte, for this very row of this store under a key that opens; everything
///    else is `Corrupt`.
/// 2. Each value is the text that the payload has under that key; of another type it is `Codec`, and no JSON is `Corrupt`.
/// 3. A change of one value leaves the others, the client and the flag as they were.
/// 4. The list of devices has the session whether its payload reads or not, and no other row changes.
/// 5. What is stored reads equal in the next request, and what was sealed for one row opens in no other.
///
/// The input is the mode (one byte), then `=` and a payload, `j` and a body in the clear, `s` and a body to be sealed,
/// `w` and values to be written, or a script: the number of a sealed payload and edits of it, three bytes each.
///
/// # Panics
///
/// When a law is broken.
pub fn session_payload(data: &[u8]) {
    let [mode, rest @ ..] = data else { return };
    let mode = Mode {
        encrypts: mode & 1 != 0,
        accepts_plaintext: mode & 2 != 0,
    };
    let own = WORLD.tokens[0].selector();
    match rest {
        [b'w', script @ ..] => written(mode, &mut Input(script)),
        [b'=', payload @ ..] => read(mode, payload, None),
        [b'j', body @ ..] => read(mode, &[&[1], body].concat(), None),
        [b's', body @ ..] => read(mode, &seal(&key(1), STORE, own, [1; 12], body), Some(body)),
        script => read(mode, &edited(&mut Input(script)), None),
    }
}

#[derive(Clone, Copy)]
struct Mode {
    encrypts: bool,
    accepts_plaintext: bool,
}

impl Mode {
    fn sessions(self, store: &Arc<MemoryStore>) -> Sessions {
        let mut settings = Settings::new(WORLD.secret.clone());
        if self.encrypts {
            settings = settings.encrypt(&WORLD.ring, STORE);
            if self.accepts_plaintext {
                settings = settings.accept_plaintext();
            }
        }
        let sessions = Sessions::new(Arc::clone(store), settings).expect("these settings can be meant");
        sessions.with_clock(|| at(1))
    }

    /// The body of a payload, if it opens; `sealed` is what was sealed just now.
    fn opened<'a>(self, payload: &'a [u8], sealed: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match payload.first()? {
            1 if !self.encrypts || self.accepts_plaintext => Some(&payload[1..]),
            2 if self.encrypts => sealed.or_else(|| {
                let known = WORLD.sealed.iter();
                let mut fitting = known.filter(|known| known.opens && known.payload == payload);
                fitting.next().map(|known| known.body)
            }),
            _ => None,
        }
    }
}

/// What a payload says, by a second reader.
struct Said {
    persistent: bool,
    client: Vec<u8>,
    /// By keys that are text: nobody can ask for others.
    values: BTreeMap<String, Vec<u8>>,
}

fn said(body: &[u8]) -> Option<Said> {
    let (flag, mut rest) = body.split_first()?;
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (length, text) = (rest.get(..4)?, &rest[4..]);
        let length = length.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
        frames.push(text.get(..length)?.to_vec());
        rest = &text[length..];
    }
    let (client, values) = frames.split_first()?;
    let is_rising = |pair: &[&[Vec<u8>]]| pair[0][0] < pair[1][0];
    let pairs: Vec<_> = values.chunks(2).collect();
    let fits = *flag < 2 && values.len() % 2 == 0 && pairs.windows(2).all(is_rising);
    let values = pairs.iter().filter_map(|pair| match pair {
        [key, value] => Some((String::from_utf8(key.clone()).ok()?, value.clone())),
        _ => None,
    });
    fits.then(|| Said {
        persistent: *flag == 1,
        client: client.clone(),
        values: values.collect(),
    })
}

fn read(mode: Mode, payload: &[u8], sealed: Option<&[u8]>) {
    let store = Arc::new(MemoryStore::new());
    let other = stored(
        &store,
        &WORLD.tokens[1],
        b"\x01\x01\0\0\0\x02{}\0\0\0\x01k\0\0\0\x07\"other\"",
    );
    let _ = stored(&store, &WORLD.tokens[0], payload);
    let sessions = mode.sessions(&store);
    let expected = mode.opened(payload, sealed).and_then(said);

    let (session, _) = sessions.begin([WORLD.tokens[0].clone()], Client::default());
    match (now(session.info()), &expected) {
        (Ok(Some(info)), Some(said)) => {
            assert_eq!(info.selector, WORLD.tokens[0].selector());
            assert_eq!(info.persistent, said.persistent);
            assert_eq!(now(session.subject()).ok().flatten().as_deref(), Some(SUBJECT));
        }
        (Err(error), None) => is_corrupt(&error),
        (found, expected) => panic!("{found:?}, and {} was expected", expected.is_some()),
    }
    let values = expected.as_ref().map(|said| &said.values);
    for key in KEYS
        .iter()
        .copied()
        .chain(values.into_iter().flatten().map(|(key, _)| &**key))
    {
        reads_value(&session, key, values);
    }
    is_listed(&sessions, expected.as_ref());
    changes_one_value(&sessions, expected.as_ref());
    assert!(
        row(&store, &WORLD.tokens[1]) == Some(other),
        "another session changed"
    );
}

/// The value of `key` is what the payload says, as any type; the payload is none without `values`.
fn reads_value(session: &Session, key: &str, values: Option<&BTreeMap<String, Vec<u8>>>) {
    let expected = match values.map(|values| values.get(key)) {
        None => None,
        Some(None) => Some(None),
        Some(Some(value)) => json(value).map(Some),
    };
    match (now(session.get::<Box<RawValue>>(key)), expected) {
        (Ok(found), Some(expected)) => assert_eq!(found.as_deref().map(RawValue::get), expected),
        (Err(error), None) => is_corrupt(&error),
        (found, expected) => panic!("{found:?}, and {expected:?} was expected"),
    }
    let Some(expected) = expected else { return };
    is_of_type::<String>(session, key, expected);
    is_of_type::<u64>(session, key, expected);
    is_of_type::<Vec<Option<bool>>>(session, key, expected);
    is_of_type::<serde_json::Value>(session, key, expected);
}

/// A value that is JSON, without the space around it.
fn json(value: &[u8]) -> Option<&str> {
    serde_json::from_slice::<&RawValue>(value).ok().map(RawValue::get)
}

fn is_of_type<T: DeserializeOwned>(session: &Session, key: &str, expected: Option<&str>) {
    let fits = expected.is_none_or(|text| serde_json::from_str::<T>(text).is_ok());
    match now(session.get::<T>(key)) {
        Ok(found) => assert_eq!((fits, found.is_some()), (true, expected.is_some())),
        Err(SessionError::Codec(_)) => assert!(!fits),
        Err(error) => panic!("{error:?}"),
    }
}

/// Both sessions are listed, and the one that is read with what its payload says, or with nothing.
fn is_listed(sessions: &Sessions, expected: Option<&Said>) {
    let devices = now(sessions.list(&subject(), Page::first(Page::MAX))).expect("a list does not fail");
    assert_eq!(devices.devices.len(), 2);
    let own = |device: &&Device| device.selector == WORLD.tokens[0].selector();
    let device = devices.devices.iter().find(own).expect("it is listed");
    let client = expected.and_then(|said| serde_json::from_slice(&said.client).ok());
    assert_eq!(device.client, client.unwrap_or_default());
    assert_eq!(device.persistent, expected.is_some_and(|said| said.persistent));
}

fn changes_one_value(sessions: &Sessions, expected: Option<&Said>) {
    const KEY: &str = "n";
    let (session, commit) = sessions.begin([WORLD.tokens[0].clone()], Client::default());
    let counted = now(session.update(KEY, |old: Option<u64>| Some(old.unwrap_or(0).wrapping_add(1))));
    let values = expected.map(|said| &said.values);
    let old = values.map(|values| values.get(KEY).map(|text| json(text)));
    let number = |text: &str| serde_json::from_str::<u64>(text).ok();
    let new = match (counted, old) {
        (Ok(Some(new)), Some(None)) if new == 1 => new,
        (Ok(Some(new)), Some(Some(Some(old)))) if number(old).map(|old| old.wrapping_add(1)) == Some(new) => {
            new
        }
        (Err(SessionError::Codec(_)), Some(Some(Some(old)))) if number(old).is_none() => return,
        (Err(error), None | Some(Some(None))) => return is_corrupt(&error),
        (found, expected) => panic!("{found:?} after {expected:?}"),
    };
    assert!(matches!(
        now(commit.finish(Answer::Succeeded)),
        Ok(Carried::Nothing)
    ));
    let mut values = values.cloned().unwrap_or_default();
    values.insert(KEY.to_owned(), new.to_string().into_bytes());
    let (session, _) = sessions.begin([WORLD.tokens[0].clone()], Client::default());
    for key in KEYS.iter().copied().chain(values.keys().map(String::as_str)) {
        reads_value(&session, key, Some(&values));
    }
    is_listed(sessions, expected);
}

/// Values that are stored in a session of a subject are read again by the next request.
fn written(mode: Mode, input: &mut Input<'_>) {
    let store = Arc::new(MemoryStore::new());
    let sessions = mode.sessions(&store);
    let shape = input.byte();
    let length = usize::from(input.byte()) * 2;
    let agent = String::from_utf8_lossy(input.take(length)).into_owned();
    let client = Client {
        user_agent: (shape & 1 != 0).then(|| agent.clone()),
        address: (shape & 2 != 0).then(|| [192, 0, 2, shape].into()),
    };
    let (session, commit) = sessions.begin([], client.clone());
    session.login(SUBJECT).expect("there can be such a subject");
    if shape & 4 != 0 {
        session.persistent().expect("it is not committed");
    }
    let mut values = BTreeMap::new();
    while !input.is_empty() {
        let (length, kind) = (input.below(16), input.byte());
        let key = String::from_utf8_lossy(input.take(length)).into_owned();
        let length = usize::from(input.byte());
        let value = String::from_utf8_lossy(input.take(length)).into_owned();
        if kind % 8 == 0 {
            session.remove(&key).expect("it is not committed");
            values.remove(&key);
            continue;
        }
        // What is JSON is stored as it is, and everything else as a string.
        let value = RawValue::from_string(value.clone())
            .or_else(|_| serde_json::value::to_raw_value(&value))
            .expect("a string is JSON");
        session.insert(&key, &value).expect("JSON is written");
        values.insert(key, value.get().as_bytes().to_vec());
    }
    let token = match now(commit.finish(Answer::Succeeded)) {
        Ok(Carried::Set { token, .. }) => token,
        other => panic!("{other:?}"),
    };
    let (session, _) = sessions.begin([token.clone()], Client::default());
    for key in KEYS.iter().copied().chain(values.keys().map(String::as_str)) {
        reads_value(&session, key, Some(&values));
    }
    let info = now(session.info()).expect("it reads").expect("it is there");
    assert_eq!(
        (info.selector, info.persistent),
        (token.selector(), shape & 4 != 0)
    );
    let devices = now(sessions.list(&subject(), Page::first(Page::MAX))).expect("a list does not fail");
    let kept = &devices.devices.first().expect("it is listed").client;
    assert_eq!(kept.address, client.address);
    let (kept, all) = (kept.user_agent.as_deref(), client.user_agent.as_deref());
    assert_eq!(kept.is_some(), all.is_some());
    assert!(all.unwrap_or_default().starts_with(kept.unwrap_or_default()));
    let cut = all.unwrap_or_default().len() - kept.unwrap_or_default().len();
    assert!(cut == 0 || (253..=256).contains(&kept.unwrap_or_default().len()));

    // In another row it says the same in the clear, and does not open under encryption.
    let payload = row(&store, &token).expect("it is there").payload;
    assert_eq!(payload.first(), Some(if mode.encrypts { &2 } else { &1 }));
    let _ = stored(&store, &WORLD.tokens[1], &payload);
    let (session, _) = sessions.begin([WORLD.tokens[1].clone()], Client::default());
    match now(session.info()) {
        Ok(_) => assert!(!mode.encrypts, "a payload opened in another row"),
        Err(error) => {
            assert!(mode.encrypts);
            is_corrupt(&error);
        }
    }
}

/// A row of the subject with this payload.
fn stored(store: &MemoryStore, token: &SessionToken, payload: &[u8]) -> Stored {
    let known = Authentication {
        subject: subject(),
        at: at(0),
    };
    let (idle, absolute) = (at(60_000), at(600_000));
    let (selector, hash) = (token.selector(), token.verifier_hash());
    let record = NewRecord::new(selector, hash, Some(known), idle, absolute, payload.into());
    let record = record.expect("the token was made for the subject");
    assert!(matches!(now(store.create(&record, at(0))), Ok(Created::Done)));
    record.into_stored(at(0))
}

fn row(store: &MemoryStore, token: &SessionToken) -> Option<Stored> {
    now(store.load(&token.selector(), at(1))).ok().flatten()
}

fn subject() -> Subject {
    Subject::new(SUBJECT, &WORLD.secret).expect("there can be such a subject")
}

#[track_caller]
fn is_corrupt(error: &SessionError) {
    let is = matches!(error, SessionError::Store(error) if error.kind() == StoreErrorKind::Corrupt);
    assert!(is, "{error:?}");
}

/// A sealed payload with edits.
fn edited(input: &mut Input<'_>) -> Vec<u8> {
    let mut payload = WORLD.sealed[input.below(WORLD.sealed.len())].payload.clone();
    for _ in 0..8 {
        if input.is_empty() {
            break;
        }
        let what = input.byte();
        let at = input.below(payload.len() + 1);
        let with = input.byte();
        match what % 6 {
            0 => payload.truncate(at),
            1 => payload.insert(at, with),
            2 if at < payload.len() => drop(payload.remove(at)),
            3 if at < payload.len() => payload[at] = with,
            4 if at < payload.len() => payload[at] ^= 1 << (with % 8),
            // The head of this payload, the tail of another.
            5 => {
                let other = &WORLD.sealed[usize::from(with) % WORLD.sealed.len()].payload;
                payload.truncate(at);
                payload.extend_from_slice(other.get(at..).unwrap_or_default());
            }
            _ => {}
        }
    }
    payload
}
