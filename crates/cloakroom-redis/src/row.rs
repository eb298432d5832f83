//! The bytes of a session's row.
//!
//! All numbers are big-endian, times are milliseconds since 1970 in 64 bits with a sign:
//!
//! ```text
//! 0 format = 1 | 1 reason (0 never rotated, 1 periodic, 2 authentication) | 2 length of the subject, 0 for a visitor
//! 3 version 8 | 11 created 8 | 19 last seen 8 | 27 idle deadline 8 | 35 absolute deadline 8 | 43 lineage 8
//! 51 authenticated 8 | 59 rotated 8 | 67 verifier hash 32 | 99 previous verifier hash 32 | 131 subject | payload
//! ```
//!
//! Fields that mean nothing, such as the previous hash of a session that was never rotated, are zero.

use std::error::Error;
use std::fmt;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{Authentication, Previous, RotationReason, Stored, Subject, Version};

/// The first byte of a row.
const FORMAT: u8 = 1;
/// Where the subject begins.
const HEAD: usize = 131;

/// The row of a session. Its selector is the row's key and not in it.
pub fn encode(session: &Stored) -> Vec<u8> {
    let subject = session
        .authentication
        .as_ref()
        .map_or("", |known| known.subject.as_str());
    let authenticated_at = session
        .authentication
        .as_ref()
        .map_or(UnixTime::EPOCH, |known| known.at);
    let (reason, rotated_at, previous) = match &session.previous {
        None => (0, UnixTime::EPOCH, &[0; 32]),
        Some(previous) => (
            reason_byte(previous.reason),
            previous.rotated_at,
            previous.verifier_hash.as_bytes(),
        ),
    };
    let mut row = Vec::with_capacity(HEAD + subject.len() + session.payload.len());
    row.extend([FORMAT, reason]);
    // A subject has at most 255 bytes.
    row.push(u8::try_from(subject.len()).unwrap_or(u8::MAX));
    row.extend(session.version.number().to_be_bytes());
    for time in [
        session.created_at,
        session.last_seen_at,
        session.idle_deadline,
        session.absolute_deadline,
        session.lineage_at,
        authenticated_at,
        rotated_at,
    ] {
        row.extend(time_bytes(time));
    }
    row.extend(session.verifier_hash.as_bytes());
    row.extend(previous);
    row.extend(subject.as_bytes());
    row.extend(&*session.payload);
    row
}

/// The session of `selector` that `row` holds.
///
/// # Errors
///
/// When the bytes are no row of the format known here.
pub fn decode(selector: Selector, row: &[u8]) -> Result<Stored, InvalidRow> {
    let mut rest = row;
    let [format, reason, length] = *take::<3>(&mut rest)?;
    if format != FORMAT {
        return Err(InvalidRow(Kind::Format));
    }
    let version = u64::from_be_bytes(*take(&mut rest)?);
    let created_at = time(&mut rest)?;
    let last_seen_at = time(&mut rest)?;
    let idle_deadline = time(&mut rest)?;
    let absolute_deadline = time(&mut rest)?;
    let lineage_at = time(&mut rest)?;
    let authenticated_at = time(&mut rest)?;
    let rotated_at = time(&mut rest)?;
    let verifier_hash = VerifierHash::from_bytes(*take(&mut rest)?);
    let previous_hash = VerifierHash::from_bytes(*take(&mut rest)?);
    let (subject, payload) = rest
        .split_at_checked(usize::from(length))
        .ok_or(InvalidRow(Kind::Short))?;
    let authentication = if subject.is_empty() {
        None
    } else {
        let subject = std::str::from_utf8(subject)
            .ok()
            .and_then(|subject| Subject::from_parts(subject, selector.tag()).ok())
            .ok_or(InvalidRow(Kind::Subject))?;
        Some(Authentication {
            subject,
            at: authenticated_at,
        })
    };
    let reason = match reason {
        0 => None,
        1 => Some(RotationReason::Periodic),
        2 => Some(RotationReason::Authentication),
        _ => return Err(InvalidRow(Kind::Reason)),
    };
    if version == 0 {
        return Err(InvalidRow(Kind::Version));
    }
    Ok(Stored {
        selector,
        verifier_hash,
        previous: reason.map(|reason| Previous {
            verifier_hash: previous_hash,
            rotated_at,
            reason,
        }),
        authentication,
        lineage_at,
        created_at,
        last_seen_at,
        idle_deadline,
        absolute_deadline,
        version: Version::from_number(version),
        payload: payload.into(),
    })
}

/// How a row and the scripts write a time.
pub(crate) const fn time_bytes(time: UnixTime) -> [u8; 8] {
    time.as_millis().to_be_bytes()
}

/// How a row and the scripts write why a verifier was replaced.
pub(crate) const fn reason_byte(reason: RotationReason) -> u8 {
    match reason {
        RotationReason::Periodic => 1,
        RotationReason::Authentication => 2,
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], InvalidRow> {
    let (field, after) = rest.split_first_chunk().ok_or(InvalidRow(Kind::Short))?;
    *rest = after;
    Ok(field)
}

fn time(rest: &mut &[u8]) -> Result<UnixTime, InvalidRow> {
    Ok(UnixTime::from_millis(i64::from_be_bytes(*take(rest)?)))
}

/// Bytes are no row of a known format. It holds nothing of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidRow(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Format,
    Short,
    Subject,
    Reason,
    Version,
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Format => "a session's row has a format that this version does not know",
            Kind::Short => "a session's row ends too early",
            Kind::Subject => "the subject of a session's row is no text",
            Kind::Reason => "a session's row was rotated for no known reason",
            Kind::Version => "a session's row has version 0",
        })
    }
}

impl Error for InvalidRow {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn visitor() -> Stored {
        let at = UnixTime::from_millis;
        Stored {
            selector: Selector::from_bytes([7; 16]),
            verifier_hash: VerifierHash::from_bytes([1; 32]),
            previous: None,
            authentication: None,
            lineage_at: at(-1),
            created_at: at(-1),
            last_seen_at: at(3),
            idle_deadline: at(1_767_225_600_000),
            absolute_deadline: UnixTime::MAX,
            version: Version::from_number(u64::MAX),
            payload: Arc::from(&b"\0\xff\r\n"[..]),
        }
    }

    fn known() -> Stored {
        Stored {
            previous: Some(Previous {
                verifier_hash: VerifierHash::from_bytes([2; 32]),
                rotated_at: UnixTime::MIN,
                reason: RotationReason::Authentication,
            }),
            authentication: Some(Authentication {
                subject: Subject::from_parts(&"é".repeat(127), Selector::from_bytes([7; 16]).tag())
                    .expect("254 bytes"),
                at: UnixTime::from_millis(99),
            }),
            payload: Arc::from(&[][..]),
            ..visitor()
        }
    }

    #[test]
    fn a_row_reads_as_it_was_written() {
        for session in [visitor(), known()] {
            let row = encode(&session);
            assert_eq!(decode(session.selector, &row), Ok(session));
        }
    }

    #[test]
    fn d11_bytes_that_are_no_row_are_refused() {
        let row = encode(&known());
        let damaged = |at: usize, byte: u8| {
            let mut row = row.clone();
            row[at] = byte;
            decode(known().selector, &row)
        };
        for end in 0..row.len() {
            assert_eq!(
                decode(known().selector, &row[..end]),
                Err(InvalidRow(Kind::Short)),
                "{end}"
            );
        }
        for (at, byte, kind) in [
            (0, 0, Kind::Format),
            (0, 2, Kind::Format),
            (1, 3, Kind::Reason),
            (2, 255, Kind::Short),
            (HEAD, 0, Kind::Subject),
            (HEAD, 0xff, Kind::Subject),
        ] {
            assert_eq!(damaged(at, byte), Err(InvalidRow(kind)), "byte {at}");
        }
        let mut unversioned = row.clone();
        unversioned[3..11].fill(0);
        assert_eq!(
            decode(known().selector, &unversioned),
            Err(InvalidRow(Kind::Version))
        );
    }

    #[test]
    fn what_reads_at_all_writes_the_same_bytes() {
        // Every single-byte change of a row that still reads must write back as it was read, or say nothing in fields
        // that mean nothing.
        let row = encode(&known());
        for at in 0..row.len() {
            for byte in [0, 1, 2, 0x7f, 0x80, 0xff] {
                let mut changed = row.clone();
                changed[at] = byte;
                if let Ok(session) = decode(known().selector, &changed) {
                    assert_eq!(decode(session.selector, &encode(&session)), Ok(session), "{at}");
                }
            }
        }
    }
}
