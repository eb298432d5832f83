use crate::script::{Lua, lua};

/// The scripts of all operations on sessions.
pub(super) struct Scripts {
    pub(super) create: Lua,
    pub(super) update: Lua,
    pub(super) touch: Lua,
    pub(super) rotate: Lua,
    pub(super) delete: Lua,
    pub(super) delete_one: Lua,
    pub(super) delete_by_subject: Lua,
    pub(super) list: Lua,
    pub(super) revoke: Lua,
    pub(super) purge: Lua,
    pub(super) sweep: Lua,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            create: lua!("lua/row.lua", "lua/create.lua"),
            update: lua!("lua/row.lua", "lua/update.lua"),
            touch: lua!("lua/row.lua", "lua/touch.lua"),
            rotate: lua!("lua/row.lua", "lua/rotate.lua"),
            delete: lua!("lua/row.lua", "lua/delete.lua"),
            delete_one: lua!("lua/row.lua", "lua/delete_one.lua"),
            delete_by_subject: lua!("lua/row.lua", "lua/delete_by_subject.lua"),
            list: lua!("lua/row.lua", "lua/list.lua"),
            revoke: lua!("../lua/revoke.lua"),
            purge: lua!("lua/row.lua", "lua/purge.lua"),
            sweep: lua!("../lua/sweep.lua"),
        }
    }
}
