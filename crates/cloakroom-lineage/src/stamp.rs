use cloakroom_core::UnixTime;

/// The time of issue for what is minted now: after every cut-off of its subject that was set before the stamp was taken.
///
/// Take it **before** looking at what the new credential rests on, be it a password or a refresh token. A cut-off that
/// falls in between then lies after the stamp, and what is minted by it is refused. Taken afterwards it would lead the new
/// credential past that cut-off.
///
/// What rests on a lineage, and not on a proof of this moment, takes
/// [`renewal_stamp`](crate::Lineages::renewal_stamp), which is refused once the lineage lies at or before a cut-off.
///
/// Right after a cut-off, which lies ahead of the clock, so does the stamp, but never further ahead of the store's clock than
/// the fleet's skew. The next cut-off lies at least as far ahead, so it reaches what was minted by the stamp however soon it
/// comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    at: UnixTime,
    cutoff: Option<UnixTime>,
}

impl Stamp {
    pub(crate) fn after(cutoff: Option<UnixTime>, now: UnixTime) -> Self {
        let first = cutoff.map(|at| UnixTime::from_millis(at.as_millis().saturating_add(1)));
        Self {
            at: first.map_or(now, |first| first.max(now)),
            cutoff,
        }
    }

    /// For sessions, families and tickets: the time of authentication, in milliseconds.
    pub const fn authenticated_at(self) -> UnixTime {
        self.at
    }

    /// For a JWT: its `iat` in whole seconds. It is rounded down, save where that would lead back to the cut-off: then it is
    /// the next whole second above, which may lie in the future by as much as verifiers of a revocable policy take.
    pub fn issued_at(self) -> UnixTime {
        let second = self.at.as_millis().div_euclid(1000);
        let whole = UnixTime::from_millis(second.saturating_mul(1000));
        if self.cutoff.is_some_and(|cutoff| whole <= cutoff) {
            UnixTime::from_millis(second.saturating_add(1).saturating_mul(1000))
        } else {
            whole
        }
    }

    /// Whether the cut-off that it lies after ended what was authenticated then.
    pub(crate) fn ends(self, authenticated_at: UnixTime) -> bool {
        self.cutoff.is_some_and(|cutoff| authenticated_at <= cutoff)
    }

    /// The later of the two.
    pub(crate) fn latest(self) -> UnixTime {
        self.at.max(self.issued_at())
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_core::UnixTime;

    use super::Stamp;

    fn stamp(cutoff: Option<i64>, now: i64) -> (i64, i64) {
        let stamp = Stamp::after(cutoff.map(UnixTime::from_millis), UnixTime::from_millis(now));
        (
            stamp.authenticated_at().as_millis(),
            stamp.issued_at().as_millis(),
        )
    }

    #[test]
    fn f13_what_is_minted_lies_above_the_cutoff() {
        assert_eq!(stamp(None, 12_400), (12_400, 12_000));
        // A cut-off of long ago, one in the same second, one at the second's beginning, and one at the millisecond.
        assert_eq!(stamp(Some(11_999), 12_400), (12_400, 12_000));
        assert_eq!(stamp(Some(12_000), 12_400), (12_400, 13_000));
        assert_eq!(stamp(Some(12_300), 12_400), (12_400, 13_000));
        assert_eq!(stamp(Some(12_400), 12_400), (12_401, 13_000));
        // A cut-off ahead, by the fleet's skew.
        assert_eq!(stamp(Some(14_400), 12_400), (14_401, 15_000));
        assert_eq!(stamp(Some(13_999), 12_400), (14_000, 14_000));
        assert_eq!(stamp(Some(i64::MAX), 12_400).0, i64::MAX);
    }
}
