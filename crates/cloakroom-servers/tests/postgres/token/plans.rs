//! What the server does for each statement when there are many families.

use std::num::NonZeroU32;

use cloakroom_token::conformance::fixture::{HOUR, NOW, access_token_of, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore};

use crate::place::Place;

/// 50,000 families of 25,000 subjects and as many access tokens, made by the server.
const MANY: &str = "
INSERT INTO {s}.token_families (id, format, secret_hash, client, subject, authenticated_at, generation, key_id, created_at,
    rotated_at, idle_deadline, absolute_deadline, purge_bucket, data)
SELECT decode(md5(n::text), 'hex'), 1, decode(repeat('07', 32), 'hex'), 'app', 'user ' || n / 2, t, 0, '0000', t, t,
    t + 1800000, t + 43200000, (t + 1800000) / 60000, decode(repeat('00', 100), 'hex')
FROM generate_series(1, 50000) AS n, LATERAL (SELECT 1767225600000 + n % 600000) AS clock (t);
INSERT INTO {s}.access_tokens (hash, format, client, subject, subject_tag, authenticated_at, issued_at, expires_at, data)
SELECT decode(md5(n::text) || md5(n::text), 'hex'), 1, 'app', 'user ' || n / 2, '00', t, t, t + 3600000, ''
FROM generate_series(1, 50000) AS n, LATERAL (SELECT 1767225600000 + n % 600000) AS clock (t);
ANALYZE {s}.token_families;
ANALYZE {s}.access_tokens;
ANALYZE {s}.token_cutoffs;
";

#[tokio::test]
async fn no_operation_reads_a_whole_table() {
    let place = Place::new();
    let store = place.tokens().await;
    place.run(MANY).await;
    let reads = "SELECT COALESCE(sum(seq_tup_read), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = '{s}' \
                 AND relname IN ('token_families', 'access_tokens')";
    let alice = subject("alice");
    let few = NonZeroU32::new(10).unwrap();
    // More often than the five times after which the server plans without looking at what it is given.
    let rounds = 12;
    let start = place.number(reads).await;
    for _ in 0..rounds {
        let new = family(&alice);
        assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
        let rotated = store.rotate(&presented(&new, 0), NOW).await.unwrap();
        assert!(matches!(rotated, Rotated::Done(_)));
        let loaded = store.load_family(&new.id, &new.secret_hash, NOW).await.unwrap();
        assert!(loaded.is_some());
        let listed = store.list_by_subject(&alice, None, few, NOW).await.unwrap();
        assert_eq!(listed.len(), 1);
        let token = access_token_of(&new);
        assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
        assert!(store.load_access(&token.hash, NOW).await.unwrap().is_some());
        assert!(store.end_access(&token.hash, &token.client).await.unwrap());
        assert!(store.end_one(&alice, &new.id).await.unwrap());
        assert!(
            !store
                .end_family(&new.id, &new.secret_hash, &new.client)
                .await
                .unwrap()
        );
        assert_eq!(
            store.create_family(&family(&alice), NOW).await.unwrap(),
            Created::Done
        );
        assert_eq!(store.revoke_subject(&alice, at(-1), NOW).await.unwrap(), 1);
        store.revoke_all(at(-HOUR)).await.unwrap();
        assert_eq!(store.purge_expired(NOW, few).await.unwrap(), 0);
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
