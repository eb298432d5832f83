//! What lies in the server, read and damaged behind the store's back.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_id::{IndexSecret, TokenKind};
use cloakroom_servers::RedisOptions;
use cloakroom_token::cloakroom_keyring::KeyRing;
use cloakroom_token::conformance::fixture::{
    HOUR, MINUTE, NOW, access_token, access_token_of, at, client, family, presented, subject,
};
use cloakroom_token::{
    AccessGrant, AccessTokens, Created, Grant, NewFamily, RefreshSettings, RefreshTokens, Rotated,
    StoreErrorKind, TokenStore as _,
};

use super::place::Tokens;
use crate::place::{Place, server};
use crate::raw::decoded;

enum Access {}

impl TokenKind for Access {
    const PREFIX: &'static str = "test_at";
}

#[tokio::test(flavor = "multi_thread")]
async fn f9_neither_keys_nor_values_nor_the_dump_hold_a_usable_token() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let Tokens { store, place } = Tokens::at(Place::on(&redis.url())).await;
    let (ring, settings) = (KeyRing::generate().unwrap(), RefreshSettings::default());
    let index_secret = IndexSecret::generate().unwrap();
    let refresh = RefreshTokens::new(store.clone(), &ring, settings, index_secret).unwrap();
    let access = AccessTokens::<Access, _>::new(store, Duration::from_hours(1)).unwrap();
    let ada = refresh.subject("ada").unwrap();
    let mut secrets = Vec::new();
    for _ in 0..20 {
        let grant = Grant {
            client: client("app"),
            subject: ada.clone(),
            authenticated_at: NOW,
            confirmation: None,
            data: (*b"scope").into(),
        };
        let first = refresh.issue(&grant, NOW).await.unwrap();
        let next = refresh
            .rotate(&first.token, &grant.client, None, at(1))
            .await
            .unwrap();
        // Key, family and generation are no secret; the family's secret and the MAC are.
        for token in [&first.token, &next.token] {
            secrets.push((token.clone(), 24..80));
        }
        let grant = AccessGrant {
            client: grant.client,
            subject: grant.subject,
            authenticated_at: NOW,
            family: Some(first.family),
            confirmation: None,
            data: grant.data,
        };
        secrets.push((access.issue(&grant, at(1)).await.unwrap().token, 0..32));
    }
    let mut raw = place.raw().await;
    // Packed, a run of bytes may be cut where another one like it stands.
    let mut unpacked = redis::cmd("CONFIG");
    let () = raw.ask(unpacked.arg("SET").arg("rdbcompression").arg("no")).await;
    let mut held: Vec<Vec<u8>> = Vec::new();
    for key in raw.keys(&place).await {
        held.push(raw.ask(redis::cmd("DUMP").arg(&key)).await);
        held.push(key);
    }
    let () = raw.ask(&redis::cmd("SAVE")).await;
    held.push(std::fs::read(redis.data_dir().join("dump.rdb")).unwrap());
    let holds = |what: &[u8]| {
        held.iter()
            .any(|held| held.windows(what.len()).any(|part| part == what))
    };
    let bytes = |token: &str| {
        let body = token
            .strip_prefix("cloakroom_rt_")
            .or(token.strip_prefix("test_at_"));
        decoded(body.unwrap())
    };
    assert!(holds(b"scope"), "the search finds what is there");
    for (token, secret) in &secrets {
        assert!(!holds(token.as_bytes()), "a token's text");
        assert!(!holds(&token.as_bytes()[token.len() - 40..]), "the end of one");
        // Eight bytes would do to tell it.
        for part in bytes(token)[secret.clone()].chunks(8) {
            assert!(!holds(part), "a secret");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_corrupt_and_left_alone_until_its_subject_is_revoked() {
    let Tokens { store, place } = Tokens::shared().await;
    let ada = subject("ada");
    let new = family(&ada);
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let token = access_token_of(&new);
    assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
    let mut raw = place.raw().await;
    let key = raw.key(&place, "f").await;
    let whole: Vec<u8> = raw.ask(redis::cmd("GET").arg(&key)).await;
    let [mut format, mut flag, mut generation] = [(); 3].map(|()| whole.clone());
    (format[0], flag[1], generation[7]) = (2, 2, 1);
    for damaged in [
        &format[..],
        &flag,
        &generation,
        &whole[..119],
        b"\xff\0hostile",
        b"",
    ] {
        let mut set = redis::cmd("SET");
        let () = raw.ask(set.arg(&key).arg(damaged).arg("KEEPTTL")).await;
        let kinds = [
            store.rotate(&presented(&new, 0), NOW).await.unwrap_err().kind(),
            store
                .load_family(&new.id, &new.secret_hash, NOW)
                .await
                .unwrap_err()
                .kind(),
            store
                .end_family(&new.id, &new.secret_hash, &client("app"))
                .await
                .unwrap_err()
                .kind(),
            store.end_one(&ada, &new.id).await.unwrap_err().kind(),
            store
                .list_by_subject(&ada, None, NonZeroU32::MAX, NOW)
                .await
                .unwrap_err()
                .kind(),
            store.load_access(&token.hash, NOW).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 6], "{} bytes", damaged.len());
        assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Exists);
        // The purge goes around it.
        assert_eq!(store.purge_expired(NOW, NonZeroU32::MAX).await.unwrap(), 0);
        let left: Vec<u8> = raw.ask(redis::cmd("GET").arg(&key)).await;
        assert_eq!(left, damaged);
    }
    assert_eq!(store.revoke_subject(&ada, at(-1), NOW).await.unwrap(), 0);
    let loaded = store.load_family(&new.id, &new.secret_hash, NOW).await;
    assert_eq!(loaded.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_access_token_is_corrupt() {
    let Tokens { store, place } = Tokens::shared().await;
    let token = access_token(&subject("ada"));
    assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
    let mut raw = place.raw().await;
    let key = raw.key(&place, "a").await;
    let whole: Vec<u8> = raw.ask(redis::cmd("GET").arg(&key)).await;
    let mut format = whole.clone();
    format[0] = 9;
    for damaged in [&format[..], &whole[..77], b"\xff\0hostile", b""] {
        let () = raw.ask(redis::cmd("SET").arg(&key).arg(damaged)).await;
        let kinds = [
            store.load_access(&token.hash, NOW).await.unwrap_err().kind(),
            store
                .end_access(&token.hash, &token.client)
                .await
                .unwrap_err()
                .kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 2], "{} bytes", damaged.len());
        assert_eq!(
            store.purge_expired(at(2 * HOUR), NonZeroU32::MAX).await.unwrap(),
            0
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_off_that_cannot_be_read_counts_as_one() {
    let Tokens { store, place } = Tokens::shared().await;
    let ada = subject("ada");
    let new = family(&ada);
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let mut raw = place.raw().await;
    let row = String::from_utf8(raw.key(&place, "f").await).unwrap();
    let (bucket, _) = row.split_once(":f:").unwrap();
    for key in ["fall", "fc:ada"] {
        let key = format!("{bucket}:{key}");
        let () = raw.ask(redis::cmd("SET").arg(&key).arg("soon")).await;
        let kinds = [
            store.rotate(&presented(&new, 0), NOW).await.unwrap_err().kind(),
            store.create_family(&family(&ada), NOW).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 2]);
        let _: u64 = raw.ask(redis::cmd("DEL").arg(&key)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_has_a_time_to_live() {
    let Tokens { store, place } = Tokens::shared().await;
    let ada = subject("ada");
    let new = NewFamily {
        idle_deadline: at(30 * MINUTE),
        absolute_deadline: at(12 * HOUR),
        ..family(&ada)
    };
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let token = access_token_of(&new);
    assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
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
    assert_eq!(minutes("f").await, 31, "half an hour and a minute");
    assert_eq!(
        minutes("fu").await,
        36 * 60 + 1,
        "a day longer than any of its rows may live"
    );
    assert_eq!(minutes("a").await, 61, "an hour and a minute");
    let mut later = presented(&new, 0);
    later.idle_deadline = at(50 * MINUTE);
    let rotated = store.rotate(&later, at(10 * MINUTE)).await.unwrap();
    assert!(matches!(rotated, Rotated::Done(_)));
    assert_eq!(minutes("f").await, 41, "40 minutes from its now, and one");
    assert_eq!(store.revoke_subject(&ada, at(1), at(HOUR / 2)).await.unwrap(), 1);
    assert_eq!(minutes("fc").await, 400 * 24 * 60, "400 days");
    let mut raw = place.raw().await;
    assert_eq!(
        raw.keys(&place).await.len(),
        2,
        "the cut-off and the access token"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn families_that_ended_by_themselves_leave_no_ghosts() {
    let Tokens { store, place } = Tokens::shared().await;
    let ada = subject("ada");
    let mut raw = place.raw().await;
    for _ in 0..300 {
        assert_eq!(
            store.create_family(&family(&ada), NOW).await.unwrap(),
            Created::Done
        );
    }
    let set = raw.key(&place, "fu").await;
    let expire = async |raw: &mut crate::place::Raw| {
        for key in raw.keys(&place).await {
            if key.windows(3).any(|part| part == b":f:") {
                let _: u64 = raw.ask(redis::cmd("DEL").arg(&key)).await;
            }
        }
    };
    expire(&mut raw).await;
    // Creations clean up faster than they add.
    for _ in 0..300 {
        assert_eq!(
            store.create_family(&family(&ada), NOW).await.unwrap(),
            Created::Done
        );
    }
    assert!(raw.ask::<u64>(redis::cmd("ZCARD").arg(&set)).await < 400);
    // A list of a few that has to walk over many others is whole, and removes them.
    let few = NonZeroU32::new(300).unwrap();
    assert_eq!(
        store.list_by_subject(&ada, None, few, NOW).await.unwrap().len(),
        300
    );
    assert_eq!(
        store
            .list_by_subject(&ada, None, NonZeroU32::MAX, NOW)
            .await
            .unwrap()
            .len(),
        300
    );
    assert_eq!(raw.ask::<u64>(redis::cmd("ZCARD").arg(&set)).await, 300);
    // So does a purge, in steps.
    expire(&mut raw).await;
    for _ in 0..20 {
        assert_eq!(store.purge_expired(NOW, NonZeroU32::MAX).await.unwrap(), 0);
    }
    assert_eq!(raw.ask::<u64>(redis::cmd("ZCARD").arg(&set)).await, 0);
}
