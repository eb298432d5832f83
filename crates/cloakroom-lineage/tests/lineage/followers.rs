use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_revocation::{
    Credential, Denial, Denied, Fleet, LOCAL, MemoryRevocationStore, Reader, ReaderSettings, Refused,
    RevocationCheck, RevocationStore as _,
};
use cloakroom_lineage::{Clocks, Event, EventKind, Follower, Gate};

/// By real clocks, because a follower's polls are what is under test.
#[tokio::test]
async fn f7_a_follower_hears_of_a_revocation_by_itself() {
    let fleet = Fleet::default();
    let store = Arc::new(MemoryRevocationStore::new(fleet, UnixTime::now));
    let clocks = Clocks::system();
    let reader = Reader::new(fleet, ReaderSettings::default());
    let check = RevocationCheck::new(fleet, fleet.longest_age, [reader.snapshot()]).unwrap();
    let gate = Gate::new(check, clocks.clone());
    let now = UnixTime::now();
    let credential = Credential {
        issuer: LOCAL,
        subject: Some("ada"),
        issued_at: Some(now),
        token_id: Some("token"),
    };
    assert!(matches!(
        gate.check(&credential).await,
        Err(Refused::Stale { .. })
    ));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let follower = Follower::new(Arc::clone(&store), reader)
        .with_clocks(clocks)
        .observer(move |event: &Event| ear.lock().unwrap().push(event.kind()));
    let follower = tokio::spawn(follower.run());
    gate.ready().await;
    assert_eq!(*heard.lock().unwrap(), [EventKind::Loaded(0)]);

    let end = now.saturating_add(Duration::from_secs(3600));
    let denial = Denial::new(LOCAL, "ada", "token", now, end).unwrap();
    assert_eq!(store.deny(&denial, now).await.unwrap(), Denied::Token);
    // It may be stale meanwhile on a busy machine, and is never wrong in the end.
    while gate.check(&credential).await != Err(Refused::Denied) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    // Without its follower it does not go on for longer than the bound.
    follower.abort();
    while !matches!(gate.check(&credential).await, Err(Refused::Stale { .. })) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
