use std::env;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cloakroom_lineage::{Clocks, Follower, Gate};
use cloakroom_postgres::PostgresRevocationStore;
use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::{
    Credential, Fleet, LOCAL, Reader, ReaderSettings, Refused, RevocationCheck, RevocationFeed,
};

use crate::{ISSUED_AT, TOKENS, micros, token};

/// Says in the environment of a process that it is a node, and of which store.
pub(crate) const STORE: &str = "CLOAKROOM_TEST_NODE_STORE";
pub(crate) const PREFIX: &str = "CLOAKROOM_TEST_NODE_PREFIX";

/// Serves as a node until its input ends, if this process is to be one.
pub(crate) async fn serve_if_asked() {
    let Ok(url) = env::var(STORE) else { return };
    let fleet = Fleet::default();
    if url.starts_with("redis") {
        let prefix = env::var(PREFIX).unwrap();
        let store = RedisRevocationStore::builder(fleet).prefix(prefix);
        serve(store.connect(&url).await.unwrap(), fleet).await;
    } else {
        serve(
            PostgresRevocationStore::connect(&url, fleet).await.unwrap(),
            fleet,
        )
        .await;
    }
}

/// Asks for every token, over and over, as requests would.
async fn serve(feed: impl RevocationFeed, fleet: Fleet) {
    let clocks = Clocks::system();
    let reader = Reader::new(fleet, ReaderSettings::default());
    let check = RevocationCheck::new(fleet, fleet.longest_age, [reader.snapshot()]).unwrap();
    let gate = Gate::new(check, clocks.clone());
    tokio::spawn(Follower::new(feed, reader).with_clocks(clocks).run());
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        end.store(true, Ordering::SeqCst);
    });

    let tokens: Vec<_> = (0..TOKENS).map(token).collect();
    let mut seen = vec![(0, None); TOKENS];
    let mut is_fresh = false;
    let mut last_accepted = 0;
    while !ended.load(Ordering::SeqCst) {
        for (token, (accepted, refused)) in tokens.iter().zip(&mut seen) {
            if refused.is_some() {
                continue;
            }
            let credential = Credential {
                issuer: LOCAL,
                subject: Some(&token.subject),
                issued_at: Some(*ISSUED_AT),
                token_id: Some(&token.id),
            };
            let began = micros();
            let answer = gate.check(&credential).await;
            let was_fresh = is_fresh;
            match answer {
                Ok(()) => {
                    (*accepted, last_accepted, is_fresh) = (began, began, true);
                }
                Err(Refused::Denied) => (*refused, is_fresh) = (Some(micros()), true),
                Err(Refused::Stale { .. }) => is_fresh = false,
                Err(other) => panic!("{other:?}"),
            }
            if is_fresh != was_fresh {
                let now = if is_fresh { "fresh" } else { "stale" };
                say(&format!("{now} {last_accepted}"));
            }
        }
        // Sixteen threads that never rest would leave the feed no processor.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (accepted, refused) in seen {
        say(&format!("token {accepted} {}", refused.unwrap_or(0)));
    }
    say("end");
}

/// In a line that the test harness does not write into: it has none between its own.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "\nNODE {text}").unwrap();
    out.flush().unwrap();
}
