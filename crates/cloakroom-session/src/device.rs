use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;

use crate::Client;

/// A part of the list of a subject's sessions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Devices {
    /// The sessions.
    pub devices: Vec<Device>,
    /// Where the next part begins, as its [`Page::after`](cloakroom_store::Page::after); `None` at the end.
    pub next: Option<Selector>,
}

/// One session, as its owner sees it in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Device {
    /// What [`Session::end`](crate::Session::end) takes. No secret: it opens nothing.
    pub selector: Selector,
    /// Who logged in with it.
    pub client: Client,
    /// When it was made.
    pub created_at: UnixTime,
    /// When the subject last proved its identity in it.
    pub authenticated_at: UnixTime,
    /// When it was last used, as exact as [`Settings::touch_every`](crate::Settings::touch_every).
    pub last_seen_at: UnixTime,
    /// Whether it outlives the browser.
    pub persistent: bool,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// What is known of a session besides its data, as it was when the request read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Info {
    /// The public half of its token.
    pub selector: Selector,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it was last used, as exact as [`Settings::touch_every`](crate::Settings::touch_every).
    pub last_seen_at: UnixTime,
    /// When it ends unless it is used before.
    pub idle_deadline: UnixTime,
    /// When it ends.
    pub absolute_deadline: UnixTime,
    /// Whether it outlives the browser.
    pub persistent: bool,
}
