use cloakroom_core::UnixTime;
use redis::{Arg, Cmd, Script};

/// How rows and the scripts write a time.
pub(crate) const fn time_bytes(time: UnixTime) -> [u8; 8] {
    time.as_millis().to_be_bytes()
}

/// One script, and the hash by which a server that has seen it knows it.
pub(crate) struct Lua {
    code: &'static str,
    hash: Box<str>,
}

impl Lua {
    pub(crate) fn new(code: &'static str) -> Self {
        Self {
            code,
            hash: Script::new(code).get_hash().into(),
        }
    }

    /// A call by hash, to which arguments are to be added. A server that restarted, or a replica that took over, may
    /// answer `NOSCRIPT`.
    pub(crate) fn call(&self, keys: &[&str]) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(&*self.hash).arg(keys.len());
        for key in keys {
            call.arg(*key);
        }
        call
    }

    /// The same call by text, which teaches the server the hash.
    pub(crate) fn by_text(&self, call: &Cmd) -> Cmd {
        let mut by_text = redis::cmd("EVAL");
        by_text.arg(self.code);
        for argument in call.args_iter().skip(2) {
            if let Arg::Simple(argument) = argument {
                by_text.arg(argument);
            }
        }
        by_text
    }
}

/// The script of these files, with what all scripts share in front.
macro_rules! lua {
    ($($file:literal),+) => {
        $crate::script::Lua::new(concat!(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lua/common.lua")),
            $(include_str!($file)),+
        ))
    };
}
pub(crate) use lua;

/// The scripts of all operations on sessions.
#[cfg(feature = "session")]
pub(crate) struct Scripts {
    pub(crate) create: Lua,
    pub(crate) update: Lua,
    pub(crate) touch: Lua,
    pub(crate) rotate: Lua,
    pub(crate) delete: Lua,
    pub(crate) delete_one: Lua,
    pub(crate) delete_by_subject: Lua,
    pub(crate) list: Lua,
    pub(crate) revoke: Lua,
    pub(crate) purge: Lua,
    pub(crate) sweep: Lua,
}

#[cfg(feature = "session")]
impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            create: lua!("lua/row.lua", "lua/create.lua"),
            update: lua!("lua/row.lua", "lua/update.lua"),
            touch: lua!("lua/row.lua", "lua/touch.lua"),
            rotate: lua!("lua/row.lua", "lua/rotate.lua"),
            delete: lua!("lua/row.lua", "lua/delete.lua"),
            delete_one: lua!("lua/row.lua", "lua/delete_one.lua"),
            delete_by_subject: lua!("lua/row.lua", "lua/delete_by_subject.lua"),
            list: lua!("lua/row.lua", "lua/list.lua"),
            revoke: lua!("lua/row.lua", "lua/revoke.lua"),
            purge: lua!("lua/row.lua", "lua/purge.lua"),
            sweep: lua!("lua/row.lua", "lua/sweep.lua"),
        }
    }
}
