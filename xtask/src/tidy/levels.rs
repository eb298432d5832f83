/// Where a member stands. An arrow between crates points to a lower level only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// A published crate at this level.
    Published(u8),
    /// Never published, and nothing depends on it; it may depend on everything that is published.
    Unpublished,
    /// Never published; what is unpublished may use it. It depends on nothing outside its tests, because `xtask`, which
    /// is built first in every run, uses it too.
    Harness,
}

/// Every crate of the house, those that are not built yet among them. A new crate begins with its line here.
const LEVELS: &[(&str, Level)] = &[
    ("cloakroom-core", Level::Published(0)),
    ("cloakroom-cookie", Level::Published(1)),
    ("cloakroom-error", Level::Published(1)),
    ("cloakroom-id", Level::Published(1)),
    ("cloakroom-jwt", Level::Published(1)),
    ("cloakroom-keyring", Level::Published(1)),
    ("cloakroom-kit", Level::Published(1)),
    ("cloakroom-seal", Level::Published(2)),
    ("cloakroom-csrf", Level::Published(2)),
    ("cloakroom-store", Level::Published(2)),
    ("cloakroom-token", Level::Published(2)),
    ("cloakroom-revocation", Level::Published(2)),
    ("cloakroom-session", Level::Published(3)),
    ("cloakroom-lineage", Level::Published(3)),
    ("cloakroom-jwks", Level::Published(3)),
    ("cloakroom-sqlite", Level::Published(3)),
    ("cloakroom-postgres", Level::Published(3)),
    ("cloakroom-redis", Level::Published(3)),
    ("cloakroom-tower", Level::Published(4)),
    ("cloakroom-tower-sessions", Level::Published(4)),
    ("cloakroom-fleet", Level::Unpublished),
    ("cloakroom-demo", Level::Unpublished),
    ("cloakroom-interop", Level::Unpublished),
    ("cloakroom-servers", Level::Harness),
    ("cloakroom-fuzz", Level::Unpublished),
    ("cloakroom-benches", Level::Unpublished),
    ("xtask", Level::Unpublished),
];

/// The level of the crate called `name`; `None` when it is no crate of the house.
pub(super) fn level(name: &str) -> Option<Level> {
    LEVELS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, level)| *level)
}

/// Crates up to this level do no I/O, read no clock, have no timers and write their errors by hand.
pub(super) const PURE: u8 = 2;

impl Level {
    pub(super) fn is_pure(self) -> bool {
        matches!(self, Self::Published(level) if level <= PURE)
    }
}
