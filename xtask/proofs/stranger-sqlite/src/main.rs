use cloakroom_session::cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_session::{Answer, Carried, Client, Sessions, Settings};
use cloakroom_sqlite::SqliteSessionStore;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let store = SqliteSessionStore::open("target/proofs/sessions.db").await?;
    let sessions = Sessions::new(store, Settings::new(IndexSecret::generate()?))?;
    let (session, commit) = sessions.begin([], Client::default());
    session.login("ada")?;
    let Carried::Set { token, .. } = commit.finish(Answer::Succeeded).await? else {
        return Err("a login sets a cookie".into());
    };
    let (session, _commit) = sessions.begin([token], Client::default());
    println!(
        "subject={}",
        session.subject().await?.as_deref().unwrap_or("none")
    );
    Ok(())
}
