use cloakroom_id::{Selector, Subject, SubjectTag};

use crate::connection::Place;
use crate::prefix::Prefix;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The names of a store's keys: all begin with the prefix and the bucket's hash tag, so that everything of a subject lies
/// in one slot of a Cluster.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: Prefix,
    kinds: &'static Kinds,
}

/// What stands behind the hash tag, by what the key is.
#[derive(Debug)]
pub(crate) struct Kinds {
    /// A row; its [`member`] follows.
    pub(crate) row: &'static str,
    /// The set of a subject's rows; the subject follows.
    pub(crate) set: &'static str,
    /// The cut-off of a subject, which follows.
    pub(crate) cutoff: &'static str,
    /// A bucket's copy of the store-wide cut-off.
    pub(crate) store_cutoff: &'static str,
}

/// One of 4,096 places: the first 12 bits of a selector's tag, or of a hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Bucket(u16);

impl Bucket {
    pub(crate) const COUNT: u16 = 4096;

    pub(crate) const fn of(tag: SubjectTag) -> Self {
        Self(u16::from_be_bytes(*tag.as_bytes()) >> 4)
    }

    /// Where it lies in a Cluster.
    pub(crate) fn place(self) -> Place {
        Place::of_tag(&self.tag())
    }

    /// Its hash tag, without braces: 3 hexadecimal digits.
    pub(crate) fn tag(self) -> [u8; 3] {
        [8, 4, 0].map(|shift| DIGITS[usize::from(self.0 >> shift & 15)])
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }
}

/// What a key of the store is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Row,
    Set,
    Other,
}

impl Keys {
    pub(crate) const fn new(prefix: Prefix, kinds: &'static Kinds) -> Self {
        Self { prefix, kinds }
    }

    /// What everything begins with.
    pub(crate) fn prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// The row of a selector.
    pub(crate) fn row(&self, selector: &Selector) -> String {
        let mut key = String::with_capacity(self.len(self.kinds.row) + 32);
        self.write_row(&mut key, selector);
        key
    }

    /// The same behind what is there.
    pub(crate) fn write_row(&self, key: &mut String, selector: &Selector) {
        self.write(key, Bucket::of(selector.tag()), self.kinds.row);
        push_member(key, selector);
    }

    /// What the names of all rows in a bucket begin with; a [`member`] follows.
    pub(crate) fn rows(&self, bucket: Bucket) -> String {
        self.name(bucket, self.kinds.row, 32)
    }

    /// The set of a subject's members.
    pub(crate) fn set(&self, subject: &Subject) -> String {
        self.name(Bucket::of(subject.tag()), self.kinds.set, Subject::MAX_LEN) + subject.as_str()
    }

    /// What the names of all sets in a bucket begin with; the subject follows.
    pub(crate) fn sets(&self, bucket: Bucket) -> String {
        self.name(bucket, self.kinds.set, 0)
    }

    /// The cut-off of a subject.
    pub(crate) fn cutoff(&self, subject: &Subject) -> String {
        self.name(Bucket::of(subject.tag()), self.kinds.cutoff, Subject::MAX_LEN) + subject.as_str()
    }

    /// What the names of all cut-offs in a bucket begin with; the subject follows.
    pub(crate) fn cutoffs(&self, bucket: Bucket) -> String {
        self.name(bucket, self.kinds.cutoff, 0)
    }

    /// A bucket's copy of the store-wide cut-off.
    pub(crate) fn store_cutoff(&self, bucket: Bucket) -> String {
        self.name(bucket, self.kinds.store_cutoff, 0)
    }

    /// The same behind what is there.
    #[cfg(feature = "session")]
    pub(crate) fn write_store_cutoff(&self, key: &mut String, bucket: Bucket) {
        self.write(key, bucket, self.kinds.store_cutoff);
    }

    /// The pattern of all keys.
    pub(crate) fn pattern(&self) -> String {
        format!("{}:{{???}}:*", self.prefix())
    }

    /// The beginning of a key, with room for so many bytes more.
    pub(crate) fn name(&self, bucket: Bucket, kind: &str, room: usize) -> String {
        let mut key = String::with_capacity(self.len(kind) + room);
        self.write(&mut key, bucket, kind);
        key
    }

    fn len(&self, kind: &str) -> usize {
        self.prefix().len() + 6 + kind.len()
    }

    fn write(&self, key: &mut String, bucket: Bucket, kind: &str) {
        key.push_str(self.prefix());
        key.push_str(":{");
        key.extend(bucket.tag().map(char::from));
        key.push('}');
        key.push_str(kind);
    }

    /// Reads a key that was found by the pattern: what it is, its bucket, and what follows.
    pub(crate) fn parse<'a>(&self, key: &'a [u8]) -> Option<(Kind, Bucket, &'a [u8])> {
        let rest = key.strip_prefix(self.prefix().as_bytes())?.strip_prefix(b":{")?;
        let (bucket, rest) = rest.split_first_chunk::<3>()?;
        let bucket = bucket
            .iter()
            .try_fold(0, |number, byte| Some(number << 4 | u16::from(digit(*byte)?)))?;
        let bucket = Bucket(bucket);
        let rest = rest.strip_prefix(b"}")?;
        let behind = |kind: &str| rest.strip_prefix(kind.as_bytes());
        Some(if let Some(member) = behind(self.kinds.row) {
            (Kind::Row, bucket, member)
        } else if let Some(subject) = behind(self.kinds.set) {
            (Kind::Set, bucket, subject)
        } else {
            (Kind::Other, bucket, rest)
        })
    }
}

/// A selector as it stands in a set and at the end of its row's key: 32 hexadecimal digits, whose order is that of the
/// selectors.
pub(crate) fn member(selector: &Selector) -> String {
    let mut text = String::with_capacity(32);
    push_member(&mut text, selector);
    text
}

fn push_member(text: &mut String, selector: &Selector) {
    push_digits(text, selector.as_bytes());
}

/// Writes bytes as hexadecimal digits.
pub(crate) fn push_digits(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
}

/// Reads a [`member`].
pub(crate) fn selector(member: &[u8]) -> Option<Selector> {
    let mut bytes = [0; 16];
    if member.len() != 32 {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(member.chunks_exact(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Some(Selector::from_bytes(bytes))
}

/// The value of a hexadecimal digit.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: Kinds = Kinds {
        row: ":s:",
        set: ":u:",
        cutoff: ":c:",
        store_cutoff: ":all",
    };

    fn keys() -> Keys {
        Keys::new(Prefix::new("cloakroom").expect("a plain prefix"), &KINDS)
    }

    #[test]
    fn keys_share_the_bucket_of_their_subject() {
        let keys = keys();
        let selector = Selector::from_bytes([0xab, 0xcd, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff]);
        let ada = Subject::from_parts("ada}{", selector.tag()).expect("a subject");
        assert_eq!(
            keys.row(&selector),
            "cloakroom:{abc}:s:abcd02030405060708090a0b0c0d0eff"
        );
        assert_eq!(keys.set(&ada), "cloakroom:{abc}:u:ada}{");
        assert_eq!(keys.cutoff(&ada), "cloakroom:{abc}:c:ada}{");
        assert_eq!(
            keys.store_cutoff(Bucket::of(selector.tag())),
            "cloakroom:{abc}:all"
        );
        let row = keys.row(&selector);
        let (kind, bucket, rest) = keys.parse(row.as_bytes()).expect("a key of ours");
        assert_eq!((kind, bucket), (Kind::Row, Bucket::of(selector.tag())));
        assert_eq!(super::selector(rest), Some(selector));
        assert_eq!(
            keys.parse(keys.set(&ada).as_bytes()),
            Some((Kind::Set, bucket, &b"ada}{"[..]))
        );
    }

    #[test]
    fn foreign_names_are_no_keys() {
        let keys = keys();
        for name in [
            "",
            "cloakroom",
            "cloakroom:{",
            "cloakroom:{xyz}:s:1",
            "cloakroom:{+ab}",
            "other:{abc}:s:1",
        ] {
            assert_eq!(keys.parse(name.as_bytes()), None, "{name}");
        }
        for member in [
            "",
            "abcd02030405060708090a0b0c0d0ef",
            "ABCD02030405060708090a0b0c0d0eff",
        ] {
            assert_eq!(selector(member.as_bytes()), None, "{member}");
        }
    }
}
