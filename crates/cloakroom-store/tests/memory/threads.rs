//! Threads on one store. Whatever the order, what a cut-off ended is gone, and what is counted is there.

use std::num::NonZeroU32;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cloakroom_store::conformance::fixture::{MINUTE, NOW, at, of, rotation, selector, subject, visitor};
use cloakroom_store::{
    Created, MemoryLimits, MemoryStore, MemoryUsage, Page, Rotated, Rotation, SessionStore as _,
    SubjectIndex as _,
};

use crate::common::{create, now, run};

const ROUNDS: usize = 300;

/// Logins on a proof of the very time of the cut-off, in 300 races with it: none is left, none is unlisted.
#[test]
fn d22_no_login_outlives_the_cut_off_that_it_races() {
    let store = MemoryStore::new();
    for round in 0..ROUNDS {
        let user = subject(&format!("user-{round}"));
        let start = Barrier::new(3);
        let login = || {
            start.wait();
            let records: Vec<_> = (0..8).map(|_| of(&user).build()).collect();
            let done = records
                .iter()
                .map(|record| now(store.create(record, at(1))).unwrap());
            done.collect::<Vec<_>>()
        };
        let (created, ended) = thread::scope(|scope| {
            let logins = [scope.spawn(login), scope.spawn(login)];
            start.wait();
            let ended = now(store.delete_by_subject(&user, None, NOW)).unwrap();
            let created = logins.map(|login| login.join().unwrap());
            (created.into_iter().flatten().collect::<Vec<_>>(), ended)
        });
        let done = created
            .iter()
            .filter(|&&created| created == Created::Done)
            .count();
        let refused = created
            .iter()
            .filter(|&&created| created == Created::Refused)
            .count();
        assert_eq!(
            (done as u64, done + refused),
            (ended, 16),
            "what was let in was ended"
        );
        let page = Page::first(NonZeroU32::MAX);
        assert_eq!(
            now(store.list_by_subject(&user, page, at(1))).unwrap().sessions,
            []
        );
    }
    assert_eq!(store.usage().sessions, 0);
}

/// A re-authentication on an old proof races the cut-off that spares its session.
#[test]
fn d22_no_rotation_on_an_old_proof_outlives_a_cut_off() {
    for _ in 0..ROUNDS {
        let (store, user) = (MemoryStore::new(), subject("user"));
        let record = of(&user).build();
        assert_eq!(now(store.create(&record, NOW)).unwrap(), Created::Done);
        let rotation = Rotation {
            authenticated_at: Some(at(MINUTE)),
            ..rotation()
        };
        let start = Barrier::new(2);
        let rotated = thread::scope(|scope| {
            let rotated = scope.spawn(|| {
                start.wait();
                let old = record.verifier_hash();
                now(store.rotate(&record.selector(), old, &rotation, at(MINUTE))).unwrap()
            });
            start.wait();
            let spared = Some(record.selector());
            assert_eq!(
                now(store.delete_by_subject(&user, spared.as_ref(), at(MINUTE))).unwrap(),
                0
            );
            rotated.join().unwrap()
        });
        let held = now(store.load(&record.selector(), at(MINUTE))).unwrap().unwrap();
        assert_eq!(held.lineage_at, at(MINUTE + 1));
        assert!(
            matches!(rotated, Rotated::Done(_) | Rotated::Refused),
            "{rotated:?}"
        );
        assert_eq!(
            rotated == Rotated::Refused,
            held.verifier_hash == *record.verifier_hash()
        );
    }
}

/// Sessions are created while everything is revoked and purged: the sweep misses none, wherever it stands.
#[test]
fn d24_a_sweep_misses_nothing_that_is_created_beside_it() {
    for _ in 0..30 {
        let store = MemoryStore::new();
        let tag = subject("user").tag();
        for _ in 0..600 {
            create(&store, visitor().selector(selector(tag)));
        }
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let creators: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut refused = 0;
                        for _ in 0..600 {
                            let record = visitor().selector(selector(tag)).build();
                            match now(store.create(&record, NOW)).unwrap() {
                                Created::Refused => refused += 1,
                                created => assert_eq!(created, Created::Done),
                            }
                        }
                        refused
                    })
                })
                .collect();
            scope.spawn(|| {
                while !is_over.load(Ordering::Acquire) {
                    let (purged, _) = run(store.purge_expired(at(1), NonZeroU32::new(100).unwrap()));
                    assert!(purged.unwrap() <= 100);
                }
            });
            now(store.revoke_all(NOW)).unwrap();
            let refused: i32 = creators.into_iter().map(|creator| creator.join().unwrap()).sum();
            assert!((0..=1200).contains(&refused));
            is_over.store(true, Ordering::Release);
        });
        let (purged, _) = run(store.purge_expired(at(1), NonZeroU32::MAX));
        assert!(purged.is_ok());
        assert_eq!(store.usage(), MemoryUsage::default());
    }
}

/// At no moment are there more sessions than the limit allows, and at the end the count is right.
#[test]
fn a_limit_holds_against_many_threads() {
    const LIMIT: usize = 50;
    let store = MemoryStore::with_limits(MemoryLimits {
        sessions: LIMIT,
        ..MemoryLimits::default()
    });
    let is_over = AtomicBool::new(false);
    let left: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let store = &store;
                scope.spawn(move || {
                    let user = subject(&format!("user-{number}"));
                    let (mut mine, mut full) = (Vec::new(), 0);
                    for step in 0..3000 {
                        let record = if step % 2 == 0 { visitor() } else { of(&user) }.build();
                        match now(store.create(&record, NOW)) {
                            Ok(created) => {
                                assert_eq!(created, Created::Done);
                                mine.push(record.selector());
                            }
                            Err(_) => full += 1,
                        }
                        let is_one_to_go = step % 3 == 0 || mine.len() > 20;
                        if let Some(gone) = mine.pop_if(|_| is_one_to_go) {
                            assert!(now(store.delete(&gone)).unwrap());
                        }
                    }
                    (mine.len(), full)
                })
            })
            .collect();
        let watch = scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                assert!(store.usage().sessions <= LIMIT);
                thread::yield_now();
            }
        });
        let ends: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        is_over.store(true, Ordering::Release);
        watch.join().unwrap();
        assert!(ends.iter().any(|(_, full)| *full > 0), "the limit was never met");
        ends.iter().map(|(left, _)| left).sum()
    });
    assert_eq!(store.usage().sessions, left);
}
