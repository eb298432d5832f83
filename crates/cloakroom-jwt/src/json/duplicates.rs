//! Finds equal names in one object without allocating and without comparing each with each.

use super::{Index, NotStrict, Span};

/// Up to so many members are compared as they come; more are sorted when their object ends, so that the work stays at
/// n log n whatever the names are.
const COMPARED: usize = 16;

/// A filter of the names that an object has had so far.
#[derive(Default)]
pub(super) struct Seen(u64);

impl Seen {
    /// Takes in a name that is to follow the members from `base` on.
    #[inline]
    pub(super) fn insert(
        &mut self,
        key: u64,
        name: Span,
        json: &str,
        index: &Index,
        base: usize,
    ) -> Result<(), NotStrict> {
        let bit = 1 << (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58);
        if self.0 & bit != 0 {
            let members = &index.members[base..];
            let text = &index.text;
            if members.len() < COMPARED
                && members
                    .iter()
                    .any(|member| member.key == key && member.name(json, text) == name.of(json, text))
            {
                return Err(NotStrict);
            }
        }
        self.0 |= bit;
        Ok(())
    }
}

/// Looks at all members from `base` on, when they were too many to compare as they came.
#[inline]
pub(super) fn check_many(json: &str, index: &mut Index, base: usize) -> Result<(), NotStrict> {
    if index.members.len() - base <= COMPARED {
        return Ok(());
    }
    sorted(json, index, base)
}

#[cold]
fn sorted(json: &str, index: &mut Index, base: usize) -> Result<(), NotStrict> {
    let Index { members, text, order } = index;
    let members = &members[base..];
    order.clear();
    order.extend((0..).take(members.len()));
    let compare = |&left: &u32, &right: &u32| {
        let (left, right) = (&members[left as usize], &members[right as usize]);
        (left.key.cmp(&right.key)).then_with(|| left.name(json, text).cmp(right.name(json, text)))
    };
    order.sort_unstable_by(compare);
    if order.windows(2).any(|pair| compare(&pair[0], &pair[1]).is_eq()) {
        return Err(NotStrict);
    }
    Ok(())
}

/// A number that equal names share. Names below eight octets have one of their own: it holds them and their length.
pub(crate) const fn key(name: &[u8]) -> u64 {
    let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) else {
        let mut octets = [0; 8];
        let (start, _) = octets.split_at_mut(name.len());
        start.copy_from_slice(name);
        return short(u64::from_le_bytes(octets), name.len());
    };
    (u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23) ^ (name.len() as u64) << 48)
        | 1 << 63
}

/// [`key`] of a name of fewer than eight octets, of which `word` holds the octets; the others of it are cut off.
#[inline]
pub(super) const fn short(word: u64, length: usize) -> u64 {
    (word & ((1 << (length * 8)) - 1)) | (length as u64) << 56
}
