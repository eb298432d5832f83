use redis::{Arg, Cmd, Script};

/// The scripts of all operations, each with what they share in front.
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

impl Scripts {
    pub(crate) fn new() -> Self {
        macro_rules! lua {
            ($name:literal) => {
                Lua::new(concat!(
                    include_str!("lua/common.lua"),
                    include_str!(concat!("lua/", $name, ".lua"))
                ))
            };
        }
        Self {
            create: lua!("create"),
            update: lua!("update"),
            touch: lua!("touch"),
            rotate: lua!("rotate"),
            delete: lua!("delete"),
            delete_one: lua!("delete_one"),
            delete_by_subject: lua!("delete_by_subject"),
            list: lua!("list"),
            revoke: lua!("revoke"),
            purge: lua!("purge"),
            sweep: lua!("sweep"),
        }
    }
}

/// One script, and the hash by which a server that has seen it knows it.
pub(crate) struct Lua {
    code: &'static str,
    hash: Box<str>,
}

impl Lua {
    fn new(code: &'static str) -> Self {
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
