use crate::script::{Lua, lua};

/// The scripts of all operations on revocations.
pub(super) struct Scripts {
    pub(super) deny: Lua,
    pub(super) cut_off: Lua,
    pub(super) look_up: Lua,
    pub(super) purge: Lua,
    pub(super) head: Lua,
    pub(super) page: Lua,
    pub(super) poll: Lua,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            deny: lua!("lua/feed.lua", "lua/deny.lua"),
            cut_off: lua!("lua/feed.lua", "lua/cut_off.lua"),
            look_up: lua!("lua/feed.lua", "lua/look_up.lua"),
            purge: lua!("lua/feed.lua", "lua/purge.lua"),
            head: lua!("lua/feed.lua", "lua/head.lua"),
            page: lua!("lua/feed.lua", "lua/page.lua"),
            poll: lua!("lua/feed.lua", "lua/poll.lua"),
        }
    }
}
