use crate::{Event, EventKind, Observer};

/// Writes each event to [`tracing`], under the target `cloakroom_session`: failures of the store as errors, what an
/// operator should look at as warnings, changes of who is logged in as information, the rest for debugging.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn observe(&self, event: &Event) {
        let name = event.kind().as_str();
        let session = event.session().map(tracing::field::display);
        let operation = event.operation().map(crate::Operation::as_str);
        match event.kind() {
            EventKind::StoreFailed(kind) => tracing::error!(
                target: "cloakroom_session",
                event = name,
                session,
                operation,
                kind = kind.as_str(),
                elapsed = event.elapsed().map(tracing::field::debug),
                "an operation of the store failed",
            ),
            EventKind::Reused
            | EventKind::Ambiguous
            | EventKind::Contended
            | EventKind::TouchFailed
            | EventKind::RenewalFailed => {
                tracing::warn!(target: "cloakroom_session", event = name, session, "session event");
            }
            EventKind::EndedOthers(count) | EventKind::EndedAll(count) => {
                tracing::info!(target: "cloakroom_session", event = name, session, count, "session event");
            }
            EventKind::LoggedIn
            | EventKind::Reauthenticated
            | EventKind::LoggedOut
            | EventKind::Ended
            | EventKind::Revoked => {
                tracing::info!(target: "cloakroom_session", event = name, session, "session event");
            }
            EventKind::Purged(count) => {
                tracing::debug!(target: "cloakroom_session", event = name, count, "session event");
            }
            EventKind::Created
            | EventKind::Renewed
            | EventKind::WrongVerifier
            | EventKind::Unknown
            | EventKind::Superseded => {
                tracing::debug!(target: "cloakroom_session", event = name, session, "session event");
            }
        }
    }
}
