//! Rows that were damaged, or written by somebody else.

use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, denial, size};
use cloakroom_revocation::{Denied, RevocationFeed, RevocationStore, StoreErrorKind};

use crate::place::Place;

#[tokio::test]
async fn a_damaged_entry_is_corrupt() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    let start = store.head().await.unwrap().cursor;
    assert_eq!(
        store.deny(&denial("alice", "one"), NOW).await.unwrap(),
        Denied::Token
    );
    place
        .run("CREATE TABLE kept AS SELECT * FROM cloakroom_revocation")
        .await;
    for damage in [
        "kind = 0",
        "kind = 3",
        "kind = 4",
        "at = 1",
        "issuer = ''",
        "name = ''",
        "name = printf('%.*c', 256, 'a')",
        "name = CAST(x'610062' AS TEXT)",
        "name = CAST(x'ff' AS TEXT)",
    ] {
        place
            .run(&format!("UPDATE cloakroom_revocation SET {damage}"))
            .await;
        let kinds = [
            store.page(None, size(10)).await.unwrap_err().kind(),
            store.poll(&start, size(10)).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 2], "{damage}");
        place
            .run("DELETE FROM cloakroom_revocation; INSERT INTO cloakroom_revocation SELECT * FROM kept")
            .await;
    }
    assert_eq!(store.page(None, size(10)).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn a_damaged_feed_is_corrupt_and_nothing_is_acknowledged() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    assert_eq!(
        store.deny(&denial("alice", "one"), NOW).await.unwrap(),
        Denied::Token
    );
    for damage in [
        "UPDATE cloakroom_revocation_feed SET feed = x'07'",
        "UPDATE cloakroom_revocation_feed SET feed = zeroblob(16), head = -1",
        "UPDATE cloakroom_revocation_feed SET head = 1; UPDATE cloakroom_revocation_step SET tag = x'07'",
        "DELETE FROM cloakroom_revocation_step",
        "DELETE FROM cloakroom_revocation_feed",
    ] {
        place.run(damage).await;
        let head = store.head().await.unwrap_err();
        assert_eq!(head.kind(), StoreErrorKind::Corrupt, "{damage}");
    }
    let kinds = [
        store.deny(&denial("alice", "two"), NOW).await.unwrap_err().kind(),
        store.cut_off(ISSUER, "alice", NOW).await.unwrap_err().kind(),
        store.revoke_all(NOW).await.unwrap_err().kind(),
        store.page(None, size(10)).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [StoreErrorKind::Corrupt; 4]);
    let rows = "SELECT count(*) FROM cloakroom_revocation";
    assert_eq!(place.number(rows).await, 1);
}
