//! The server is killed under load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cloakroom_servers::{Postgres, Scratch};
use cloakroom_store::conformance::fixture::{NOW, of, rotation, subject};
use cloakroom_store::{Created, Rotated, SessionStore, StoreErrorKind};

use crate::place::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_outlives_the_server() {
    let scratch = Scratch::new().unwrap();
    let mut server = Postgres::start(scratch.path()).unwrap();
    let place = Place::on(&server.url("postgres"));
    let stores = [place.store().await, place.store_on_a_pool().await];
    let deleted = Arc::new(Mutex::new(Vec::new()));
    let rotated = Arc::new(Mutex::new(Vec::new()));
    let is_down = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|number| {
            let store = stores[number % 2].clone();
            let (deleted, rotated, is_down) =
                (Arc::clone(&deleted), Arc::clone(&rotated), Arc::clone(&is_down));
            tokio::spawn(async move {
                let user = subject(&format!("user {number}"));
                loop {
                    let round = async {
                        let record = of(&user).build();
                        let (selector, hash) = (record.selector(), *record.verifier_hash());
                        assert_eq!(store.create(&record, NOW).await?, Created::Done);
                        let next = rotation();
                        let answer = store.rotate(&selector, &hash, &next, NOW).await?;
                        assert!(matches!(answer, Rotated::Done(_)));
                        if number < 4 {
                            rotated.lock().unwrap().push((selector, next.verifier_hash));
                            return Ok(());
                        }
                        assert!(store.delete(&selector).await?);
                        deleted.lock().unwrap().push(selector);
                        Ok::<_, cloakroom_store::StoreError>(())
                    };
                    if let Err(error) = round.await {
                        assert!(is_down.load(Ordering::SeqCst), "{error:?}");
                        return error.kind();
                    }
                }
            })
        })
        .collect();
    while deleted.lock().unwrap().len() < 200 || rotated.lock().unwrap().len() < 200 {
        tokio::task::yield_now().await;
    }
    is_down.store(true, Ordering::SeqCst);
    server.kill9();
    for writer in writers {
        let kind = writer.await.expect("no writer panics");
        assert!(
            matches!(kind, StoreErrorKind::Unavailable | StoreErrorKind::Timeout),
            "{kind:?}"
        );
    }
    server.restart().unwrap();
    let deleted = std::mem::take(&mut *deleted.lock().unwrap());
    let rotated = std::mem::take(&mut *rotated.lock().unwrap());
    println!(
        "acknowledged before the end: {} deletions, {} rotations",
        deleted.len(),
        rotated.len()
    );
    // Either kind of connection is back at work without being told.
    for store in &stores {
        for selector in &deleted {
            assert_eq!(store.load(selector, NOW).await.unwrap(), None);
        }
        for (selector, hash) in &rotated {
            let row = store.load(selector, NOW).await.unwrap().unwrap();
            assert_eq!(row.verifier_hash, *hash);
        }
        let record = of(&subject("afterwards")).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    }
}
