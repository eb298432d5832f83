//! What lies in the server, read and damaged behind the store's back.

use std::collections::BTreeSet;

use cloakroom_id::SessionToken;
use cloakroom_servers::RedisOptions;
use cloakroom_store::conformance::fixture::{
    HOUR, MINUTE, NOW, at, change, of, reauthentication, rotation, subject, visitor,
};
use cloakroom_store::{
    Authentication, Created, NewRecord, Page, SessionStore as _, StoreErrorKind, SubjectIndex as _, Version,
};

use crate::place::{Place, server};

const ALL: Page = Page::first(Page::MAX);

/// The bytes of base64url.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::new();
    for digits in text.as_bytes().chunks(4) {
        let number = digits.iter().fold(0, |number, digit| {
            number << 6 | ALPHABET.iter().position(|one| one == digit).unwrap()
        });
        bytes.extend(&number.to_be_bytes()[5..]);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_neither_keys_nor_values_nor_the_dump_hold_a_token() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let place = Place::on(&redis.url());
    let store = place.store().await;
    let ada = subject("ada");
    let mut tokens = Vec::new();
    for number in 0..20 {
        let authentication = (number % 2 == 0).then(|| Authentication {
            subject: ada.clone(),
            at: NOW,
        });
        let token = SessionToken::generate(authentication.as_ref().map(|_| ada.tag())).unwrap();
        let payload = b"data"[..].into();
        let record = NewRecord::new(
            token.selector(),
            token.verifier_hash(),
            authentication,
            at(HOUR),
            at(HOUR),
            payload,
        )
        .unwrap();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        let renewed = SessionToken::renewed(token.selector()).unwrap();
        let mut next = rotation();
        next.verifier_hash = renewed.verifier_hash();
        let _ = store
            .rotate(&token.selector(), &token.verifier_hash(), &next, at(1))
            .await
            .unwrap();
        tokens.extend([token, renewed]);
    }
    let mut raw = place.raw().await;
    // Packed, a run of bytes may be cut where another one like it stands.
    let mut unpacked = redis::cmd("CONFIG");
    let () = raw.ask(unpacked.arg("SET").arg("rdbcompression").arg("no")).await;
    let mut held: Vec<Vec<u8>> = Vec::new();
    for key in raw.keys(&place).await {
        let mut dump = redis::cmd("DUMP");
        held.push(raw.ask(dump.arg(&key)).await);
        held.push(key);
    }
    let () = raw.ask(&redis::cmd("SAVE")).await;
    held.push(std::fs::read(redis.data_dir().join("dump.rdb")).unwrap());
    let holds = |what: &[u8]| {
        held.iter()
            .any(|held| held.windows(what.len()).any(|part| part == what))
    };
    for token in &tokens {
        let text = token.to_text();
        let bytes = decoded(&text);
        let (selector, verifier) = bytes.split_at(16);
        assert_eq!(selector, token.selector().as_bytes());
        assert!(!holds(text.as_bytes()), "a token");
        assert!(!holds(&text.as_bytes()[22..]), "the text of a verifier");
        // Eight bytes would do to tell it.
        for part in verifier.chunks(8) {
            assert!(!holds(part), "a verifier");
        }
        assert!(
            holds(&token.verifier_hash().as_bytes()[..8]),
            "the search finds what is there"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_damaged_row_and_an_unknown_format_are_corrupt_and_left_alone() {
    let place = Place::shared();
    let store = place.store().await;
    let ada = subject("ada");
    let record = of(&ada).build();
    let selector = record.selector();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let mut raw = place.raw().await;
    let key = raw.key(&place, "s").await;
    let whole: Vec<u8> = raw.ask(redis::cmd("GET").arg(&key)).await;
    let mut unknown = whole.clone();
    unknown[0] = 2;
    for damaged in [&unknown[..], &whole[..130], &whole[..1], b"\xff\0hostile", b""] {
        let mut set = redis::cmd("SET");
        let () = raw.ask(set.arg(&key).arg(damaged).arg("KEEPTTL")).await;
        let first = Version::FIRST;
        let hash = record.verifier_hash();
        let fresh = reauthentication(at(1));
        let kinds = [
            store.load(&selector, NOW).await.unwrap_err().kind(),
            store
                .update(&selector, first, &change(*b"new"), NOW)
                .await
                .unwrap_err()
                .kind(),
            store.touch(&selector, at(MINUTE), NOW).await.unwrap_err().kind(),
            store
                .rotate(&selector, hash, &fresh, NOW)
                .await
                .unwrap_err()
                .kind(),
            store.list_by_subject(&ada, ALL, NOW).await.unwrap_err().kind(),
            store.delete_one(&ada, &selector).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 6], "{} bytes", damaged.len());
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Exists);
        // The purge goes around it.
        let purged = store
            .purge_expired(at(48 * HOUR), std::num::NonZeroU32::MAX)
            .await;
        assert_eq!(purged.unwrap(), 0);
        let left: Vec<u8> = raw.ask(redis::cmd("GET").arg(&key)).await;
        assert_eq!(left, damaged);
    }
    // What ends sessions ends it nevertheless.
    assert_eq!(store.delete_by_subject(&ada, None, NOW).await.unwrap(), 0);
    assert_eq!(store.load(&selector, NOW).await.unwrap(), None);
    assert!(!store.delete(&selector).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_key_of_another_type_is_corrupt() {
    let place = Place::shared();
    let store = place.store().await;
    let ada = subject("ada");
    let record = of(&ada).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let mut raw = place.raw().await;
    let set = raw.key(&place, "u").await;
    let () = raw.ask(redis::cmd("SET").arg(&set).arg("no set")).await;
    let another = of(&ada).build();
    for kind in [
        store.create(&another, NOW).await.unwrap_err().kind(),
        store.list_by_subject(&ada, ALL, NOW).await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, StoreErrorKind::Corrupt);
    }
    assert_eq!(
        store.load(&another.selector(), NOW).await.unwrap(),
        None,
        "it failed before it wrote"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_off_that_cannot_be_read_counts_as_one() {
    let place = Place::shared();
    let store = place.store().await;
    let record = visitor().build();
    let selector = record.selector();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let mut raw = place.raw().await;
    let row = String::from_utf8(raw.key(&place, "s").await).unwrap();
    let (bucket, _) = row.split_once(":s:").unwrap();
    let () = raw
        .ask(redis::cmd("SET").arg(format!("{bucket}:all")).arg("soon"))
        .await;
    for kind in [
        store.load(&selector, NOW).await.unwrap_err().kind(),
        store.touch(&selector, at(MINUTE), NOW).await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, StoreErrorKind::Corrupt);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_has_a_time_to_live() {
    let place = Place::shared();
    let store = place.store().await;
    let ada = subject("ada");
    let spared = of(&ada).build();
    for record in [&spared, &of(&ada).build()] {
        assert_eq!(store.create(record, NOW).await.unwrap(), Created::Done);
    }
    let ended = store
        .delete_by_subject(&ada, Some(&spared.selector()), at(1))
        .await;
    assert_eq!(ended.unwrap(), 1);
    let mut raw = place.raw().await;
    let minutes = |kind: &'static str| {
        let place = &place;
        async move {
            let mut raw = place.raw().await;
            let key = raw.key(place, kind).await;
            let left: i64 = raw.ask(redis::cmd("PTTL").arg(&key)).await;
            // To the nearest.
            (left + MINUTE / 2) / MINUTE
        }
    };
    assert_eq!(minutes("s").await, 31, "half an hour and a minute");
    assert_eq!(
        minutes("u").await,
        36 * 60 + 1,
        "a day longer than any of its rows may live"
    );
    assert_eq!(minutes("c").await, 400 * 24 * 60, "400 days");
    let _ = store
        .touch(&spared.selector(), at(50 * MINUTE), at(10 * MINUTE))
        .await
        .unwrap();
    assert_eq!(minutes("s").await, 41, "40 minutes from its now, and one");
    let fresh = cloakroom_store::Rotation {
        absolute_deadline: Some(at(24 * HOUR)),
        ..reauthentication(at(2))
    };
    let rotated = store
        .rotate(&spared.selector(), spared.verifier_hash(), &fresh, at(2))
        .await
        .unwrap();
    assert_eq!(rotated, cloakroom_store::Rotated::Done(Version::FIRST.next()));
    assert_eq!(minutes("u").await, 48 * 60 + 1, "it outlives the later deadline");
    let kinds: BTreeSet<_> = raw.keys(&place).await.into_iter().collect();
    assert_eq!(kinds.len(), 3, "nothing else is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn d9_rows_that_ended_by_themselves_leave_no_ghosts() {
    let place = Place::shared();
    let store = place.store().await;
    let ada = subject("ada");
    let mut raw = place.raw().await;
    let entries = |set: Vec<u8>| {
        let place = &place;
        async move {
            let mut raw = place.raw().await;
            raw.ask::<u64>(redis::cmd("ZCARD").arg(&set)).await
        }
    };
    for _ in 0..300 {
        let record = of(&ada).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    }
    let set = raw.key(&place, "u").await;
    let expire = async |raw: &mut crate::place::Raw| {
        for key in raw.keys(&place).await {
            if key.windows(3).any(|part| part == b":s:") {
                let () = raw.ask(redis::cmd("DEL").arg(&key)).await;
            }
        }
    };
    expire(&mut raw).await;
    assert_eq!(entries(set.clone()).await, 300);
    // Creations clean up faster than they add.
    for _ in 0..300 {
        let record = of(&ada).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    }
    assert!(entries(set.clone()).await < 400);
    // A list shows none of the others, and removes those it met.
    let listed = store.list_by_subject(&ada, ALL, NOW).await.unwrap();
    assert_eq!((listed.sessions.len(), listed.next), (300, None));
    assert_eq!(entries(set.clone()).await, 300);
    // So does a purge, in steps.
    expire(&mut raw).await;
    for _ in 0..20 {
        let purged = store.purge_expired(NOW, std::num::NonZeroU32::MAX).await;
        assert_eq!(purged.unwrap(), 0);
    }
    assert_eq!(entries(set).await, 0);
}
