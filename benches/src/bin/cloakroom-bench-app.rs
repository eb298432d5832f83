//! The server of `requests/..`: one route, which reads one value of a logged-in session and answers with it.
//!
//! `cloakroom-bench-app none|bare|memory|sqlite:PATH|postgres://..|redis://.. [--stored N] [--tokens FILE]` fills the
//! store with N sessions, writes the tokens of some of them to FILE, one a line, and prints the port that it listens on.
//! `bare` is a map of the sessions' data that checks nothing: what a look-up alone costs.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::extract::State;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use cloakroom_benches::stored::{Sample, VISITS, scattered};
use cloakroom_core::UnixTime;
use cloakroom_id::SessionToken;
use cloakroom_postgres::PostgresSessionStore;
use cloakroom_redis::RedisSessionStore;
use cloakroom_session::{Sessions, Settings};
use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::{MemoryLimits, MemoryStore, SubjectIndex};
use cloakroom_tower::{Session, SessionLayer};

/// How many sessions are in use at the same time.
const ACTIVE: u64 = 1000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let sessions = arguments.next().ok_or("which sessions?")?;
    let (mut stored, mut tokens) = (1, None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("an option without its value")?;
        match argument.as_str() {
            "--stored" => stored = value.parse()?,
            "--tokens" => tokens = Some(value),
            _ => return Err("what is this option?".into()),
        }
    }
    let sample = Arc::new(Sample::new().await);
    let now = |_| UnixTime::now();
    let app = match sessions.split_once(':') {
        None if sessions == "none" => Router::new().route("/", get(|| async { VISITS.to_string() })),
        None if sessions == "bare" => bare(&sample, stored),
        None if sessions == "memory" => {
            let store = Arc::new(MemoryStore::with_limits(MemoryLimits {
                sessions: 2_000_000,
                bytes: 4 << 30,
                ..MemoryLimits::default()
            }));
            sample.create(&store, stored, now).await?;
            app(&sample, store)?
        }
        Some(("sqlite", path)) => {
            let store = SqliteSessionStore::open(path).await?;
            sample.fill_sqlite(&store, path, stored).await?;
            app(&sample, store)?
        }
        Some(("postgres", _)) => {
            let store = PostgresSessionStore::connect(&sessions).await?;
            store.migrate().await?;
            sample.fill_postgres(&store, &sessions, stored, now).await?;
            app(&sample, store)?
        }
        Some(("redis", _)) => {
            let store = RedisSessionStore::connect(&sessions).await?;
            sample.create(&store, stored, now).await?;
            app(&sample, store)?
        }
        _ => return Err("which sessions are these?".into()),
    };
    if let Some(path) = tokens {
        let numbers = scattered(stored).take(ACTIVE.min(stored) as usize);
        let lines = numbers.fold(String::new(), |mut lines, number| {
            let _ = writeln!(lines, "{}", sample.token(number));
            lines
        });
        std::fs::write(path, lines)?;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, app).await?;
    Ok(())
}

fn app(sample: &Sample, store: impl SubjectIndex) -> Result<Router, Box<dyn Error>> {
    let sessions = Sessions::new(store, Settings::new(sample.secret().clone()))?;
    Ok(Router::new()
        .route("/", get(value))
        .route("/used", get(used))
        .layer(SessionLayer::new(sessions)))
}

type Bare = Arc<RwLock<HashMap<[u8; 16], Arc<[u8]>>>>;

fn bare(sample: &Sample, stored: u64) -> Router {
    let all = (0..stored).map(|number| {
        let selector = *sample.selector(number).as_bytes();
        (selector, Arc::from(&**sample.payload()))
    });
    let map: Bare = Arc::new(RwLock::new(all.collect()));
    Router::new().route("/", get(bare_value)).with_state(map)
}

async fn bare_value(State(map): State<Bare>, headers: HeaderMap) -> Result<String, StatusCode> {
    last_number(&map, &headers).ok_or(StatusCode::UNAUTHORIZED)
}

/// The number that the data ends with. The one cookie is taken for the token, and no verifier is looked at.
fn last_number(map: &Bare, headers: &HeaderMap) -> Option<String> {
    let (_, token) = headers.get(COOKIE)?.to_str().ok()?.split_once('=')?;
    let token = SessionToken::parse(token.as_bytes()).ok()?;
    let data = map.read().ok()?.get(token.selector().as_bytes())?.clone();
    let digits = data.rsplit(|byte| !byte.is_ascii_digit()).next()?;
    let visits: u64 = str::from_utf8(digits).ok()?.parse().ok()?;
    Some(visits.to_string())
}

async fn value(session: Session) -> Result<String, StatusCode> {
    match session.get::<u64>("visits").await {
        Ok(Some(visits)) => Ok(visits.to_string()),
        Ok(None) => Err(StatusCode::UNAUTHORIZED),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// How many seconds the idle deadline has been moved since the session was created.
async fn used(session: Session) -> Result<String, StatusCode> {
    match session.info().await {
        Ok(Some(info)) => {
            let moved = info.last_seen_at.as_millis() - info.created_at.as_millis();
            Ok((moved / 1000).to_string())
        }
        _ => Err(StatusCode::UNAUTHORIZED),
    }
}
