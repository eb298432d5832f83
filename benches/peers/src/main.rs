//! The server of `requests/..` with the sessions of `tower-sessions`.
//!
//! `cloakroom-bench-peers memory|sqlite:PATH|postgres://..|redis://.. [--stored N] [--tokens FILE] [--saves always|never]`
//! is called as `cloakroom-bench-app` is. `--saves always`, the default, is the setting with which a session's idle
//! deadline moves when it is used: each request saves it. With `never` a session that is only read ends half an hour
//! after it was written.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::str::FromStr as _;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use time::{Duration, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer, SessionStore};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike as _, Config, Pool};
use tower_sessions_sqlx_store::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tower_sessions_sqlx_store::sqlx::{self, PgPool, SqlitePool};
use tower_sessions_sqlx_store::{PostgresStore, SqliteStore};

/// As the other server has it.
const ACTIVE: u64 = 1000;
const VISITS: u64 = 42;
const USERS: u64 = 1000;
const IDLE: Duration = Duration::minutes(30);
/// How many rows one statement or transaction writes.
const BATCH: u64 = 10_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let sessions = arguments.next().ok_or("which sessions?")?;
    let (mut stored, mut tokens, mut saves) = (1, None, true);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("an option without its value")?;
        match (argument.as_str(), value.as_str()) {
            ("--stored", count) => stored = count.parse()?,
            ("--tokens", _) => tokens = Some(value),
            ("--saves", "always") => saves = true,
            ("--saves", "never") => saves = false,
            _ => return Err("what is this option?".into()),
        }
    }
    let app = match sessions.split_once(':') {
        None if sessions == "memory" => {
            let store = MemoryStore::default();
            create(&store, stored).await?;
            app(store, saves)
        }
        Some(("sqlite", path)) => {
            // As ours: a log in place of a journal, synced when it is folded into the database.
            let options = SqliteConnectOptions::from_str(path)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal);
            let pool = SqlitePool::connect_with(options).await?;
            let store = SqliteStore::new(pool.clone());
            store.migrate().await?;
            fill_sqlite(&pool, stored).await?;
            app(store, saves)
        }
        Some(("postgres", _)) => {
            let pool = PgPool::connect(&sessions).await?;
            let store = PostgresStore::new(pool.clone());
            store.migrate().await?;
            fill_postgres(&pool, stored).await?;
            app(store, saves)
        }
        Some(("redis", _)) => {
            let pool = Pool::new(Config::from_url(&sessions)?, None, None, None, 6)?;
            let _ = pool.connect();
            pool.wait_for_connect().await?;
            let store = RedisStore::new(pool);
            create(&store, stored).await?;
            app(store, saves)
        }
        _ => return Err("which sessions are these?".into()),
    };
    if let Some(path) = tokens {
        let lines = (0..ACTIVE.min(stored)).fold(String::new(), |mut lines, step| {
            let _ = writeln!(lines, "{}", id(step.wrapping_mul(2_654_435_761) % stored));
            lines
        });
        std::fs::write(path, lines)?;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, app).await?;
    Ok(())
}

fn app(store: impl SessionStore + Clone, saves: bool) -> Router {
    Router::new().route("/", get(value)).layer(
        SessionManagerLayer::new(store)
            .with_expiry(Expiry::OnInactivity(IDLE))
            .with_always_save(saves),
    )
}

async fn value(session: Session) -> Result<String, StatusCode> {
    match session.get::<u64>("visits").await {
        Ok(Some(visits)) => Ok(visits.to_string()),
        Ok(None) => Err(StatusCode::UNAUTHORIZED),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// The id of session `number`, spread over all there are.
fn id(number: u64) -> Id {
    let high = mixed(number).to_le_bytes();
    let low = mixed(!number).to_le_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high);
    bytes[8..].copy_from_slice(&low);
    Id(i128::from_le_bytes(bytes))
}

fn record(number: u64) -> Record {
    let client = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let data = HashMap::from([
        ("user".to_owned(), format!("user-{}", number % USERS).into()),
        ("client".to_owned(), client.into()),
        ("visits".to_owned(), VISITS.into()),
        ("theme".to_owned(), "dark".into()),
        ("locale".to_owned(), "en-GB".into()),
    ]);
    Record {
        id: id(number),
        data,
        expiry_date: OffsetDateTime::now_utc() + IDLE,
    }
}

/// Creates sessions `0..count`, many at a time.
async fn create(store: &(impl SessionStore + Clone), count: u64) -> Result<(), Box<dyn Error>> {
    let tasks = (0..64.min(count)).map(|first| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in (first..count).step_by(64) {
                store.create(&mut record(number)).await?;
            }
            Ok::<_, tower_sessions::session_store::Error>(())
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn fill_sqlite(pool: &SqlitePool, count: u64) -> Result<(), Box<dyn Error>> {
    for first in (0..count).step_by(BATCH as usize) {
        let mut transaction = pool.begin().await?;
        for number in first..count.min(first + BATCH) {
            let record = record(number);
            sqlx::query("insert into tower_sessions (id, data, expiry_date) values (?, ?, ?)")
                .bind(record.id.to_string())
                .bind(rmp_serde::to_vec(&record)?)
                .bind(record.expiry_date)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    sqlx::query("pragma wal_checkpoint(truncate)")
        .execute(pool)
        .await?;
    Ok(())
}

async fn fill_postgres(pool: &PgPool, count: u64) -> Result<(), Box<dyn Error>> {
    for first in (0..count).step_by(BATCH as usize) {
        let (mut ids, mut data, mut expiry) = (Vec::new(), Vec::new(), Vec::new());
        for number in first..count.min(first + BATCH) {
            let record = record(number);
            ids.push(record.id.to_string());
            data.push(rmp_serde::to_vec(&record)?);
            expiry.push(record.expiry_date);
        }
        sqlx::query(
            "insert into tower_sessions.session (id, data, expiry_date) \
             select * from unnest($1::text[], $2::bytea[], $3::timestamptz[])",
        )
        .bind(ids)
        .bind(data)
        .bind(expiry)
        .execute(pool)
        .await?;
    }
    for statement in ["vacuum (analyze) tower_sessions.session", "checkpoint"] {
        sqlx::query(statement).execute(pool).await?;
    }
    Ok(())
}

/// As the other server has it.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}
