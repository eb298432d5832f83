//! What all servers that share a store agree on, and how each of them follows the store's revocations.

use std::time::Duration;

use cloakroom_lineage::{Clocks, Event, EventKind, Follower, Gate};
use cloakroom_revocation::{AgeTooLong, Fleet, Reader, ReaderSettings, RevocationCheck};

use crate::revocation_store::AnyRevocationStore;

/// The longest life of anything that only a revocation ends early: the ticket of the sealed cookie.
const LONGEST_AGE: Duration = Duration::from_hours(12);
/// How far the clocks of two servers may lie apart.
pub(crate) const MAX_SKEW: Duration = Duration::from_secs(2);

pub(crate) const FLEET: Fleet = Fleet {
    max_skew: MAX_SKEW,
    longest_age: LONGEST_AGE,
    // No verifier here grants any; a minute is what a fleet has that may want to.
    leeway: Duration::from_mins(1),
    max_entries: 1_000_000,
};

/// The follower of the store's feed, to be spawned, and the gate that looks at what it knows.
pub(crate) fn follow(
    store: AnyRevocationStore,
    clocks: &Clocks,
) -> Result<(Follower<AnyRevocationStore>, Gate), AgeTooLong> {
    let reader = Reader::new(
        FLEET,
        ReaderSettings {
            // For a fleet that must not load everything at once; here a person waits for the page.
            spread: Duration::ZERO,
            ..ReaderSettings::default()
        },
    );
    let check = RevocationCheck::new(FLEET, LONGEST_AGE, [reader.snapshot()])?;
    let gate = Gate::new(check, clocks.clone()).observer(tell);
    let follower = Follower::new(store, reader)
        .with_clocks(clocks.clone())
        .observer(tell);
    Ok((follower, gate))
}

/// Tells the operator of a change for the worse, and of its end. Each poll that fails would be too much.
pub(crate) fn tell(event: &Event) {
    let line = match event.kind() {
        EventKind::Stale(_) => {
            "the store of revocations does not answer: tickets and tokens are refused with 503"
        }
        EventKind::Fresh => "the store of revocations answers again",
        EventKind::ClockOff(_) => {
            "this machine's clock and the store's lie more than two seconds apart: tickets and tokens are refused with 503"
        }
        EventKind::ClockRight => "this machine's clock and the store's agree again",
        _ => return,
    };
    crate::app::say(line);
}
