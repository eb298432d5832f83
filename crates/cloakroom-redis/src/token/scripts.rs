use crate::script::{Lua, lua};

/// The scripts of all operations on tokens.
pub(super) struct Scripts {
    pub(super) create: Lua,
    pub(super) rotate: Lua,
    pub(super) load: Lua,
    pub(super) end_family: Lua,
    pub(super) end_one: Lua,
    pub(super) list: Lua,
    pub(super) revoke_subject: Lua,
    pub(super) revoke_all: Lua,
    pub(super) stands: Lua,
    pub(super) put_access: Lua,
    pub(super) create_access: Lua,
    pub(super) load_access: Lua,
    pub(super) end_access: Lua,
    pub(super) purge_family: Lua,
    pub(super) purge_access: Lua,
    pub(super) sweep: Lua,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            create: lua!("lua/family.lua", "lua/create.lua"),
            rotate: lua!("lua/family.lua", "lua/rotate.lua"),
            load: lua!("lua/family.lua", "lua/load.lua"),
            end_family: lua!("lua/family.lua", "lua/end_family.lua"),
            end_one: lua!("lua/family.lua", "lua/end_one.lua"),
            list: lua!("lua/family.lua", "lua/list.lua"),
            revoke_subject: lua!("lua/family.lua", "lua/revoke_subject.lua"),
            revoke_all: lua!("../lua/revoke.lua"),
            stands: lua!("lua/family.lua", "lua/access.lua", "lua/stands.lua"),
            put_access: lua!("lua/put_access.lua"),
            create_access: lua!("lua/family.lua", "lua/access.lua", "lua/create_access.lua"),
            load_access: lua!("lua/family.lua", "lua/access.lua", "lua/load_access.lua"),
            end_access: lua!("lua/access.lua", "lua/end_access.lua"),
            purge_family: lua!("lua/family.lua", "lua/purge_family.lua"),
            purge_access: lua!("lua/access.lua", "lua/purge_access.lua"),
            sweep: lua!("../lua/sweep.lua"),
        }
    }
}
