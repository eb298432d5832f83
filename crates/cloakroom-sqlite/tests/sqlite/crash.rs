use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::cloakroom_id::{Selector, SessionToken, VerifierHash};
use cloakroom_store::conformance::fixture::{self, NOW, Random, at};
use cloakroom_store::{
    Authentication, Created, NewRecord, Rotated, Rotation, SessionStore as _, Subject, SubjectIndex as _,
    Version,
};

use crate::process::{self, Part};
use crate::raw;

/// The part that is killed: four tasks lead sessions through their lives and say each step that was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writer() {
    let Some(path) = process::part() else { return };
    let store = SqliteSessionStore::open(path).await.unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (store, next) = (store.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                while let number @ 0..100_000 = next.fetch_add(1, Ordering::Relaxed) {
                    live(&store, number).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// Created, renewed twice, ended: by its selector, or with all of its subject.
async fn live(store: &SqliteSessionStore, number: u64) {
    let subject = fixture::subject(&format!("{}-{number}", std::process::id()));
    let mut token = SessionToken::generate(Some(subject.tag())).unwrap();
    let selector = token.selector();
    let record = NewRecord::new(
        selector,
        token.verifier_hash(),
        Some(Authentication {
            subject: subject.clone(),
            at: NOW,
        }),
        at(fixture::HOUR),
        at(12 * fixture::HOUR),
        Arc::from(vec![b'x'; 200]),
    )
    .unwrap();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    acknowledged(&selector, &subject, 1, &token.verifier_hash());
    for version in 2..=3 {
        let renewed = SessionToken::renewed(selector).unwrap();
        let rotation = Rotation {
            verifier_hash: renewed.verifier_hash(),
            ..fixture::rotation()
        };
        let done = store
            .rotate(&selector, &token.verifier_hash(), &rotation, NOW)
            .await
            .unwrap();
        assert_eq!(done, Rotated::Done(Version::from_number(version)));
        token = renewed;
        acknowledged(&selector, &subject, version, &token.verifier_hash());
    }
    if number.is_multiple_of(2) {
        assert!(store.delete(&selector).await.unwrap());
    } else {
        assert_eq!(store.delete_by_subject(&subject, None, at(1)).await.unwrap(), 1);
    }
    acknowledged(&selector, &subject, ENDED, &token.verifier_hash());
}

/// Stands for a version in what the writer says.
const ENDED: u64 = 4;

fn acknowledged(selector: &Selector, subject: &Subject, version: u64, verifier: &VerifierHash) {
    let fingerprint = u64::from_be_bytes(verifier.as_bytes()[..8].try_into().unwrap());
    let selector = selector.to_text();
    process::say(&format!(
        "{selector} {} {version} {fingerprint}",
        subject.as_str()
    ));
}

#[tokio::test]
async fn d3_what_was_acknowledged_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let mut random = Random::new(4);
    let mut known: BTreeMap<String, (String, u64, u64)> = BTreeMap::new();
    let mut ended = 0;
    for round in 0..12 {
        let mut part = Part::start("crash::writer", &path);
        let mut said = Vec::new();
        for _ in 0..random.next() % 400 + 20 {
            said.push(part.hear().unwrap());
        }
        part.kill9();
        said.extend(part.end_of_killed());
        for line in said {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap().to_owned();
            let (selector, subject) = (word(), word());
            known.insert(
                selector,
                (subject, word().parse().unwrap(), word().parse().unwrap()),
            );
        }
        let store = SqliteSessionStore::open(&path).await.unwrap();
        for (selector, (subject, version, verifier)) in &mut known {
            let selector = Selector::parse(selector).unwrap();
            let stored = store.load(&selector, at(2)).await.unwrap();
            // The step that was under way happened or did not.
            match stored {
                None => assert!(*version >= 3, "round {round}: {version} is gone"),
                Some(stored) => {
                    let found = u64::from_be_bytes(stored.verifier_hash.as_bytes()[..8].try_into().unwrap());
                    let number = stored.version.number();
                    let is_next = number == *version + 1 && number <= 3;
                    assert!(
                        number == *version && found == *verifier || is_next,
                        "round {round}: {version}, {number}"
                    );
                    (*version, *verifier) = (number, found);
                    continue;
                }
            }
            if *version != ENDED {
                *version = ENDED;
            }
            ended += 1;
            // Nothing is left in the subject's list either.
            let listed = store
                .list_by_subject(
                    &fixture::subject(subject),
                    cloakroom_store::Page::first(std::num::NonZeroU32::MIN),
                    at(2),
                )
                .await;
            assert_eq!(listed.unwrap().sessions, []);
        }
        store.close().await;
        assert_eq!(
            raw::text(&path, "PRAGMA integrity_check").await,
            "ok",
            "round {round}"
        );
    }
    assert!(ended > 50, "{ended}");
}
