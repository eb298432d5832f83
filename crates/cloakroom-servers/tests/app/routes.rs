use axum::Router;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use cloakroom_id::{IndexSecret, Selector};
use cloakroom_postgres::PostgresSessionStore;
use cloakroom_redis::RedisSessionStore;
use cloakroom_session::{Sessions, Settings};
use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::Page;
use cloakroom_tower::{Error, Session, SessionLayer};

/// The application on the store at `url`. All processes have one secret, as all servers of an application have.
pub(crate) async fn router(url: &str, prefix: &str) -> Router {
    let secret: [u8; 32] = std::array::from_fn(|n| 0x80 + u8::try_from(n).unwrap());
    let secret = IndexSecret::from_bytes(&secret).unwrap();
    let settings = Settings::new(secret);
    let sessions = if let Some(path) = url.strip_prefix("sqlite:") {
        Sessions::new(SqliteSessionStore::open(path).await.unwrap(), settings)
    } else if url.starts_with("postgres:") {
        Sessions::new(PostgresSessionStore::connect(url).await.unwrap(), settings)
    } else {
        let store = RedisSessionStore::builder().prefix(prefix).connect(url);
        Sessions::new(store.await.unwrap(), settings)
    };
    Router::new()
        .route("/who", get(who))
        .route("/login/{subject}", post(login))
        .route("/logout", post(logout))
        .route("/logout-everywhere", post(logout_everywhere))
        .route("/count", post(count))
        .route("/others", get(others))
        .route("/end/{selector}", post(end))
        .layer(SessionLayer::new(sessions.unwrap()).on_error(written_down))
}

/// The default response, and the reason in the log of the process.
fn written_down<B>(error: &Error, response: Response<B>) -> Response<B> {
    eprintln!("{}: {error:?}", response.status());
    response
}

async fn who(session: Session) -> Result<String, Error> {
    Ok(session.subject().await?.unwrap_or_else(|| "nobody".to_owned()))
}

async fn login(session: Session, Path(subject): Path<String>) -> Result<(), Error> {
    Ok(session.login(&subject)?)
}

async fn logout(session: Session) -> Result<(), Error> {
    Ok(session.logout()?)
}

async fn logout_everywhere(session: Session) -> Result<(), Error> {
    Ok(session.logout_everywhere()?)
}

async fn count(session: Session) -> Result<String, Error> {
    let count = session.update("count", |count: Option<u64>| Some(count.unwrap_or(0) + 1));
    Ok(count.await?.unwrap_or(0).to_string())
}

/// The selectors of the subject's other sessions, a line each.
async fn others(session: Session) -> Result<String, Error> {
    let devices = session.devices(Page::first(Page::MAX)).await?.devices;
    let others = devices.iter().filter(|device| !device.is_current);
    let selectors: Vec<_> = others.map(|device| device.selector.to_text()).collect();
    Ok(selectors.join("\n"))
}

async fn end(session: Session, Path(selector): Path<String>) -> Result<StatusCode, Error> {
    let Ok(selector) = Selector::parse(&selector) else {
        return Ok(StatusCode::NOT_FOUND);
    };
    session.end(&selector)?;
    Ok(StatusCode::OK)
}
