//! Times, subjects, families and tokens to test with. All of it is made up: nothing here is random, and no clock is read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{IndexSecret, Selector, Subject, SubjectTag, TokenHash};
use cloakroom_keyring::KeyId;

use crate::{AccessToken, Client, Confirmation, NewFamily, Presented};

/// The fake clock's time at the beginning of each case: 2026-01-01T00:00:00Z.
pub const NOW: UnixTime = UnixTime::from_millis(1_767_225_600_000);

/// A minute, in milliseconds.
pub const MINUTE: i64 = 60_000;

/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;

/// A day, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// The grace that is given where a case does not say another one: 10 s.
pub const GRACE: Duration = Duration::from_secs(10);

/// So many milliseconds after [`NOW`].
pub const fn at(millis: i64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + millis)
}

/// So many milliseconds after `time`.
pub(super) fn after(time: UnixTime, millis: i64) -> UnixTime {
    UnixTime::from_millis(time.as_millis() + millis)
}

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

/// Bytes that no other call gives, spread over all values as hashes are.
fn unique<const N: usize>() -> [u8; N] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut random = Random::new(NEXT.fetch_add(1, Ordering::Relaxed));
    std::array::from_fn(|_| random.byte())
}

/// A small generator of numbers that look random (SplitMix64): the same seed, the same numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub const fn new(seed: u64) -> Self {
        // Seeds in a row would otherwise give one sequence, shifted.
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1))
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of these, of which there are some.
    pub fn any<T: Clone>(&mut self, of: &[T]) -> T {
        let index = usize::try_from(self.below(of.len() as u64)).expect("it is below a usize");
        of[index].clone()
    }

    /// A number from `start` until `end`.
    pub fn between(&mut self, start: i64, end: i64) -> i64 {
        start + i64::try_from(self.below(end.abs_diff(start))).expect("the range is small")
    }

    /// A byte.
    pub const fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[7]
    }

    /// True in one of `n` cases.
    pub const fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
