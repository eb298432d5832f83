//! What a store in memory takes, and for whom it keeps room.

use std::time::Duration;

use cloakroom_store::conformance::fixture::{self, HOUR, MINUTE, NOW, at, change, of, subject, visitor};
use cloakroom_store::{
    MAX_PAYLOAD, MemoryLimits, MemoryStore, MemoryUsage, SessionStore as _, StoreErrorKind,
    SubjectIndex as _, Updated, Version,
};

use crate::common::{create, is_live, now, run};

fn store_of(sessions: usize) -> MemoryStore {
    MemoryStore::with_limits(MemoryLimits {
        sessions,
        ..MemoryLimits::default()
    })
}

fn is_full(store: &MemoryStore, draft: fixture::Draft) -> bool {
    let before = store.usage();
    let refused =
        now(store.create(&draft.build(), NOW)).is_err_and(|error| error.kind() == StoreErrorKind::Full);
    assert!(!refused || store.usage() == before);
    refused
}

#[test]
fn a_fifth_is_kept_for_subjects() {
    for (sessions, visitors) in [(1, 0), (4, 3), (5, 4), (10, 8), (11, 8), (1000, 800)] {
        let store = store_of(sessions);
        for _ in 0..visitors {
            create(&store, visitor());
        }
        assert!(is_full(&store, visitor()), "{visitors} visitors of {sessions}");
        for number in visitors..sessions {
            create(&store, of(&subject(&format!("user-{number}"))));
        }
        assert!(is_full(&store, of(&subject("one more"))));
        assert!(is_full(&store, visitor()));
        assert_eq!(store.usage().sessions, sessions);
    }
}

#[test]
fn bytes_are_bounded_as_sessions_are() {
    let store = MemoryStore::with_limits(MemoryLimits {
        bytes: 5 * MAX_PAYLOAD,
        ..MemoryLimits::default()
    });
    let large = vec![0_u8; MAX_PAYLOAD - 2000];
    for _ in 0..4 {
        create(&store, visitor().payload(large.clone()));
    }
    assert!(is_full(&store, visitor().payload(large.clone())));
    let user = create(&store, of(&subject("user")).payload(large.clone()));
    assert!(is_full(&store, of(&subject("user")).payload(large)));
    // What it holds may shrink, and then grow again, but no further.
    let half = change(vec![1; MAX_PAYLOAD / 2]);
    let updated = now(store.update(&user, Version::FIRST, &half, NOW)).unwrap();
    assert_eq!(updated, Updated::Done(Version::from_number(2)));
    let usage = store.usage();
    let all = change(vec![2; MAX_PAYLOAD]);
    create(
        &store,
        of(&subject("user")).payload(vec![3; MAX_PAYLOAD / 2 - 4000]),
    );
    let refused = now(store.update(&user, Version::from_number(2), &all, NOW)).unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Full);
    let held = now(store.load(&user, NOW)).unwrap().unwrap();
    assert_eq!(
        (held.version, &held.payload[..]),
        (Version::from_number(2), &half.payload[..])
    );
    assert!(store.usage().bytes > usage.bytes);
    assert!(store.usage().bytes <= 5 * MAX_PAYLOAD);
}

#[test]
fn a_full_store_drops_what_expired_and_nothing_that_lives() {
    let store = store_of(100);
    let live: Vec<_> = (0..60).map(|_| create(&store, visitor())).collect();
    let short: Vec<_> = (0..20)
        .map(|_| create(&store, visitor().idle(at(MINUTE))))
        .collect();
    assert!(is_full(&store, visitor()));
    let later = at(MINUTE);
    let record = visitor().build();
    assert!(now(store.create(&record, later)).is_ok());
    assert!(store.usage().sessions <= 80);
    assert!(live.iter().all(|selector| is_live(&store, selector, later)));
    assert!(is_live(&store, &record.selector(), later));
    assert!(!short.iter().any(|selector| is_live(&store, selector, later)));
    // As many as there were expired ones, wherever they lay.
    for _ in 1..20 {
        assert!(now(store.create(&visitor().build(), later)).is_ok());
    }
    assert_eq!(
        now(store.create(&visitor().build(), later)).unwrap_err().kind(),
        StoreErrorKind::Full
    );
    assert!(live.iter().all(|selector| is_live(&store, selector, later)));
}

#[test]
fn what_leaves_is_counted_out() {
    let store = MemoryStore::new();
    let user = subject("user");
    let one = create(&store, of(&user).payload(vec![0; 1000]));
    let two = create(&store, of(&user));
    create(&store, of(&user).idle(at(1)));
    let three = create(&store, visitor());
    assert_eq!(store.usage().sessions, 4);
    let swap = change(vec![0; 10_000]);
    let updated = now(store.update(&three, Version::FIRST, &swap, NOW)).unwrap();
    assert_eq!(updated, Updated::Done(Version::from_number(2)));
    assert!(now(store.delete(&one)).unwrap());
    assert!(now(store.delete_one(&user, &two)).unwrap());
    assert!(now(store.delete(&three)).unwrap());
    let (purged, _) = run(store.purge_expired(at(1), std::num::NonZeroU32::MAX));
    assert_eq!(purged.unwrap(), 1);
    assert_eq!(store.usage(), MemoryUsage::default());
}

#[test]
fn a_cut_off_is_taken_by_a_full_store_and_forgotten_in_time() {
    let limits = MemoryLimits {
        sessions: 2,
        cutoff_retention: Duration::from_secs(3600),
        ..MemoryLimits::default()
    };
    let store = MemoryStore::with_limits(limits);
    let user = subject("user");
    create(&store, of(&subject("another")));
    create(&store, of(&user));
    assert_eq!(now(store.delete_by_subject(&user, None, at(0))).unwrap(), 1);
    let held = store.usage();
    // Cut off anew half an hour later: it is kept an hour from then.
    assert_eq!(
        now(store.delete_by_subject(&user, None, at(HOUR / 2))).unwrap(),
        0
    );
    assert_eq!(store.usage(), held, "one entry a subject");
    let is_refused =
        || now(store.create(&of(&user).build(), NOW)).unwrap() == cloakroom_store::Created::Refused;
    for (time, is_kept) in [(HOUR, true), (HOUR * 3 / 2 - 1, true), (HOUR * 3 / 2, false)] {
        let (purged, _) = run(store.purge_expired(at(time), std::num::NonZeroU32::MIN));
        assert!(purged.is_ok());
        assert_eq!(store.usage().bytes > 0, is_kept, "{:?}", store.usage());
        assert_eq!(is_refused(), is_kept, "{time}");
    }
}
