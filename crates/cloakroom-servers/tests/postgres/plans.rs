//! What the server does for each statement when there are many sessions.

use std::num::NonZeroU32;

use cloakroom_store::conformance::fixture::{HOUR, NOW, at, of, rotation, subject};
use cloakroom_store::{Created, Page, Rotated, SessionStore, SubjectIndex, Touched};
use sqlx::{AssertSqlSafe, Row as _};

use crate::place::Place;

/// 100,000 sessions of 50,000 subjects, made by the server.
const MANY: &str = "
INSERT INTO {s}.sessions (selector, format, verifier_hash, subject, authenticated_at, lineage_at, created_at,
    last_seen_at, idle_deadline, absolute_deadline, purge_bucket, version, payload)
SELECT decode(md5(n::text), 'hex'), 1, decode(repeat('07', 32), 'hex'), 'user ' || n / 2, t, t, t, t,
    t + 1800000, t + 43200000, (t + 1800000) / 60000, 1, decode(repeat('00', 100), 'hex')
FROM generate_series(1, 100000) AS n, LATERAL (SELECT 1767225600000 + n % 600000) AS clock (t);
ANALYZE {s}.sessions;
ANALYZE {s}.session_cutoffs;
";

#[tokio::test]
async fn no_operation_reads_a_whole_table() {
    let place = Place::new();
    let store = place.store().await;
    place.run(MANY).await;
    let reads = "SELECT COALESCE(sum(seq_tup_read), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = '{s}' \
                 AND relname = 'sessions'";
    let alice = subject("alice");
    let few = NonZeroU32::new(10).unwrap();
    // More often than the five times after which the server plans without looking at what it is given.
    let rounds = 12;
    let start = place.number(reads).await;
    for _ in 0..rounds {
        let record = of(&alice).build();
        let (selector, hash) = (record.selector(), *record.verifier_hash());
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        assert!(store.load(&selector, NOW).await.unwrap().is_some());
        assert_eq!(
            store.touch(&selector, at(HOUR), NOW).await.unwrap(),
            Touched::Done
        );
        let rotated = store.rotate(&selector, &hash, &rotation(), NOW).await.unwrap();
        assert!(matches!(rotated, Rotated::Done(_)));
        let listed = store
            .list_by_subject(&alice, Page::first(few), NOW)
            .await
            .unwrap();
        assert_eq!(listed.sessions.len(), 1);
        assert!(store.delete_one(&alice, &selector).await.unwrap());
        assert!(!store.delete(&selector).await.unwrap());
        let record = of(&alice).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        assert_eq!(store.delete_by_subject(&alice, None, at(-1)).await.unwrap(), 1);
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

#[tokio::test]
async fn list_and_delete_by_subject_use_the_index() {
    let place = Place::new();
    let _store = place.store().await;
    place.run(MANY).await;
    let mut connection = place.connection().await;
    for (what, query) in [
        (
            "list",
            "SELECT * FROM {s}.sessions s WHERE s.subject = 'user 77' AND s.selector > '' \
             AND s.idle_deadline > 1767225600000 ORDER BY s.selector LIMIT 100",
        ),
        (
            "delete",
            "SELECT selector FROM {s}.sessions WHERE subject = convert_from(decode('757365722037', 'hex'), 'UTF8') \
             ORDER BY selector FOR UPDATE",
        ),
    ] {
        let text = format!("EXPLAIN {}", query.replace("{s}", &place.schema));
        let rows = sqlx::query(AssertSqlSafe(text))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        println!("{what}:\n{plan}");
        assert!(plan.contains("sessions_by_subject"), "{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{plan}");
    }
}
