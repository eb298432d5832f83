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

use cloakroom_id::Selector;
use cloakroom_store::{InvalidRow, RotationReason, Row, Stored};

/// The first byte of a row.
const FORMAT: u8 = 1;
/// Where the subject begins.
const HEAD: usize = 131;

/// The row of a session. Its selector is the row's key and not in it.
///
/// # Errors
///
/// When no store can have such a session.
pub fn encode(session: &Stored) -> Result<Vec<u8>, InvalidRow> {
    let parts = Row::encode(session)?;
    let subject = parts.subject.unwrap_or_default();
    let mut row = Vec::with_capacity(HEAD + subject.len() + parts.payload.len());
    row.push(FORMAT);
    row.push(
        session
            .previous
            .as_ref()
            .map_or(0, |previous| reason_byte(previous.reason)),
    );
    row.push(u8::try_from(subject.len()).map_err(|_| InvalidRow::of("subject"))?);
    for number in [
        parts.version,
        parts.created_at,
        parts.last_seen_at,
        parts.idle_deadline,
        parts.absolute_deadline,
        parts.lineage_at,
        parts.authenticated_at.unwrap_or(0),
        parts.rotated_at.unwrap_or(0),
    ] {
        row.extend(number.to_be_bytes());
    }
    row.extend(parts.verifier_hash);
    row.extend(parts.previous_hash.unwrap_or(&[0; 32]));
    row.extend(subject);
    row.extend(parts.payload);
    Ok(row)
}

/// The session of `selector` that `row` holds. What decodes [encodes](encode) to the same row.
///
/// # Errors
///
/// When the bytes are no row of the format known here.
pub fn decode(selector: Selector, row: &[u8]) -> Result<Stored, InvalidRow> {
    let mut rest = row;
    let [format, reason, length] = *take::<3>(&mut rest)?;
    if format != FORMAT {
        return Err(InvalidRow::of("format"));
    }
    let version = number(&mut rest)?;
    let created_at = number(&mut rest)?;
    let last_seen_at = number(&mut rest)?;
    let idle_deadline = number(&mut rest)?;
    let absolute_deadline = number(&mut rest)?;
    let lineage_at = number(&mut rest)?;
    let authenticated_at = number(&mut rest)?;
    let rotated_at = number(&mut rest)?;
    let verifier_hash = take::<32>(&mut rest)?;
    let previous_hash = take::<32>(&mut rest)?;
    let (subject, payload) = rest.split_at_checked(usize::from(length)).ok_or(TOO_SHORT)?;
    // What is zero where it means nothing is missing, and what is not has no business there.
    let is_known = !subject.is_empty() || authenticated_at != 0;
    let was_rotated = reason != 0 || rotated_at != 0 || *previous_hash != [0; 32];
    let parts = Row {
        format: format.into(),
        selector: selector.as_bytes(),
        verifier_hash,
        previous_hash: was_rotated.then_some(previous_hash),
        rotated_at: was_rotated.then_some(rotated_at),
        rotation_reason: was_rotated.then_some(reason.into()),
        subject: is_known.then_some(subject),
        authenticated_at: is_known.then_some(authenticated_at),
        lineage_at,
        created_at,
        last_seen_at,
        idle_deadline,
        absolute_deadline,
        version,
        payload,
    };
    parts.decode()
}

/// How a row and the scripts write why a verifier was replaced.
pub(crate) const fn reason_byte(reason: RotationReason) -> u8 {
    reason.number()
}

const TOO_SHORT: InvalidRow = InvalidRow::of("length");

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], InvalidRow> {
    let (field, after) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
    *rest = after;
    Ok(field)
}

fn number(rest: &mut &[u8]) -> Result<i64, InvalidRow> {
    take(rest).map(|bytes| i64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cloakroom_core::UnixTime;
    use cloakroom_id::VerifierHash;
    use cloakroom_store::{Authentication, Previous, Subject, Version};

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
            version: Version::from_number(u64::MAX / 2),
            payload: Arc::from(&b"\0\xff\r\n"[..]),
        }
    }

    fn known() -> Stored {
        Stored {
            previous: Some(Box::new(Previous {
                verifier_hash: VerifierHash::from_bytes([2; 32]),
                rotated_at: UnixTime::MIN,
                reason: RotationReason::Authentication,
            })),
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
            let row = encode(&session).unwrap();
            assert_eq!(decode(session.selector, &row), Ok(session));
        }
    }

    #[test]
    fn d11_bytes_that_are_no_row_are_refused() {
        let known = encode(&known()).unwrap();
        let read = |row: &[u8]| decode(visitor().selector, row).map_err(|error| error.part());
        for end in 0..known.len() {
            assert_eq!(read(&known[..end]), Err("length"), "{end}");
        }
        let visitor = encode(&visitor()).unwrap();
        for (row, at, byte, part) in [
            (&known, 0, 0, "format"),
            (&known, 0, 2, "format"),
            (&known, 1, 0, "rotation_reason"),
            (&known, 1, 3, "rotation_reason"),
            (&known, 2, 255, "length"),
            (&known, 2, 0, "subject"),
            (&known, HEAD, 0, "subject"),
            (&known, HEAD, 0xff, "subject"),
            (&known, 35, 0x80, "idle_deadline"),
            (&known, 3, 0xff, "version"),
            // A visitor who authenticated, and a first verifier that replaced another.
            (&visitor, 51, 1, "subject"),
            (&visitor, 59, 1, "rotation_reason"),
            (&visitor, 99, 1, "rotation_reason"),
        ] {
            let mut damaged = row.clone();
            damaged[at] = byte;
            assert_eq!(read(&damaged), Err(part), "byte {at}");
        }
        let mut unversioned = known.clone();
        unversioned[3..11].fill(0);
        assert_eq!(read(&unversioned), Err("version"));
    }

    #[test]
    fn what_reads_at_all_writes_the_same_bytes() {
        let row = encode(&known()).unwrap();
        for at in 0..row.len() {
            for byte in [0, 1, 2, 0x7f, 0x80, 0xff] {
                let mut changed = row.clone();
                changed[at] = byte;
                if let Ok(session) = decode(known().selector, &changed) {
                    assert_eq!(encode(&session), Ok(changed), "{at}");
                }
            }
        }
    }
}
