//! Sessions by the thousand, the same in every store: of a thousand users, with a few values each.
//!
//! Their selectors are computed from their numbers, and all have one verifier, so that nobody has to remember a million
//! tokens. Stores in memory and on Redis are filled through their own `create`; tables get a thousand rows that way, of
//! which the others are copies under other selectors.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::UnixTime;
use cloakroom_id::{IndexSecret, Selector, SessionToken, VerifierHash};
use cloakroom_session::{Answer, Carried, Client, Sessions, Settings};
use cloakroom_store::{
    Authentication, Created, MemoryStore, NewRecord, SessionStore, StoreError, Subject, SubjectIndex,
};
use sqlx::{Connection as _, Row as _};

/// How many users the sessions belong to.
pub const USERS: u64 = 1000;
/// What each session holds under the key that handlers read.
pub const VISITS: u64 = 42;
/// How long a session may be idle, the crate's own default.
const IDLE: Duration = Duration::from_mins(30);
/// How long it may live.
const ABSOLUTE: Duration = Duration::from_hours(12);
/// How many rows one statement copies.
const BATCH: u64 = 10_000;

/// The secret half of every token.
const VERIFIER: [u8; 32] = *b"\x91the verifier of every session\xd3\x07";

/// What all of them have in common.
pub struct Sample {
    secret: IndexSecret,
    subjects: Vec<Subject>,
    verifier_hash: VerifierHash,
    payload: Arc<[u8]>,
}

impl Sample {
    /// # Panics
    ///
    /// When a session cannot be made in memory.
    pub async fn new() -> Self {
        let bytes: Vec<u8> = (100..132).collect();
        let secret = IndexSecret::from_bytes(&bytes).expect("32 different bytes are a secret");
        let subjects = (0..USERS)
            .map(|number| Subject::new(&format!("user-{number}"), &secret).expect("it is short"))
            .collect();
        Self {
            payload: payload(&secret).await,
            verifier_hash: token(Selector::from_bytes([0; 16])).verifier_hash(),
            secret,
            subjects,
        }
    }

    /// The secret that the subjects' tags are made with.
    pub fn secret(&self) -> &IndexSecret {
        &self.secret
    }

    /// The data of each session.
    pub fn payload(&self) -> &Arc<[u8]> {
        &self.payload
    }

    /// The hash of every token's verifier.
    pub fn verifier_hash(&self) -> VerifierHash {
        self.verifier_hash
    }

    /// The selector of session `number`.
    pub fn selector(&self, number: u64) -> Selector {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mixed(number).to_le_bytes());
        bytes[8..].copy_from_slice(&mixed(!number).to_le_bytes());
        let subject = &self.subjects[(number % USERS) as usize];
        bytes[..2].copy_from_slice(subject.tag().as_bytes());
        Selector::from_bytes(bytes)
    }

    /// What a client shows for session `number`.
    pub fn token(&self, number: u64) -> String {
        token(self.selector(number)).to_text().to_string()
    }

    /// Session `number` as it is created at `now`.
    ///
    /// # Panics
    ///
    /// Never: the selector has the subject's tag.
    pub fn record(&self, number: u64, now: UnixTime) -> NewRecord {
        NewRecord::new(
            self.selector(number),
            self.verifier_hash,
            Some(Authentication {
                subject: self.subjects[(number % USERS) as usize].clone(),
                at: now,
            }),
            now.saturating_add(IDLE),
            now.saturating_add(ABSOLUTE),
            Arc::from(&*self.payload),
        )
        .expect("the selector has the subject's tag")
    }

    /// Creates sessions `0..count` in `store`, each at its time, many at a time.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// # Panics
    ///
    /// When one is there already.
    pub async fn create(
        self: &Arc<Self>,
        store: &(impl SessionStore + Clone),
        count: u64,
        created_at: impl Fn(u64) -> UnixTime + Clone + Send + 'static,
    ) -> Result<(), StoreError> {
        let tasks = (0..64.min(count)).map(|first| {
            let (sample, store, created_at) = (Arc::clone(self), store.clone(), created_at.clone());
            tokio::spawn(async move {
                for number in (first..count).step_by(64) {
                    let now = created_at(number);
                    let created = store.create(&sample.record(number, now), now).await?;
                    assert_eq!(created, Created::Done, "session {number}");
                }
                Ok::<_, StoreError>(())
            })
        });
        let tasks: Vec<_> = tasks.collect();
        for task in tasks {
            task.await.expect("a store panicked")?;
        }
        Ok(())
    }

    /// Fills an empty SQLite database of ours, whose `store` is open.
    ///
    /// # Errors
    ///
    /// Those of the store and of SQLite.
    pub async fn fill_sqlite(
        self: &Arc<Self>,
        store: &(impl SubjectIndex + Clone),
        path: &str,
        count: u64,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let now = UnixTime::now();
        self.create(store, count.min(USERS), move |_| now).await?;
        if count <= USERS {
            return Ok(());
        }
        let mut connection = sqlx::SqliteConnection::connect(path).await?;
        let columns: Vec<String> = sqlx::query("SELECT name FROM pragma_table_info('cloakroom_session')")
            .fetch_all(&mut connection)
            .await?
            .iter()
            .map(|row| row.get(0))
            .filter(|name: &String| name != "id" && name != "selector")
            .collect();
        let columns = columns.join(", ");
        sqlx::raw_sql(
            "CREATE TEMP TABLE model AS SELECT * FROM cloakroom_session; CREATE INDEX temp.m ON model (subject)",
        )
        .execute(&mut connection)
        .await?;
        let copy = format!(
            "WITH RECURSIVE k (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i + 1 < ?2) \
             INSERT INTO cloakroom_session (selector, {columns}) \
             SELECT substr(?1, k.i * 16 + 1, 16), {columns} \
             FROM k CROSS JOIN model ON model.subject = 'user-' || ((?3 + k.i) % {USERS})"
        );
        for first in (USERS..count).step_by(BATCH as usize) {
            let selectors = self.selectors(first, count);
            let rows = sqlx::query(sqlx::AssertSqlSafe(copy.clone()))
                .bind(selectors.concat())
                .bind(selectors.len() as i64)
                .bind(first.cast_signed())
                .execute(&mut connection)
                .await?
                .rows_affected();
            assert_eq!(rows, selectors.len() as u64, "SQLite copies each row once");
        }
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(())
    }

    /// Fills an empty PostgreSQL schema of ours, whose `store` is open. All sessions of a user have the age of the first.
    ///
    /// # Errors
    ///
    /// Those of the store and of PostgreSQL.
    pub async fn fill_postgres(
        self: &Arc<Self>,
        store: &(impl SubjectIndex + Clone),
        url: &str,
        count: u64,
        created_at: impl Fn(u64) -> UnixTime + Clone + Send + 'static,
    ) -> Result<(), Box<dyn std::error::Error>> {
        self.create(store, count.min(USERS), created_at).await?;
        let mut connection = sqlx::PgConnection::connect(url).await?;
        if count > USERS {
            let columns: Vec<String> = sqlx::query(
                "SELECT column_name::text FROM information_schema.columns \
                 WHERE table_schema = 'cloakroom' AND table_name = 'sessions' AND is_generated = 'NEVER'",
            )
            .fetch_all(&mut connection)
            .await?
            .iter()
            .map(|row| row.get(0))
            .filter(|name: &String| name != "selector")
            .collect();
            let listed = columns.join(", ");
            let read = columns.iter().fold(String::new(), |mut text, name| {
                let _ = write!(text, ", model.{name}");
                text
            });
            sqlx::raw_sql("CREATE TEMP TABLE model AS SELECT * FROM cloakroom.sessions; ANALYZE model")
                .execute(&mut connection)
                .await?;
            let copy = format!(
                "INSERT INTO cloakroom.sessions (selector, {listed}) SELECT new.selector {read} \
                 FROM unnest($1::bytea[], $2::text[]) AS new (selector, subject) \
                 JOIN model ON model.subject = new.subject"
            );
            for first in (USERS..count).step_by(BATCH as usize) {
                let selectors = self.selectors(first, count);
                let subjects: Vec<_> = (first..)
                    .take(selectors.len())
                    .map(|number| format!("user-{}", number % USERS))
                    .collect();
                let rows = sqlx::query(sqlx::AssertSqlSafe(copy.clone()))
                    .bind(selectors.iter().map(|bytes| bytes.to_vec()).collect::<Vec<_>>())
                    .bind(subjects)
                    .execute(&mut connection)
                    .await?
                    .rows_affected();
                assert_eq!(rows, selectors.len() as u64, "PostgreSQL copies each row once");
            }
        }
        // What autovacuum would do in the middle of a measurement.
        sqlx::raw_sql("VACUUM (ANALYZE) cloakroom.sessions")
            .execute(&mut connection)
            .await?;
        sqlx::raw_sql("CHECKPOINT").execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }

    fn selectors(&self, first: u64, count: u64) -> Vec<[u8; 16]> {
        let end = count.min(first + BATCH);
        (first..end)
            .map(|number| *self.selector(number).as_bytes())
            .collect()
    }
}

/// Some of `count` numbers, in no order and none twice as long as there are that many.
pub fn scattered(count: u64) -> impl Iterator<Item = u64> + Clone {
    // A prime, so that each number comes once before the first one comes again.
    const STEP: u64 = 2_654_435_761;
    (0_u64..).map(move |step| step.wrapping_mul(STEP) % count)
}

/// The payload of a session that somebody has logged in with and put a few values into, as the library writes it.
async fn payload(secret: &IndexSecret) -> Arc<[u8]> {
    let store = Arc::new(MemoryStore::new());
    let sessions = Sessions::new(Arc::clone(&store), Settings::new(secret.clone())).expect("valid settings");
    let client = Client {
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".into()),
        address: None,
    };
    let (session, commit) = sessions.begin([], client);
    session.login("user-0").expect("nothing was committed");
    session.insert("visits", &VISITS).expect("a number is JSON");
    session.insert("theme", "dark").expect("a text is JSON");
    session.insert("locale", "en-GB").expect("a text is JSON");
    let carried = commit
        .finish(Answer::Succeeded)
        .await
        .expect("it fits into memory");
    let Carried::Set { token, .. } = carried else {
        panic!("a login makes a token");
    };
    let stored = store.load(&token.selector(), UnixTime::now()).await;
    stored.expect("memory answers").expect("it is live").payload
}

fn token(selector: Selector) -> SessionToken {
    let mut bytes = [0; 48];
    bytes[..16].copy_from_slice(selector.as_bytes());
    bytes[16..].copy_from_slice(&VERIFIER);
    SessionToken::parse(URL_SAFE_NO_PAD.encode(bytes).as_bytes()).expect("64 characters")
}

/// A finaliser that spreads the bits of `number`: that of `MurmurHash3`.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}
