use std::sync::Arc;
use std::{error, fmt};

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, SubjectTag, TokenHash};
use cloakroom_keyring::KeyId;

use crate::{AccessToken, Client, Confirmation, Family};

/// A family in the parts that any database keeps: integers, texts and bytes.
///
/// For those who write a store. Whatever a database gives goes through [`decode`](Self::decode), so that a row that was
/// damaged, or written by somebody else, is an error and never another family than the one that was stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FamilyRow<'a> {
    /// Of the other parts: [`FORMAT`](Self::FORMAT).
    pub format: i64,
    /// [`Family::id`]: 16 bytes.
    pub id: &'a [u8],
    /// [`Family::client`].
    pub client: &'a str,
    /// [`Family::subject`].
    pub subject: &'a str,
    /// [`Family::authenticated_at`]. All times are in milliseconds since 1970.
    pub authenticated_at: i64,
    /// [`Family::confirmation`]: 32 bytes.
    pub confirmation: Option<&'a [u8]>,
    /// [`Family::generation`]: 0 to 2^32 - 1.
    pub generation: i64,
    /// [`Family::key_id`]: 4 bytes.
    pub key_id: &'a [u8],
    /// [`Family::created_at`].
    pub created_at: i64,
    /// [`Family::rotated_at`].
    pub rotated_at: i64,
    /// [`Family::idle_deadline`].
    pub idle_deadline: i64,
    /// [`Family::absolute_deadline`].
    pub absolute_deadline: i64,
    /// [`Family::data`].
    pub data: &'a [u8],
}

impl FamilyRow<'_> {
    /// The only format there is.
    pub const FORMAT: i64 = 1;

    /// The family that the row holds.
    ///
    /// # Errors
    ///
    /// When it holds none, with the first part that is wrong.
    pub fn decode(&self) -> Result<Family, InvalidRow> {
        if self.format != Self::FORMAT {
            return Err(InvalidRow("format"));
        }
        if self.idle_deadline > self.absolute_deadline {
            return Err(InvalidRow("idle_deadline"));
        }
        let id = Selector::from_bytes(exactly(self.id, "id")?);
        let generation = u32::try_from(self.generation).map_err(|_| InvalidRow("generation"))?;
        Ok(Family {
            id,
            client: client(self.client)?,
            subject: subject(self.subject, id.tag())?,
            authenticated_at: UnixTime::from_millis(self.authenticated_at),
            confirmation: confirmation(self.confirmation)?,
            generation: generation.into(),
            key_id: KeyId::from_bytes(exactly(self.key_id, "key_id")?),
            created_at: UnixTime::from_millis(self.created_at),
            rotated_at: UnixTime::from_millis(self.rotated_at),
            idle_deadline: UnixTime::from_millis(self.idle_deadline),
            absolute_deadline: UnixTime::from_millis(self.absolute_deadline),
            data: Arc::from(self.data),
        })
    }
}

/// An access token in the parts that any database keeps, as a [`FamilyRow`] is a family.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessRow<'a> {
    /// Of the other parts: [`FORMAT`](Self::FORMAT).
    pub format: i64,
    /// [`AccessToken::hash`]: 32 bytes.
    pub hash: &'a [u8],
    /// [`AccessToken::client`].
    pub client: &'a str,
    /// [`AccessToken::subject`].
    pub subject: &'a str,
    /// The subject's tag: 2 bytes.
    pub subject_tag: &'a [u8],
    /// [`AccessToken::authenticated_at`]. All times are in milliseconds since 1970.
    pub authenticated_at: i64,
    /// [`AccessToken::family`]: 16 bytes.
    pub family: Option<&'a [u8]>,
    /// [`AccessToken::confirmation`]: 32 bytes.
    pub confirmation: Option<&'a [u8]>,
    /// [`AccessToken::issued_at`].
    pub issued_at: i64,
    /// [`AccessToken::expires_at`].
    pub expires_at: i64,
    /// [`AccessToken::data`].
    pub data: &'a [u8],
}

impl AccessRow<'_> {
    /// The only format there is.
    pub const FORMAT: i64 = 1;

    /// The access token that the row holds.
    ///
    /// # Errors
    ///
    /// When it holds none, with the first part that is wrong.
    pub fn decode(&self) -> Result<AccessToken, InvalidRow> {
        if self.format != Self::FORMAT {
            return Err(InvalidRow("format"));
        }
        let tag = SubjectTag::from_bytes(exactly(self.subject_tag, "subject_tag")?);
        let family = self.family.map(|id| exactly(id, "family")).transpose()?;
        Ok(AccessToken {
            hash: TokenHash::from_bytes(exactly(self.hash, "hash")?),
            client: client(self.client)?,
            subject: subject(self.subject, tag)?,
            authenticated_at: UnixTime::from_millis(self.authenticated_at),
            family: family.map(Selector::from_bytes),
            confirmation: confirmation(self.confirmation)?,
            issued_at: UnixTime::from_millis(self.issued_at),
            expires_at: UnixTime::from_millis(self.expires_at),
            data: Arc::from(self.data),
        })
    }
}

fn client(id: &str) -> Result<Client, InvalidRow> {
    Client::new(id).map_err(|_| InvalidRow("client"))
}

fn subject(id: &str, tag: SubjectTag) -> Result<Subject, InvalidRow> {
    Subject::from_parts(id, tag).map_err(|_| InvalidRow("subject"))
}

fn confirmation(thumbprint: Option<&[u8]>) -> Result<Option<Confirmation>, InvalidRow> {
    let thumbprint = thumbprint.map(|bytes| exactly(bytes, "confirmation"));
    Ok(thumbprint.transpose()?.map(Confirmation::from_bytes))
}

fn exactly<const N: usize>(bytes: &[u8], part: &'static str) -> Result<[u8; N], InvalidRow> {
    bytes.try_into().map_err(|_| InvalidRow(part))
}

/// Prints nothing of it: ids and subjects end up in logs.
impl fmt::Debug for FamilyRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilyRow(..)")
    }
}

/// Prints nothing of it: ids and subjects end up in logs.
impl fmt::Debug for AccessRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessRow(..)")
    }
}

/// A row holds no family or access token of a known format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidRow(&'static str);

impl InvalidRow {
    /// The first part that is wrong.
    pub const fn part(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the part {} of a stored token is none of a known format",
            self.0
        )
    }
}

impl error::Error for InvalidRow {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAMILY: FamilyRow<'_> = FamilyRow {
        format: 1,
        id: &[1; 16],
        client: "app",
        subject: "alice",
        authenticated_at: 2,
        confirmation: Some(&[3; 32]),
        generation: 0xffff_ffff,
        key_id: &[4; 4],
        created_at: 5,
        rotated_at: 6,
        idle_deadline: 7,
        absolute_deadline: 8,
        data: b"data",
    };

    const ACCESS: AccessRow<'_> = AccessRow {
        format: 1,
        hash: &[1; 32],
        client: "app",
        subject: "alice",
        subject_tag: &[9, 9],
        authenticated_at: 2,
        family: Some(&[3; 16]),
        confirmation: None,
        issued_at: 4,
        expires_at: 5,
        data: b"data",
    };

    #[test]
    fn a_whole_row_is_what_it_says() {
        let tag = |bytes| SubjectTag::from_bytes(bytes);
        let family = Family {
            id: Selector::from_bytes([1; 16]),
            client: Client::new("app").unwrap(),
            subject: Subject::from_parts("alice", tag([1, 1])).unwrap(),
            authenticated_at: UnixTime::from_millis(2),
            confirmation: Some(Confirmation::from_bytes([3; 32])),
            generation: 0xffff_ffff,
            key_id: KeyId::from_bytes([4; 4]),
            created_at: UnixTime::from_millis(5),
            rotated_at: UnixTime::from_millis(6),
            idle_deadline: UnixTime::from_millis(7),
            absolute_deadline: UnixTime::from_millis(8),
            data: (*b"data").into(),
        };
        assert_eq!(FAMILY.decode(), Ok(family));
        let token = AccessToken {
            hash: TokenHash::from_bytes([1; 32]),
            client: Client::new("app").unwrap(),
            subject: Subject::from_parts("alice", tag([9, 9])).unwrap(),
            authenticated_at: UnixTime::from_millis(2),
            family: Some(Selector::from_bytes([3; 16])),
            confirmation: None,
            issued_at: UnixTime::from_millis(4),
            expires_at: UnixTime::from_millis(5),
            data: (*b"data").into(),
        };
        assert_eq!(ACCESS.decode(), Ok(token));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_part_alone() {
        let long = "a".repeat(256);
        #[rustfmt::skip]
        let families = [
            ("format", FamilyRow { format: 2, ..FAMILY }),
            ("id", FamilyRow { id: &[1; 15], ..FAMILY }),
            ("client", FamilyRow { client: "", ..FAMILY }),
            ("client", FamilyRow { client: &long, ..FAMILY }),
            ("subject", FamilyRow { subject: "", ..FAMILY }),
            ("subject", FamilyRow { subject: "a\0", ..FAMILY }),
            ("confirmation", FamilyRow { confirmation: Some(&[]), ..FAMILY }),
            ("generation", FamilyRow { generation: -1, ..FAMILY }),
            ("generation", FamilyRow { generation: 1 << 32, ..FAMILY }),
            ("key_id", FamilyRow { key_id: &[4; 5], ..FAMILY }),
            ("idle_deadline", FamilyRow { idle_deadline: 9, ..FAMILY }),
        ];
        for (part, row) in families {
            assert_eq!(row.decode(), Err(InvalidRow(part)));
        }
        #[rustfmt::skip]
        let tokens = [
            ("format", AccessRow { format: 0, ..ACCESS }),
            ("hash", AccessRow { hash: &[1; 33], ..ACCESS }),
            ("client", AccessRow { client: "", ..ACCESS }),
            ("subject", AccessRow { subject: &long, ..ACCESS }),
            ("subject_tag", AccessRow { subject_tag: &[9], ..ACCESS }),
            ("family", AccessRow { family: Some(&[3; 17]), ..ACCESS }),
            ("confirmation", AccessRow { confirmation: Some(&[1; 31]), ..ACCESS }),
        ];
        for (part, row) in tokens {
            assert_eq!(row.decode(), Err(InvalidRow(part)));
        }
    }

    proptest! {
        #[test]
        fn hostile_rows_never_panic(
            numbers in any::<[i64; 6]>(),
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            text in ".{0,300}",
        ) {
            let [authenticated_at, generation, created_at, rotated_at, idle_deadline, absolute_deadline] = numbers;
            let _ = FamilyRow {
                client: &text,
                subject: &text,
                authenticated_at,
                confirmation: Some(&bytes),
                generation,
                created_at,
                rotated_at,
                idle_deadline,
                absolute_deadline,
                ..FAMILY
            }
            .decode();
            let _ = AccessRow { subject: &text, subject_tag: &bytes, issued_at: generation, ..ACCESS }.decode();
        }
    }
}
