use crate::connection::Place;
use crate::prefix::Prefix;

/// The names of a feed's keys, all of one slot.
#[derive(Debug)]
pub(super) struct Keys {
    place: Place,
    names: [String; 6],
}

impl Keys {
    pub(super) fn new(prefix: &Prefix) -> Self {
        let tag = tag(prefix);
        let kinds = ["feed", "steps", "entries", "names", "kept", "denials:"];
        Self {
            place: place(prefix),
            names: kinds.map(|kind| format!("{}:{{{tag}}}:{kind}", prefix.as_str())),
        }
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// As scripts want them; `feed.lua` says what each is.
    pub(super) fn names(&self) -> [&str; 6] {
        self.names.each_ref().map(String::as_str)
    }
}

/// Where the feed lies.
pub(super) fn place(prefix: &Prefix) -> Place {
    Place::of_tag(tag(prefix).as_bytes())
}

/// The hash tag. Feeds of different prefixes may lie on different masters.
fn tag(prefix: &Prefix) -> String {
    format!("{}:revocation", prefix.as_str())
}
