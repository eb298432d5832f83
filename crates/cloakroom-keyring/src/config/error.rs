use std::error::Error;
use std::fmt;

use crate::InvalidKey;

/// Why a configuration is no key ring: one line that names the entry, counted from 0, and the reason, and repeats
/// nothing of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidKeyRing {
    entry: Option<usize>,
    reason: Reason,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reason {
    Syntax { line: usize, column: usize },
    Backslash { line: usize, column: usize },
    WrongType(Expected),
    UnknownMember,
    Duplicate(&'static str),
    Missing(&'static str),
    UnknownState,
    Id,
    Key(InvalidKey),
    WrongId,
    RevokedWithKey,
    DuplicateId(usize),
    DuplicateSecret(usize),
    TwoActive(usize),
    NoneActive,
    NoCutoff,
    CutoffRange,
}

/// What stands at some place of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Expected {
    #[default]
    Ring,
    PlainMember,
    Keys,
    Entry,
    Id,
    State,
    Key,
    Cutoff,
}

impl InvalidKeyRing {
    pub(crate) const fn at(entry: usize, reason: Reason) -> Self {
        Self {
            entry: Some(entry),
            reason,
        }
    }

    pub(crate) const fn whole(reason: Reason) -> Self {
        Self { entry: None, reason }
    }

    /// The entry that is refused, counted from 0; `None` when it is the ring as a whole.
    pub const fn entry(&self) -> Option<usize> {
        self.entry
    }
}

impl fmt::Display for InvalidKeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key ring: ")?;
        if let Some(index) = self.entry {
            write!(f, "keys[{index}]: ")?;
        }
        match self.reason {
            Reason::Syntax { line, column } => write!(f, "not JSON at line {line} column {column}"),
            Reason::Backslash { line, column } => {
                write!(
                    f,
                    "a backslash at line {line} column {column}: strings have no escapes"
                )
            }
            Reason::WrongType(expected) => f.write_str(expected.as_str()),
            Reason::UnknownMember => f.write_str("a member that is not known"),
            Reason::Duplicate(name) => write!(f, "`{name}` stands twice"),
            Reason::Missing(name) => write!(f, "`{name}` is missing"),
            Reason::UnknownState => f.write_str("`state` is none of active, announced, retiring, revoked"),
            Reason::Id => f.write_str("`id` is not 8 hexadecimal digits"),
            Reason::Key(error) => write!(f, "`key`: {error}"),
            Reason::WrongId => f.write_str("`id` is not the id of `key`; it is computed and may be left out"),
            Reason::RevokedWithKey => f.write_str("a revoked key is listed by its `id` alone, without `key`"),
            Reason::DuplicateId(first) => write!(f, "the id is the one of keys[{first}]"),
            Reason::DuplicateSecret(first) => write!(f, "the secret is the one of keys[{first}]"),
            Reason::TwoActive(first) => write!(f, "a second active key, after keys[{first}]"),
            Reason::NoneActive => f.write_str("no key is active"),
            Reason::NoCutoff => {
                f.write_str("a revoked key demands `cutoff_ms`: its forgeries may live on under others")
            }
            Reason::CutoffRange => f.write_str("`cutoff_ms` is not from 0 to 281474976710655"),
        }
    }
}

impl Expected {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ring => "the ring is not an object",
            Self::PlainMember => "a member's name is not written plainly",
            Self::Keys => "`keys` is not an array",
            Self::Entry => "not an object",
            Self::Id => "`id` is not a string",
            Self::State => "`state` is not a string",
            Self::Key => "`key` is not a string",
            Self::Cutoff => "`cutoff_ms` is not an integer",
        }
    }
}

impl Error for InvalidKeyRing {}
