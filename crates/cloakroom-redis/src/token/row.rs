//! The bytes of the rows of tokens.
//!
//! All numbers are big-endian, times are milliseconds since 1970 in 64 bits with a sign. A family:
//!
//! ```text
//! 0 format = 1 | 1 whether it is bound to a key | 2 length of the subject | 3 length of the client
//! 4 generation 8 | 12 key id 4 | 16 created 8 | 24 rotated 8 | 32 idle deadline 8 | 40 absolute deadline 8
//! 48 authenticated 8 | 56 secret's hash 32 | 88 confirmation 32 | 120 subject | client | data
//! ```
//!
//! An access token:
//!
//! ```text
//! 0 format = 1 | 1 whether it is bound to a key, and 2 more when it has a family | 2 length of the subject
//! 3 length of the client | 4 authenticated 8 | 12 issued 8 | 20 expires 8 | 28 subject's tag 2 | 30 family 16
//! 46 confirmation 32 | 78 subject | client | data
//! ```
//!
//! What is not there is zero.

use std::str::from_utf8;

use cloakroom_core::UnixTime;
use cloakroom_error::{StoreError, StoreErrorKind};
use cloakroom_id::{Selector, TokenHash};
use cloakroom_token::{AccessRow, AccessToken, Client, Confirmation, Family, FamilyRow, NewFamily};

use crate::script::time_bytes;

/// The first byte of a row.
const FORMAT: u8 = 1;
/// The flag of a row that is bound to a key.
const BOUND: u8 = 1;
/// The flag of an access token that came with a family.
const OF_FAMILY: u8 = 2;

/// The row of a family that is stored at `now`.
pub(super) fn encode_family(new: &NewFamily, now: UnixTime) -> Vec<u8> {
    let family = new.stored(now);
    let mut row = head(
        family.confirmation.map_or(0, |_| BOUND),
        family.subject.as_str(),
        &family.client,
        family.data.len(),
    );
    row.extend(family.generation.to_be_bytes());
    row.extend(family.key_id.as_bytes());
    for time in [
        family.created_at,
        family.rotated_at,
        family.idle_deadline,
        family.absolute_deadline,
        family.authenticated_at,
    ] {
        row.extend(time_bytes(time));
    }
    row.extend(new.secret_hash.as_bytes());
    tail(
        row,
        family.confirmation.as_ref(),
        family.subject.as_str(),
        &family.client,
        &family.data,
    )
}

/// The family of `id` that `row` holds.
///
/// # Errors
///
/// `Corrupt` when the bytes are no row of the format known here.
pub(super) fn decode_family(id: &Selector, row: &[u8]) -> Result<Family, StoreError> {
    let mut rest = row;
    let head = Head::take(&mut rest, BOUND)?;
    let generation = number(&mut rest)?;
    let key_id = take::<4>(&mut rest)?;
    let created_at = number(&mut rest)?;
    let rotated_at = number(&mut rest)?;
    let idle_deadline = number(&mut rest)?;
    let absolute_deadline = number(&mut rest)?;
    let authenticated_at = number(&mut rest)?;
    take::<32>(&mut rest)?;
    let tail = head.tail(rest)?;
    let row = FamilyRow {
        format: FamilyRow::FORMAT,
        id: id.as_bytes(),
        client: tail.client,
        subject: tail.subject,
        authenticated_at,
        confirmation: tail.confirmation,
        generation,
        key_id,
        created_at,
        rotated_at,
        idle_deadline,
        absolute_deadline,
        data: tail.data,
    };
    row.decode().map_err(corrupt)
}

/// The row of an access token. Its hash is the row's key and not in it.
pub(super) fn encode_access(token: &AccessToken) -> Vec<u8> {
    let bound = token.confirmation.map_or(0, |_| BOUND);
    let mut row = head(
        bound | token.family.map_or(0, |_| OF_FAMILY),
        token.subject.as_str(),
        &token.client,
        token.data.len(),
    );
    for time in [token.authenticated_at, token.issued_at, token.expires_at] {
        row.extend(time_bytes(time));
    }
    row.extend(token.subject.tag().as_bytes());
    row.extend(token.family.as_ref().map_or(&[0; 16], Selector::as_bytes));
    tail(
        row,
        token.confirmation.as_ref(),
        token.subject.as_str(),
        &token.client,
        &token.data,
    )
}

/// The access token of `hash` that `row` holds.
///
/// # Errors
///
/// `Corrupt` when the bytes are no row of the format known here.
pub(super) fn decode_access(hash: &TokenHash, row: &[u8]) -> Result<AccessToken, StoreError> {
    let mut rest = row;
    let head = Head::take(&mut rest, BOUND | OF_FAMILY)?;
    let authenticated_at = number(&mut rest)?;
    let issued_at = number(&mut rest)?;
    let expires_at = number(&mut rest)?;
    let subject_tag = take::<2>(&mut rest)?;
    let family = take::<16>(&mut rest)?;
    let has_family = head.flags & OF_FAMILY != 0;
    if !has_family && *family != [0; 16] {
        return Err(corrupt("a family where none should be"));
    }
    let tail = head.tail(rest)?;
    let row = AccessRow {
        format: AccessRow::FORMAT,
        hash: hash.as_bytes(),
        client: tail.client,
        subject: tail.subject,
        subject_tag,
        authenticated_at,
        family: has_family.then_some(family),
        confirmation: tail.confirmation,
        issued_at,
        expires_at,
        data: tail.data,
    };
    row.decode().map_err(corrupt)
}

/// What both rows begin with.
fn head(flags: u8, subject: &str, client: &Client, data: usize) -> Vec<u8> {
    let client = client.as_str();
    let mut row = Vec::with_capacity(120 + subject.len() + client.len() + data);
    // Neither text is longer than 255 bytes.
    let length = |text: &str| u8::try_from(text.len()).unwrap_or(u8::MAX);
    row.extend([FORMAT, flags, length(subject), length(client)]);
    row
}

/// What both rows end with.
fn tail(
    mut row: Vec<u8>,
    confirmation: Option<&Confirmation>,
    subject: &str,
    client: &Client,
    data: &[u8],
) -> Vec<u8> {
    row.extend(confirmation.map_or(&[0; 32], Confirmation::as_bytes));
    row.extend(subject.as_bytes());
    row.extend(client.as_str().as_bytes());
    row.extend(data);
    row
}

struct Head {
    flags: u8,
    subject: usize,
    client: usize,
}

struct Tail<'a> {
    confirmation: Option<&'a [u8]>,
    subject: &'a str,
    client: &'a str,
    data: &'a [u8],
}

impl Head {
    fn take(rest: &mut &[u8], flags_known: u8) -> Result<Self, StoreError> {
        let [format, flags, subject, client] = *take::<4>(rest)?;
        if format != FORMAT || flags & !flags_known != 0 {
            return Err(corrupt("an unknown format"));
        }
        Ok(Self {
            flags,
            subject: subject.into(),
            client: client.into(),
        })
    }

    fn tail(self, mut rest: &[u8]) -> Result<Tail<'_>, StoreError> {
        let confirmation = take::<32>(&mut rest)?;
        let is_bound = self.flags & BOUND != 0;
        if !is_bound && *confirmation != [0; 32] {
            return Err(corrupt("a confirmation where none should be"));
        }
        let (subject, rest) = rest.split_at_checked(self.subject).ok_or_else(too_short)?;
        let (client, data) = rest.split_at_checked(self.client).ok_or_else(too_short)?;
        Ok(Tail {
            confirmation: is_bound.then_some(&confirmation[..]),
            subject: from_utf8(subject).map_err(corrupt)?,
            client: from_utf8(client).map_err(corrupt)?,
            data,
        })
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], StoreError> {
    let (field, after) = rest.split_first_chunk().ok_or_else(too_short)?;
    *rest = after;
    Ok(field)
}

fn number(rest: &mut &[u8]) -> Result<i64, StoreError> {
    take(rest).map(|bytes| i64::from_be_bytes(*bytes))
}

fn too_short() -> StoreError {
    corrupt("a row that is too short")
}

fn corrupt(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, what)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cloakroom_id::{Subject, SubjectTag};
    use cloakroom_token::cloakroom_keyring::KeyId;
    use proptest::prelude::*;

    use super::*;

    const ID: [u8; 16] = [7; 16];
    const HASH: TokenHash = TokenHash::from_bytes([8; 32]);

    fn subject(name: &str) -> Subject {
        Subject::from_parts(name, SubjectTag::from_bytes([7, 7])).expect("a subject")
    }

    fn at(millis: i64) -> UnixTime {
        UnixTime::from_millis(millis)
    }

    fn family(name: &str, client: &str, confirmation: Option<[u8; 32]>, data: &[u8]) -> NewFamily {
        NewFamily {
            id: Selector::from_bytes(ID),
            secret_hash: TokenHash::from_bytes([1; 32]),
            client: Client::new(client).expect("a client"),
            subject: subject(name),
            authenticated_at: at(-1),
            confirmation: confirmation.map(Confirmation::from_bytes),
            key_id: KeyId::from_bytes([2; 4]),
            idle_deadline: at(1_767_225_600_000),
            absolute_deadline: UnixTime::MAX,
            data: Arc::from(data),
        }
    }

    fn access(family: Option<[u8; 16]>, confirmation: Option<[u8; 32]>) -> AccessToken {
        AccessToken {
            hash: HASH,
            client: Client::new("app").expect("a client"),
            subject: subject(&"é".repeat(127)),
            authenticated_at: UnixTime::MIN,
            family: family.map(Selector::from_bytes),
            confirmation: confirmation.map(Confirmation::from_bytes),
            issued_at: at(3),
            expires_at: at(4),
            data: Arc::from(&b"\0\xff\r\n"[..]),
        }
    }

    #[test]
    fn rows_read_as_they_were_written() {
        let long = "c".repeat(255);
        for new in [
            family("ada", "app", None, b""),
            family(&long, &long, Some([9; 32]), b"\0data"),
        ] {
            let row = encode_family(&new, at(5));
            assert_eq!(decode_family(&new.id, &row).unwrap(), new.stored(at(5)));
        }
        for token in [
            access(None, None),
            access(Some([0; 16]), None),
            access(None, Some([0; 32])),
            access(Some([1; 16]), Some([2; 32])),
        ] {
            assert_eq!(decode_access(&HASH, &encode_access(&token)).unwrap(), token);
        }
    }

    #[test]
    fn bytes_that_are_no_row_are_corrupt() {
        let whole = encode_family(&family("ada", "app", None, b""), at(5));
        let token = encode_access(&access(None, None));
        let family = |row: &[u8]| decode_family(&Selector::from_bytes(ID), row).map_err(|error| error.kind());
        let access = |row: &[u8]| decode_access(&HASH, row).map_err(|error| error.kind());
        for end in 0..whole.len() {
            assert_eq!(family(&whole[..end]), Err(StoreErrorKind::Corrupt), "{end}");
        }
        for end in 0..token.len() - 4 {
            assert_eq!(access(&token[..end]), Err(StoreErrorKind::Corrupt), "{end}");
        }
        // A format, a flag, a subject and a client that are none; a generation above all; a deadline before its end;
        // a confirmation of a row that is not bound; a text that is none.
        for (at, byte) in [
            (0, 0),
            (0, 2),
            (1, 2),
            (2, 0),
            (2, 255),
            (3, 0),
            (3, 255),
            (7, 1),
            (4, 0x80),
            (40, 0x80),
            (88, 1),
            (120, 0xff),
        ] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            assert_eq!(family(&damaged), Err(StoreErrorKind::Corrupt), "byte {at}");
        }
        for (at, byte) in [(0, 0), (1, 4), (2, 0), (2, 255), (30, 1), (46, 1), (78, 0xff)] {
            let mut damaged = token.clone();
            damaged[at] = byte;
            assert_eq!(access(&damaged), Err(StoreErrorKind::Corrupt), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn whatever_bytes_are_decoded_nothing_panics(row in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode_family(&Selector::from_bytes(ID), &row);
            let _ = decode_access(&HASH, &row);
        }

        #[test]
        fn a_damaged_row_is_corrupt_or_another_row(place in any::<prop::sample::Index>(), byte: u8) {
            let mut row = encode_access(&access(Some([1; 16]), Some([2; 32])));
            let at = place.index(row.len());
            row[at] = byte;
            match decode_access(&HASH, &row) {
                Ok(token) => prop_assert_eq!(encode_access(&token), row),
                Err(error) => prop_assert_eq!(error.kind(), StoreErrorKind::Corrupt),
            }
        }
    }
}
