use std::fmt;

use cloakroom_core::UnixTime;

use crate::Entry;
use crate::entry::{InvalidEntry, is_name};

/// An entry in the columns of a database.
///
/// For those who write a store. Whatever a database gives goes through [`decode`](Self::decode), so that a row that was
/// damaged, or written by somebody else, is an error and never another entry than the one that was stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EntryRow<'a> {
    /// [`TOKEN`](Self::TOKEN), [`SUBJECT`](Self::SUBJECT) or [`ALL`](Self::ALL).
    pub kind: i64,
    /// Who issued it; empty in that of all.
    pub issuer: &'a str,
    /// The token's id, or the subject; empty in that of all.
    pub name: &'a str,
    /// The cut-off, in milliseconds since 1970; 0 of a token.
    pub at: i64,
    /// Until when it has to be kept, in milliseconds since 1970; that of all is kept for ever, and `i64::MAX` stands here.
    pub keep_until: i64,
}

impl EntryRow<'_> {
    /// A denied credential.
    pub const TOKEN: i64 = 1;
    /// The cut-off of a subject.
    pub const SUBJECT: i64 = 2;
    /// The cut-off of everything.
    pub const ALL: i64 = 3;

    /// The entry that the row holds.
    ///
    /// # Errors
    ///
    /// When it holds none.
    pub fn decode(&self) -> Result<Entry, InvalidEntry> {
        let is_named = is_name(self.issuer) && is_name(self.name);
        let at = UnixTime::from_millis(self.at);
        let keep_until = UnixTime::from_millis(self.keep_until);
        match self.kind {
            Self::TOKEN if is_named && self.at == 0 => Ok(Entry::Token {
                issuer: self.issuer.into(),
                token_id: self.name.into(),
                keep_until,
            }),
            Self::SUBJECT if is_named => Ok(Entry::Subject {
                issuer: self.issuer.into(),
                subject: self.name.into(),
                at,
                keep_until,
            }),
            Self::ALL if (self.issuer, self.name, self.keep_until) == ("", "", i64::MAX) => {
                Ok(Entry::All { at })
            }
            _ => Err(InvalidEntry(())),
        }
    }
}

/// Prints nothing of it: ids and subjects end up in logs.
impl fmt::Debug for EntryRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntryRow(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(kind: i64, issuer: &'a str, name: &'a str, at: i64, keep_until: i64) -> EntryRow<'a> {
        EntryRow {
            kind,
            issuer,
            name,
            at,
            keep_until,
        }
    }

    #[test]
    fn a_row_is_one_entry_or_none() {
        let long = "a".repeat(256);
        let time = UnixTime::from_millis;
        let token = Entry::Token {
            issuer: "i".into(),
            token_id: "t".into(),
            keep_until: time(5),
        };
        let subject = Entry::Subject {
            issuer: "i".into(),
            subject: "s".into(),
            at: time(-1),
            keep_until: time(5),
        };
        assert_eq!(row(1, "i", "t", 0, 5).decode(), Ok(token));
        assert_eq!(row(2, "i", "s", -1, 5).decode(), Ok(subject));
        assert_eq!(
            row(3, "", "", 7, i64::MAX).decode(),
            Ok(Entry::All { at: time(7) })
        );
        for wrong in [
            row(0, "i", "t", 0, 5),
            row(4, "", "", 0, i64::MAX),
            row(1, "", "t", 0, 5),
            row(1, "i", "", 0, 5),
            row(1, "i", &long, 0, 5),
            row(1, "i", "t\0", 0, 5),
            row(1, "i", "t", 1, 5),
            row(2, &long, "s", 1, 5),
            row(2, "i", "", 1, 5),
            row(3, "i", "", 7, i64::MAX),
            row(3, "", "s", 7, i64::MAX),
            row(3, "", "", 7, 5),
        ] {
            assert!(wrong.decode().is_err());
        }
    }
}
