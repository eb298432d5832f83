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
