//! Purges: side by side, beside who holds a lock, and after sessions that were used on.

use std::num::NonZeroU32;

use cloakroom_store::conformance::fixture::{HOUR, MINUTE, NOW, at, of, subject};
use cloakroom_store::{Created, SessionStore, SubjectIndex};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::place::Place;

const ALL: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();

/// Many sessions, made by the server; the first `$dead` thousand end at once.
fn many(dead: u32) -> String {
    format!(
        "INSERT INTO {{s}}.sessions (selector, format, verifier_hash, lineage_at, created_at, last_seen_at, \
             idle_deadline, absolute_deadline, purge_bucket, version, payload) \
         SELECT decode(md5(n::text), 'hex'), 1, decode(repeat('07', 32), 'hex'), {now}, {now}, {now}, \
             until, {now} + 43200000, until / 60000, 1, '' \
         FROM generate_series(1, 20000) AS n, \
             LATERAL (SELECT {now} + CASE WHEN n <= {dead} THEN 1 + n % 1000 ELSE 7200000 END) AS clock (until); \
         ANALYZE {{s}}.sessions",
        now = NOW.as_millis(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn d10_two_purgers_share_the_work() {
    let place = Place::new();
    let store = place.store().await;
    place.run(&many(12_000)).await;
    let batch = NonZeroU32::new(500).unwrap();
    let purgers: Vec<_> = (0..2)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut purged = 0;
                loop {
                    let now = store.purge_expired(at(2000), batch).await.unwrap();
                    assert!(now <= u64::from(batch.get()));
                    purged += now;
                    if now == 0 {
                        return purged;
                    }
                }
            })
        })
        .collect();
    let mut purged = 0;
    for purger in purgers {
        purged += purger.await.unwrap();
    }
    // Either may have stopped while the other one had the last rows locked.
    purged += store.purge_expired(at(2000), ALL).await.unwrap();
    assert_eq!(purged, 12_000);
    assert_eq!(place.number("SELECT count(*) FROM {s}.sessions").await, 8000);
}

#[tokio::test]
async fn d10_a_purge_does_not_wait_for_who_holds_a_row() {
    let place = Place::new();
    let store = place.store().await;
    place.run(&many(100)).await;
    let mut connection = place.connection().await;
    let mut holder = connection.begin().await.unwrap();
    let lock = format!(
        "SELECT 1 FROM {}.sessions WHERE selector IN (decode(md5('1'), 'hex'), decode(md5('2'), 'hex')) FOR UPDATE",
        place.schema
    );
    sqlx::raw_sql(AssertSqlSafe(lock))
        .execute(&mut *holder)
        .await
        .unwrap();
    assert_eq!(store.purge_expired(at(2000), ALL).await.unwrap(), 98);
    holder.rollback().await.unwrap();
    assert_eq!(store.purge_expired(at(2000), ALL).await.unwrap(), 2);
}

#[tokio::test]
async fn d10_sessions_in_use_are_filed_anew_and_purged_after_their_end() {
    let place = Place::new();
    let store = place.store().await;
    let mut rows = Vec::new();
    for number in 0..450 {
        let record = of(&subject(&format!("user {number}"))).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        rows.push(record.selector());
    }
    for selector in &rows {
        let _ = store.touch(selector, at(90 * MINUTE), at(MINUTE)).await.unwrap();
    }
    // Their buckets have come, and not one of them has ended. They are behind a dead one of the same bucket.
    let dead = of(&subject("dead")).build();
    assert_eq!(store.create(&dead, NOW).await.unwrap(), Created::Done);
    let one = NonZeroU32::MIN;
    assert_eq!(store.purge_expired(at(31 * MINUTE), one).await.unwrap(), 1);
    assert_eq!(store.purge_expired(at(31 * MINUTE), ALL).await.unwrap(), 0);
    let early = format!(
        "SELECT count(*) FROM {{s}}.sessions WHERE purge_bucket < {}",
        at(90 * MINUTE).as_millis() / 60_000
    );
    assert_eq!(place.number(&early).await, 0);
    assert_eq!(store.purge_expired(at(90 * MINUTE), ALL).await.unwrap(), 450);
}

#[tokio::test]
async fn old_cut_offs_are_forgotten_and_rows_for_their_lock_alone() {
    let place = Place::new();
    let store = place.store().await;
    let day = 24 * HOUR;
    let (alice, bob, carol) = (subject("alice"), subject("bob"), subject("carol"));
    assert_eq!(store.delete_by_subject(&alice, None, NOW).await.unwrap(), 0);
    assert_eq!(store.delete_by_subject(&bob, None, at(2 * day)).await.unwrap(), 0);
    store.revoke_all(at(-day)).await.unwrap();
    assert_eq!(
        store.create(&of(&carol).build(), NOW).await.unwrap(),
        Created::Done
    );
    let cutoffs = "SELECT count(*) FROM {s}.session_cutoffs";
    assert_eq!(place.number(cutoffs).await, 4);
    assert_eq!(store.purge_expired(NOW, ALL).await.unwrap(), 0);
    assert_eq!(place.number(cutoffs).await, 3, "carol's said nothing");
    store.purge_expired(at(401 * day), ALL).await.unwrap();
    assert_eq!(
        place.number(cutoffs).await,
        2,
        "alice's has had its time, the store's stays"
    );
    let late = of(&bob).authenticated(at(2 * day)).build();
    assert_eq!(store.create(&late, at(3 * day)).await.unwrap(), Created::Refused);
}

/// A server that is far away, or has much else to do: each statement that deletes takes 6 ms at least. It is written down
/// how many rows each deleted.
const FAR: &str = "\
CREATE TABLE {s}.batch (turn bigserial, size bigint);
CREATE FUNCTION {s}.far() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
INSERT INTO {s}.batch (size) SELECT count(*) FROM gone; PERFORM pg_sleep(0.006); RETURN NULL; END $$;
CREATE TRIGGER far AFTER DELETE ON {s}.sessions REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION {s}.far();
CREATE TRIGGER far AFTER DELETE ON {s}.session_cutoffs REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION {s}.far()";

/// How many rows each statement deleted since this was asked for.
async fn sizes(place: &Place) -> Vec<i64> {
    let taken = format!(
        "WITH taken AS (DELETE FROM {}.batch RETURNING turn, size) SELECT size FROM taken ORDER BY turn",
        place.schema
    );
    let mut connection = place.connection().await;
    sqlx::query_scalar(AssertSqlSafe(taken))
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

/// Whoever calls for a purge waits for it, and not for as many round trips as a server nearby would be given.
#[tokio::test]
async fn d10_a_purge_on_a_server_far_away_takes_few_statements() {
    let place = Place::new();
    let store = place.store().await;
    place.run(&many(1100)).await;
    place.run(FAR).await;
    let batch = NonZeroU32::new(1000).unwrap();
    assert_eq!(store.purge_expired(at(2000), batch).await.unwrap(), 1000);
    assert_eq!(sizes(&place).await, [25, 25, 250, 250, 250, 200]);
    // What is left of a purge keeps the pace. The last two are of what a cut-off of all ended, and of old cut-offs.
    assert_eq!(store.purge_expired(at(2000), batch).await.unwrap(), 100);
    assert_eq!(sizes(&place).await, [25, 25, 50, 0, 0]);
    store.revoke_all(at(1)).await.unwrap();
    let some = NonZeroU32::new(600).unwrap();
    assert_eq!(store.purge_expired(at(2000), some).await.unwrap(), 600);
    assert_eq!(sizes(&place).await, [0, 25, 250, 250, 75]);
}

/// Whoever logs in waits for a purge that has locked their row of cut-offs, so none is locked for long.
#[tokio::test]
async fn d10_cut_offs_are_forgotten_in_batches() {
    let place = Place::new();
    let store = place.store().await;
    place
        .run("INSERT INTO {s}.session_cutoffs SELECT 'user ' || n, NULL FROM generate_series(1, 2000) n")
        .await;
    place.run(FAR).await;
    let cutoffs = "SELECT count(*) FROM {s}.session_cutoffs";
    let some = NonZeroU32::new(300).unwrap();
    // The first two found no sessions.
    assert_eq!(store.purge_expired(NOW, some).await.unwrap(), 0);
    assert_eq!(place.number(cutoffs).await, 1700);
    assert_eq!(sizes(&place).await, [0, 0, 250, 50]);
    assert_eq!(store.purge_expired(NOW, ALL).await.unwrap(), 0);
    assert_eq!(place.number(cutoffs).await, 0);
    assert_eq!(sizes(&place).await, [0, 0, 250, 250, 250, 250, 250, 250, 200]);
}
