//! Payloads that are serde types.

#![cfg(feature = "json")]

mod common;

use cloakroom_core::UnixTime;
use cloakroom_seal::{Codec, DecodeError, EncodeError, Json, SealError, Ticket};
use common::{MODES, NOW, TTL, ring, sealer};
use std::collections::BTreeMap;

#[test]
fn values_return_as_they_were() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let cart = BTreeMap::from([("apples".to_owned(), 3), ("pears".to_owned(), 1)]);
        let value = sealer.seal_json(&cart, NOW, TTL).unwrap();
        let opened = sealer.opening(NOW).open(&value).unwrap();
        assert_eq!(opened.value(), br#"{"apples":3,"pears":1}"#);
        assert_eq!(
            opened.json::<BTreeMap<&str, u8>>().unwrap(),
            BTreeMap::from([("apples", 3), ("pears", 1)])
        );
        assert_eq!(opened.json::<BTreeMap<String, bool>>(), Err(DecodeError::new()));

        let by_codec = sealer.seal_as(&Json, &cart, NOW, TTL).unwrap();
        let opened = sealer.opening(NOW).open(&by_codec).unwrap();
        assert_eq!(opened.decode::<BTreeMap<String, i32>, _>(&Json).unwrap(), cart);
    }
}

#[test]
fn what_is_too_long_or_no_json_is_refused() {
    let sealer = sealer(common::MODES[0], &ring());
    for length in [3100, 5000, 100_000] {
        assert_eq!(
            sealer.seal_json(&"x".repeat(length), NOW, TTL),
            Err(SealError::TooLarge)
        );
        assert_eq!(
            sealer.seal_as(&Json, &"x".repeat(length), NOW, TTL),
            Err(SealError::TooLarge)
        );
    }
    let no_json = BTreeMap::from([((1, 2), 3)]);
    assert_eq!(sealer.seal_json(&no_json, NOW, TTL), Err(SealError::Encode));
}

#[test]
fn c9_another_value_keeps_issue_and_expiry() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal_json(&("u1", "light"), NOW, TTL).unwrap();
        let opened = sealer.opening(common::now(60_000)).open(&value).unwrap();
        let changed = sealer.reseal_json(&opened, &("u1", "dark")).unwrap();
        let again = sealer.opening(common::now(60_000)).open(&changed).unwrap();
        assert_eq!(again.json::<(&str, &str)>().unwrap(), ("u1", "dark"));
        assert_eq!(
            (again.issued_at(), again.expires_at()),
            (NOW, common::now(43_200_000))
        );
        let no_json = BTreeMap::from([((1, 2), 3)]);
        assert_eq!(sealer.reseal_json(&opened, &no_json), Err(SealError::Encode));
        let long = "x".repeat(3100);
        assert_eq!(sealer.reseal_json(&opened, &long), Err(SealError::TooLarge));
    }
}

#[test]
fn errors_repeat_nothing_of_the_payload() {
    let sealer = sealer(common::MODES[0], &ring());
    let opened = sealer
        .opening(NOW)
        .open(sealer.seal_json("hunter2", NOW, TTL).unwrap())
        .unwrap();
    let error = opened.json::<u8>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the payload is not what the codec writes for the type"
    );
    assert_eq!(format!("{error:?}"), "DecodeError");
}

#[test]
fn a_ticket_is_written_as_documented() {
    let sealer = sealer(common::MODES[1], &ring());
    let ticket = Ticket::issue("u1", NOW).unwrap();
    let opened = sealer
        .opening(NOW)
        .open(sealer.seal_json(&ticket, NOW, TTL).unwrap())
        .unwrap();
    assert_eq!(opened.json::<Ticket>().unwrap(), ticket);

    let text =
        br#"{"sub":"u1","auth_time_ms":1750000000123,"ticket_id":"AAECAwQFBgcICQoLDA0ODw","later":[1]}"#;
    let read = |text: &[u8]| Codec::<Ticket>::decode(&Json, text);
    let ticket = read(text).unwrap();
    assert_eq!(ticket.subject(), "u1");
    assert_eq!(ticket.authenticated_at(), NOW);
    assert_eq!(
        *ticket.ticket_id(),
        std::array::from_fn::<u8, 16, _>(|i| u8::try_from(i).unwrap())
    );
    assert_eq!(ticket.id_text(), "AAECAwQFBgcICQoLDA0ODw");
    assert_eq!(
        Json.encode(&ticket).unwrap(),
        br#"{"sub":"u1","auth_time_ms":1750000000123,"ticket_id":"AAECAwQFBgcICQoLDA0ODw"}"#
    );
    for bad in [
        r#"{"sub":"u1","auth_time_ms":0,"ticket_id":"AAECAwQFBgcICQoLDA0O"}"#,
        r#"{"sub":"u1","auth_time_ms":0,"ticket_id":"AAECAwQFBgcICQoLDA0ODx"}"#,
        r#"{"sub":"u1","auth_time_ms":0,"ticket_id":"AAECAwQFBgcICQoLDA0ODw=="}"#,
        r#"{"sub":"u1","auth_time_ms":0.5,"ticket_id":"AAECAwQFBgcICQoLDA0ODw"}"#,
        r#"{"sub":"u1","ticket_id":"AAECAwQFBgcICQoLDA0ODw"}"#,
        r#"{"auth_time_ms":0,"ticket_id":"AAECAwQFBgcICQoLDA0ODw"}"#,
        r#"{"sub":"u1","sub":"u2","auth_time_ms":0,"ticket_id":"AAECAwQFBgcICQoLDA0ODw"}"#,
    ] {
        assert_eq!(read(bad.as_bytes()), Err(DecodeError::new()), "{bad}");
    }
}

/// A codec of the application's own.
struct Decimal;

impl Codec<UnixTime> for Decimal {
    fn encode(&self, value: &UnixTime) -> Result<Vec<u8>, EncodeError> {
        if value.as_millis() < 0 {
            return Err(EncodeError::new());
        }
        Ok(value.as_millis().to_string().into_bytes())
    }

    fn decode(&self, bytes: &[u8]) -> Result<UnixTime, DecodeError> {
        let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::new())?;
        text.parse()
            .map(UnixTime::from_millis)
            .map_err(|_| DecodeError::new())
    }
}

#[test]
fn another_codec_fits() {
    let sealer = sealer(common::MODES[0], &ring());
    let value = sealer.seal_as(&Decimal, &NOW, NOW, TTL).unwrap();
    let opened = sealer.opening(NOW).open(&value).unwrap();
    assert_eq!(opened.value(), b"1750000000123");
    assert_eq!(opened.decode(&Decimal), Ok(NOW));
    assert_eq!(
        sealer.seal_as(&Decimal, &UnixTime::MIN, NOW, TTL),
        Err(SealError::Encode)
    );
}
