//! What the server does for each statement when there are many entries.

use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, PAST, at, credential, denial, size};
use cloakroom_revocation::{Denied, Polled, RevocationFeed, RevocationStore};

use crate::place::Place;

/// 100,000 denials of 50,000 subjects, each a step, made by the server.
const MANY: &str = "
INSERT INTO {s}.revocation_entries (kind, issuer, name, subject, at, keep_until, position)
SELECT 1, 'https://id.example', 'token ' || n, 'user ' || n / 2, 0, 1767225600000 + 3600000 + n, n
FROM generate_series(1, 100000) AS n;
INSERT INTO {s}.revocation_steps SELECT n, decode(lpad(to_hex(n), 16, '0'), 'hex') FROM generate_series(34465, 100000) AS n;
UPDATE {s}.revocation_feed SET head = 100000, entries = 100000;
ANALYZE {s}.revocation_entries;
ANALYZE {s}.revocation_steps;
";

#[tokio::test]
async fn no_operation_reads_a_whole_table() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    place.run(MANY).await;
    let reads = "SELECT COALESCE(sum(seq_tup_read), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = '{s}' \
                 AND relname IN ('revocation_entries', 'revocation_steps')";
    let start = place.number(reads).await;
    // More often than the five times after which the server plans without looking at what it is given.
    for round in 0..12 {
        let cursor = store.head().await.unwrap().cursor;
        let name = format!("new {round}");
        assert_eq!(
            store.deny(&denial("alice", &name), NOW).await.unwrap(),
            Denied::Token
        );
        store.cut_off(ISSUER, "alice", at(round)).await.unwrap();
        store.revoke_all(at(round)).await.unwrap();
        let polled = store.poll(&cursor, size(10_000)).await.unwrap();
        assert!(
            matches!(&polled, Polled::Entries { entries, .. } if entries.len() == 3),
            "{polled:?}"
        );
        assert_eq!(store.page(None, size(100)).await.unwrap().entries.len(), 100);
        let credential = credential(ISSUER, "alice", &name);
        assert!(store.look_up(&credential).await.unwrap().denied);
        assert_eq!(store.purge(PAST, size(100)).await.unwrap(), 0);
    }
    // All of a connection's statistics are told when it ends.
    drop(store);
    let ended = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%{s}%' AND pid <> pg_backend_pid()";
    while place.number(ended).await > 0 {}
    assert_eq!(
        place.number(reads).await,
        start,
        "rows read by scans of the whole table"
    );
}
