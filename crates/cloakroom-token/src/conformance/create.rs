use std::sync::Arc;

use cloakroom_core::UnixTime;

use super::Tested;
use super::check::{assert_gone, assert_holds, created, created_access, ok, race};
use super::fixture::{
    HOUR, NOW, access_token, at, client, confirmation, family, family_id, hash, key, subject,
};
use crate::{AccessToken, Created, MAX_DATA, NewFamily, StoreErrorKind, TokenStore as _};

/// Everything that a family says comes back, to the millisecond and the byte.
pub async fn create_keeps_all_of_a_family(tested: impl Tested) {
    let store = tested.store();
    let plain = family(&subject("alice"));
    for new in [
        plain.clone(),
        NewFamily {
            client: client("https://client.example/\u{e4}\u{1f9e5} ?&=;'\"\\%_"),
            confirmation: Some(confirmation(0xff)),
            key_id: key(0xffff_fffe),
            authenticated_at: at(-123_457),
            idle_deadline: at(1_234_567),
            absolute_deadline: at(2_345_679),
            data: (0..=255).collect(),
            ..family(&subject("\u{c4}lice' OR 1=1 --%_\\ \u{1f9e5}"))
        },
        NewFamily {
            client: client(&"c".repeat(255)),
            data: [].into(),
            ..family(&subject(&"s".repeat(255)))
        },
        NewFamily {
            data: vec![0; MAX_DATA].into(),
            confirmation: Some(confirmation(0)),
            ..family(&subject("bob"))
        },
        NewFamily {
            data: vec![0xff; MAX_DATA - 1].into(),
            ..family(&subject("bob"))
        },
        NewFamily {
            authenticated_at: UnixTime::EPOCH,
            ..family(&subject("carol"))
        },
    ] {
        let stored = created(store, &new, at(17)).await;
        assert_holds(store, &new, &stored, at(18)).await;
    }
    let other = NewFamily {
        secret_hash: hash(),
        ..plain.clone()
    };
    assert_gone_for_a_stranger(store, &other).await;
}

/// Who knows the id alone loads nothing.
async fn assert_gone_for_a_stranger(store: &impl crate::TokenStore, new: &NewFamily) {
    assert_eq!(ok(store.load_family(&new.id, &new.secret_hash, NOW).await), None);
}

/// Everything that an access token says comes back.
pub async fn create_keeps_all_of_an_access_token(tested: impl Tested) {
    let store = tested.store();
    let alice = subject("alice");
    for token in [
        access_token(&alice),
        AccessToken {
            client: client("\u{e4}\u{1f9e5} ?&=;'\"\\%_"),
            confirmation: Some(confirmation(0xff)),
            authenticated_at: at(-123_457),
            issued_at: at(-1),
            expires_at: at(1_234_567),
            data: (0..=255).collect(),
            ..access_token(&subject("\u{c4}lice' --"))
        },
        AccessToken {
            data: vec![0xff; MAX_DATA].into(),
            confirmation: Some(confirmation(0)),
            ..access_token(&alice)
        },
        AccessToken {
            data: [].into(),
            ..access_token(&alice)
        },
    ] {
        created_access(store, &token, NOW).await;
        assert_eq!(ok(store.load_access(&token.hash, at(1)).await), Some(token));
    }
    assert_eq!(ok(store.load_access(&hash(), at(1)).await), None);
}

/// A creation never writes over a row, whoever asks and whatever it would change.
pub async fn create_leaves_an_existing_family_as_it_is(tested: impl Tested) {
    let store = tested.store();
    let [bob, carol] = super::fixture::subjects_of_one_tag();
    let new = family(&bob);
    let stored = created(store, &new, NOW).await;
    for late in [
        new.clone(),
        NewFamily {
            secret_hash: hash(),
            data: (*b"other").into(),
            ..new.clone()
        },
        NewFamily {
            id: new.id,
            ..family(&carol)
        },
        NewFamily {
            client: client("other"),
            absolute_deadline: at(HOUR),
            ..new.clone()
        },
    ] {
        assert_eq!(ok(store.create_family(&late, at(1)).await), Created::Exists);
        assert_holds(store, &new, &stored, at(1)).await;
    }
}

/// Nor over an access token.
pub async fn create_leaves_an_existing_access_token_as_it_is(tested: impl Tested) {
    let store = tested.store();
    let token = access_token(&subject("alice"));
    created_access(store, &token, NOW).await;
    for late in [
        token.clone(),
        AccessToken {
            hash: token.hash,
            ..access_token(&subject("bob"))
        },
        AccessToken {
            expires_at: at(5 * HOUR),
            data: [].into(),
            ..token.clone()
        },
    ] {
        assert_eq!(ok(store.create_access(&late, at(1)).await), Created::Exists);
        assert_eq!(
            ok(store.load_access(&token.hash, at(1)).await).as_ref(),
            Some(&token)
        );
    }
}

/// Of 64 parallel creations of one id exactly one is done, and the row is that one's.
pub async fn create_of_64_side_by_side_is_done_once(tested: impl Tested) {
    let tested = Arc::new(tested);
    let alice = subject("alice");
    for round in 0..8 {
        let id = family_id(alice.tag());
        let all: Vec<NewFamily> = (0..64)
            .map(|number| NewFamily {
                id,
                data: [number].into(),
                ..family(&alice)
            })
            .collect();
        let answers = race(
            round,
            all.clone().into_iter().map(|new| {
                let tested = Arc::clone(&tested);
                async move { ok(tested.store().create_family(&new, NOW).await) }
            }),
        )
        .await;
        let done: Vec<&NewFamily> = all
            .iter()
            .zip(&answers)
            .filter_map(|(new, answer)| (*answer == Created::Done).then_some(new))
            .collect();
        let exist = answers
            .iter()
            .filter(|&&answer| answer == Created::Exists)
            .count();
        assert_eq!((done.len(), exist), (1, 63), "{answers:?}");
        assert_holds(tested.store(), done[0], &done[0].stored(NOW), NOW).await;
    }
}

/// One byte more than the greatest is too large, and nothing is stored.
pub async fn create_of_too_much_data_is_too_large(tested: impl Tested) {
    let store = tested.store();
    for size in [MAX_DATA + 1, 2 * MAX_DATA, 1 << 20] {
        let new = NewFamily {
            data: vec![7; size].into(),
            ..family(&subject("alice"))
        };
        let error = store
            .create_family(&new, NOW)
            .await
            .map(|created| format!("{created:?}"));
        assert_eq!(
            error.map_err(|error| error.kind()),
            Err(StoreErrorKind::TooLarge),
            "{size} bytes"
        );
        assert_gone(store, &new, NOW).await;
        let token = AccessToken {
            data: vec![7; size].into(),
            ..access_token(&subject("alice"))
        };
        let error = store
            .create_access(&token, NOW)
            .await
            .map(|created| format!("{created:?}"));
        assert_eq!(
            error.map_err(|error| error.kind()),
            Err(StoreErrorKind::TooLarge),
            "{size} bytes"
        );
        assert_eq!(ok(store.load_access(&token.hash, NOW).await), None);
    }
}

/// A family whose id does not begin with its subject's tag would be lost from every list: it is not stored.
pub async fn create_of_a_family_of_another_tag_fails(tested: impl Tested) {
    let store = tested.store();
    let alice = subject("alice");
    let [first, second] = *alice.tag().as_bytes();
    for tag in [[first ^ 1, second], [first, second ^ 1]] {
        let tag = cloakroom_id::SubjectTag::from_bytes(tag);
        let new = NewFamily {
            id: family_id(tag),
            ..family(&alice)
        };
        let error = store
            .create_family(&new, NOW)
            .await
            .map(|created| format!("{created:?}"));
        assert_eq!(error.map_err(|error| error.kind()), Err(StoreErrorKind::Other));
        assert_gone(store, &new, NOW).await;
    }
}
