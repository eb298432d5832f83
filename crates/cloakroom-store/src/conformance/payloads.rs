use std::sync::Arc;

use cloakroom_core::UnixTime;

use super::check::{assert_holds, created, ok};
use super::fixture::{
    HOUR, NOW, Random, at, change, of, reauthentication, rotation, subject, visitor, with_data,
};
use crate::{Created, MAX_PAYLOAD, Rotated, StoreErrorKind, SubjectIndex, Updated, Version};

/// Data of any size up to the greatest comes back as it was, by each operation that writes it.
pub async fn payload_of_any_size_comes_back(store: impl SubjectIndex) {
    let mut random = Random::new(1);
    for size in [0, 1, 2, 255, 256, 65_535, 65_536, MAX_PAYLOAD - 1, MAX_PAYLOAD] {
        let payload: Arc<[u8]> = (0..size).map(|_| random.byte()).collect();
        let empty: Arc<[u8]> = Arc::default();
        for draft in [of(&subject("alice")), visitor()] {
            let mut row = created(&store, draft.payload(payload.clone()).build(), NOW).await;
            assert_holds(&store, &row, NOW).await;
            for data in [&empty, &payload] {
                let answer = store
                    .update(&row.selector, row.version, &change(data.clone()), NOW)
                    .await;
                assert_eq!(ok(answer), Updated::Done(row.version.next()));
                (row.version, row.payload) = (row.version.next(), data.clone());
                assert_holds(&store, &row, NOW).await;
            }
            let answer = store
                .update(&row.selector, Version::FIRST, &change(*b"x"), NOW)
                .await;
            assert!(
                ok(answer) == Updated::Conflict(Box::new(row.clone())),
                "data of a conflict"
            );
            for data in [&empty, &payload] {
                let next = with_data(rotation(), row.version, data);
                let answer = store.rotate(&row.selector, &row.verifier_hash, &next, NOW).await;
                assert_eq!(ok(answer), Rotated::Done(row.version.next()));
                row = super::rotate::rotated(&row, &next, NOW);
                assert_holds(&store, &row, NOW).await;
            }
            assert!(ok(store.delete(&row.selector).await));
        }
    }
}

/// Each byte, in each place of a pair, comes back: data is bytes and no text.
pub async fn payload_of_all_bytes_comes_back(store: impl SubjectIndex) {
    let pairs: Vec<u8> = (0..=255)
        .flat_map(|a| (0..=255).flat_map(move |b| [a, b]))
        .collect();
    let row = created(&store, visitor().payload(pairs).build(), NOW).await;
    assert_holds(&store, &row, NOW).await;
    for byte in 0..=255_u8 {
        let row = created(&store, visitor().payload([byte]).build(), NOW).await;
        assert_eq!(ok(store.load(&row.selector, NOW).await), Some(row));
    }
}

/// Data beyond the greatest size is refused as such, and nothing changes.
pub async fn payload_beyond_the_greatest_is_too_large(store: impl SubjectIndex) {
    let large: Arc<[u8]> = vec![b'x'; MAX_PAYLOAD + 1].into();
    for draft in [of(&subject("alice")), visitor()] {
        let record = draft.clone().payload(large.clone()).build();
        let error = store.create(&record, NOW).await.err();
        assert_eq!(error.map(|error| error.kind()), Some(StoreErrorKind::TooLarge));
        assert_eq!(ok(store.load(&record.selector(), NOW).await), None);

        let row = created(&store, draft.build(), NOW).await;
        let answer = store
            .update(&row.selector, row.version, &change(large.clone()), at(1))
            .await;
        assert_eq!(
            answer.err().map(|error| error.kind()),
            Some(StoreErrorKind::TooLarge)
        );
        let attempt = with_data(rotation(), row.version, &large);
        let answer = store
            .rotate(&row.selector, &row.verifier_hash, &attempt, at(1))
            .await;
        assert_eq!(
            answer.err().map(|error| error.kind()),
            Some(StoreErrorKind::TooLarge)
        );
        assert_holds(&store, &row, at(1)).await;
    }
}

/// The last millisecond of the year 9999: times from the epoch up to it are kept exactly by every store.
pub const LATEST: UnixTime = UnixTime::from_millis(253_402_300_799_999);

/// Times from 1970 to the end of 9999 are kept to the millisecond; those beyond are refused, or kept as exactly.
pub async fn times_are_kept_exactly_or_refused(store: impl SubjectIndex) {
    let alice = subject("alice");
    let exact = [
        0,
        1,
        999,
        1_000_000_007,
        NOW.as_millis() + 1,
        LATEST.as_millis() - 1,
        LATEST.as_millis(),
    ];
    let beyond = [
        i64::MIN,
        -1,
        LATEST.as_millis() + 1,
        1 << 53,
        (1 << 53) + 1,
        i64::MAX - 1,
        i64::MAX,
    ];
    for (millis, must) in exact
        .map(|time| (time, true))
        .into_iter()
        .chain(beyond.map(|time| (time, false)))
    {
        let time = UnixTime::from_millis(millis);
        // As a time in the past: of the authentication, and of the creation.
        let record = of(&alice)
            .authenticated(time)
            .idle(LATEST)
            .absolute(LATEST)
            .build();
        let now = if time < LATEST { time } else { NOW };
        check_times(&store, record, now, must).await;
        // As a time to come: both deadlines.
        let record = of(&alice).idle(time).absolute(time).build();
        if NOW < time {
            check_times(&store, record, NOW, must).await;
        }
    }
    // Each field in its own place, and touches as exact as creations.
    let mut row = created(
        &store,
        of(&alice).authenticated(at(-3)).idle(at(HOUR)).build(),
        at(-2),
    )
    .await;
    let next = reauthentication(at(-1));
    let answer = store
        .rotate(&row.selector, &row.verifier_hash, &next, at(1))
        .await;
    assert_eq!(ok(answer), Rotated::Done(Version::from_number(2)));
    row = super::rotate::rotated(&row, &next, at(1));
    let _ = ok(store.touch(&row.selector, at(HOUR + 1), at(2)).await);
    (row.idle_deadline, row.last_seen_at) = (at(HOUR + 1), at(2));
    assert_holds(&store, &row, at(2)).await;
}

/// A record that must be stored, or may be refused with an error, but is never stored as anything else.
async fn check_times(store: &impl SubjectIndex, record: crate::NewRecord, now: UnixTime, must: bool) {
    match store.create(&record, now).await {
        Ok(Created::Done) => {
            let row = record.into_stored(now);
            if must || row.is_live(now) {
                assert_eq!(ok(store.load(&row.selector, now).await).as_ref(), Some(&row));
            }
        }
        refused => {
            assert!(!must, "a time up to the year 9999 was refused: {refused:?}");
            assert_eq!(ok(store.load(&record.selector(), NOW).await), None);
        }
    }
}
