//! Times, subjects, families and tokens to test with. All of it is made up: nothing here is random, and no clock is read.

use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{IndexSecret, Selector, Subject, SubjectTag, TokenHash};
use cloakroom_keyring::KeyId;
use cloakroom_kit::unique;
pub use cloakroom_kit::{DAY, HOUR, MINUTE, NOW, Random, after, at};

use crate::{AccessToken, Client, Confirmation, NewFamily, Presented};

/// The grace that is given where a case does not say another one: 10 s.
pub const GRACE: Duration = Duration::from_secs(10);

/// The subject called `id`, under an index secret that is known to everyone.
pub fn subject(id: &str) -> Subject {
    let secret = IndexSecret::from_bytes(b"\x00an index secret for testing \xff\xff\xff")
        .expect("it has 32 bytes and is no text");
    Subject::new(id, &secret).expect("cases name subjects that there can be")
}

/// Two subjects whose families have ids with the same tag.
pub fn subjects_of_one_tag() -> [Subject; 2] {
    // One in 65,536 has the other's tag. This one was found by search, which takes a test seconds.
    let [first, second] = ["neighbour", "neighbour-62035"].map(subject);
    assert_eq!(first.tag(), second.tag());
    [first, second]
}

/// The client of this id.
pub fn client(id: &str) -> Client {
    Client::new(id).expect("cases name clients that there can be")
}

/// The thumbprint of a made-up key.
pub const fn confirmation(number: u8) -> Confirmation {
    Confirmation::from_bytes([number; 32])
}

/// The id of a made-up key of the ring.
pub const fn key(number: u32) -> KeyId {
    KeyId::from_bytes(number.to_be_bytes())
}

/// A hash that no other call gives.
pub fn hash() -> TokenHash {
    TokenHash::from_bytes(unique())
}

/// The id of a family that no other call gives, of a subject with this tag.
pub fn family_id(tag: SubjectTag) -> Selector {
    let mut bytes: [u8; 16] = unique();
    bytes[..2].copy_from_slice(tag.as_bytes());
    Selector::from_bytes(bytes)
}

/// A family of `subject`, who authenticated at [`NOW`], given to the client `app` and bound to no key. Its deadlines are
/// those usual: 30 days and 90.
pub fn family(subject: &Subject) -> NewFamily {
    NewFamily {
        id: family_id(subject.tag()),
        secret_hash: hash(),
        client: client("app"),
        subject: subject.clone(),
        authenticated_at: NOW,
        confirmation: None,
        key_id: key(0),
        idle_deadline: at(30 * DAY),
        absolute_deadline: at(90 * DAY),
        data: (*b"scope").into(),
    }
}

/// The token of `generation`, presented as it should be. A rotation moves no deadline, and its key is of the number after.
pub fn presented(family: &NewFamily, generation: u32) -> Presented {
    Presented {
        id: family.id,
        secret_hash: family.secret_hash,
        generation,
        client: family.client.clone(),
        confirmation: family.confirmation,
        next_key: key(generation.wrapping_add(1)),
        idle_deadline: UnixTime::EPOCH,
        grace: GRACE,
    }
}

/// An access token of `subject`, who authenticated at [`NOW`], for an hour, of no family.
pub fn access_token(subject: &Subject) -> AccessToken {
    AccessToken {
        hash: hash(),
        client: client("app"),
        subject: subject.clone(),
        authenticated_at: NOW,
        family: None,
        confirmation: None,
        issued_at: NOW,
        expires_at: at(HOUR),
        data: (*b"scope").into(),
    }
}

/// An access token that came with this family.
pub fn access_token_of(family: &NewFamily) -> AccessToken {
    AccessToken {
        client: family.client.clone(),
        authenticated_at: family.authenticated_at,
        family: Some(family.id),
        ..access_token(&family.subject)
    }
}
