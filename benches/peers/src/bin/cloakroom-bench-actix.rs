//! The server of `requests/redis` with the sessions of `actix-session`, on the framework that they belong to.
//!
//! `cloakroom-bench-actix none|redis://.. [--stored N] [--tokens FILE]` is called as `cloakroom-bench-peers` is. With
//! `none` it is the same server without sessions, which the other is a share of.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;

use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_session::storage::{RedisSessionStore, SessionStore as _};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key};
use actix_web::web::{Data, get};
use actix_web::{App, HttpResponse, HttpServer};

/// As the other servers have it.
const ACTIVE: u64 = 1000;
const VISITS: u64 = 42;
const USERS: u64 = 1000;
const IDLE: Duration = Duration::minutes(30);

#[actix_web::main]
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
    if sessions == "none" {
        let server = HttpServer::new(|| App::new().route("/", get().to(without)));
        let server = server.workers(workers()).bind("127.0.0.1:0")?;
        println!("{}", server.addrs().first().ok_or("no address")?.port());
        return Ok(server.run().await?);
    }
    let store = RedisSessionStore::new(&sessions).await?;
    let key = Key::from(&[7; 64]);
    let mut lines = String::new();
    for number in 0..stored {
        let name = store.save(state(number), &IDLE).await?;
        if (number as usize) < ACTIVE as usize {
            let mut jar = CookieJar::new();
            jar.signed_mut(&key)
                .add(Cookie::new("id", String::from(name.as_ref())));
            let cookie = jar.get("id").ok_or("no cookie")?;
            let _ = writeln!(lines, "{}", cookie.value());
        }
    }
    if let Some(path) = tokens {
        std::fs::write(path, lines)?;
    }
    let app = move || {
        // Each request moves the idle deadline, as it does in the others.
        let lifecycle = PersistentSession::default()
            .session_ttl(IDLE)
            .session_ttl_extension_policy(TtlExtensionPolicy::OnEveryRequest);
        let sessions = SessionMiddleware::builder(store.clone(), key.clone())
            .cookie_content_security(CookieContentSecurity::Signed)
            .cookie_name("id".to_owned())
            .session_lifecycle(lifecycle)
            .build();
        App::new()
            .app_data(Data::new(()))
            .wrap(sessions)
            .route("/", get().to(value))
    };
    let server = HttpServer::new(app).workers(workers()).bind("127.0.0.1:0")?;
    println!("{}", server.addrs().first().ok_or("no address")?.port());
    Ok(server.run().await?)
}

/// As many as tokio takes by itself.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

async fn without() -> String {
    VISITS.to_string()
}

async fn value(session: Session) -> HttpResponse {
    match session.get::<u64>("visits") {
        Ok(Some(visits)) => HttpResponse::Ok().body(visits.to_string()),
        Ok(None) => HttpResponse::Unauthorized().finish(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// What the others' sessions hold, each value as JSON.
fn state(number: u64) -> HashMap<String, String> {
    let client = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    HashMap::from([
        ("user".to_owned(), format!("\"user-{}\"", number % USERS)),
        ("client".to_owned(), format!("\"{client}\"")),
        ("visits".to_owned(), VISITS.to_string()),
        ("theme".to_owned(), "\"dark\"".to_owned()),
        ("locale".to_owned(), "\"en-GB\"".to_owned()),
    ])
}
