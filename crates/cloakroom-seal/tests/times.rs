//! C3, C9, C12: when a value opens, to the millisecond, and what may be sealed.

mod common;

use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_seal::{Mode, OpenError, SealError, Sealer};
use common::{MODES, NOW, PAYLOAD, TTL, forge, key, now, ring, sealer};

const DAY: u64 = 86_400;
const LAST: i64 = (1 << 48) - 1;

fn outcome(sealer: &Sealer, value: &str, at: UnixTime) -> Option<OpenError> {
    sealer.opening(at).open(value).err()
}

#[test]
fn c3_a_value_ends_with_its_ttl() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        for ttl in [1, 60, 30 * DAY] {
            let value = sealer.seal(PAYLOAD, NOW, Duration::from_secs(ttl)).unwrap();
            let end = i64::try_from(ttl).unwrap() * 1000;
            assert_eq!(outcome(&sealer, &value, now(end - 1)), None);
            assert_eq!(outcome(&sealer, &value, now(end)), Some(OpenError::Expired));
            assert_eq!(outcome(&sealer, &value, now(end + 1)), Some(OpenError::Expired));
            let opened = sealer.opening(NOW).open(&value).unwrap();
            assert_eq!((opened.issued_at(), opened.expires_at()), (NOW, now(end)));
        }
    }
}

#[test]
fn c3_a_value_ends_with_the_greatest_ttl() {
    for mode in MODES {
        let long = sealer(mode, &ring())
            .max_ttl(Duration::from_secs(400 * DAY))
            .unwrap();
        let value = long.seal(PAYLOAD, NOW, Duration::from_secs(400 * DAY)).unwrap();
        for (days, short) in [
            (30, sealer(mode, &ring())),
            (
                1,
                sealer(mode, &ring()).max_ttl(Duration::from_secs(DAY)).unwrap(),
            ),
            (400, long),
        ] {
            let end = days * 86_400_000;
            assert_eq!(outcome(&short, &value, now(end - 1)), None);
            assert_eq!(outcome(&short, &value, now(end)), Some(OpenError::Expired));
            assert_eq!(outcome(&short, &value, now(end + 1)), Some(OpenError::Expired));
            assert_eq!(short.opening(NOW).open(&value).unwrap().expires_at(), now(end));
        }
    }
}

#[test]
fn c3_a_value_may_come_from_5_s_ahead() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal(PAYLOAD, NOW, TTL).unwrap();
        assert_eq!(outcome(&sealer, &value, now(-4999)), None);
        assert_eq!(outcome(&sealer, &value, now(-5000)), None);
        assert_eq!(outcome(&sealer, &value, now(-5001)), Some(OpenError::NotYetValid));
    }
}

#[test]
fn c3_a_value_at_the_cutoff_is_revoked() {
    for mode in MODES {
        let plain = sealer(mode, &ring());
        let value = plain.seal(PAYLOAD, NOW, TTL).unwrap();
        for (cutoff, expected) in [
            (-1, None),
            (0, Some(OpenError::Revoked)),
            (1, Some(OpenError::Revoked)),
        ] {
            // The argument of `cutoff`, the ring's own, and both.
            assert_eq!(
                plain.opening(NOW).cutoff(now(cutoff)).open(&value).err(),
                expected
            );
            let cut = sealer(mode, &ring().raise_cutoff(now(cutoff)).unwrap());
            assert_eq!(outcome(&cut, &value, NOW), expected);
            let early = cut.opening(NOW).cutoff(UnixTime::MIN).cutoff(UnixTime::EPOCH);
            assert_eq!(
                early.open(&value).err(),
                expected,
                "an argument cannot lower the ring's cut-off"
            );
        }
        let raised = plain.opening(NOW).cutoff(NOW).cutoff(now(-1));
        assert_eq!(
            raised.open(&value).err(),
            Some(OpenError::Revoked),
            "nor a later argument an earlier one"
        );
    }
}

#[test]
fn c3_the_first_reason_is_told() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal(PAYLOAD, NOW, TTL).unwrap();
        let all_at = |at: i64| sealer.opening(now(at)).cutoff(UnixTime::MAX).open(&value).err();
        assert_eq!(all_at(-5001), Some(OpenError::NotYetValid));
        assert_eq!(all_at(43_200_000), Some(OpenError::Expired));
        assert_eq!(all_at(0), Some(OpenError::Revoked));
    }
}

#[test]
fn c9_resealing_keeps_issue_expiry_and_payload() {
    let both = ring().announce(key(0x80)).unwrap();
    let after = both.activate(key(0x80).id()).unwrap();
    for mode in MODES {
        let value = sealer(mode, &ring()).seal(PAYLOAD, NOW, TTL).unwrap();
        let after = sealer(mode, &after);
        let old = after.opening(now(7_000_000)).open(&value).unwrap();
        assert!(old.needs_reseal());
        let again = after.reseal(&old).unwrap();
        assert_ne!(again, value);
        let new = after.opening(now(7_000_000)).open(&again).unwrap();
        assert!(!new.needs_reseal());
        assert_eq!(
            (new.value(), new.issued_at(), new.expires_at()),
            (PAYLOAD, NOW, now(43_200_000)),
        );
        assert_eq!(outcome(&after, &again, now(43_199_999)), None);
        assert_eq!(outcome(&after, &again, now(43_200_000)), Some(OpenError::Expired));
    }
}

#[test]
fn c9_another_payload_keeps_issue_and_expiry() {
    let both = ring().announce(key(0x80)).unwrap();
    let after = both.activate(key(0x80).id()).unwrap();
    for mode in MODES {
        let value = sealer(mode, &ring()).seal(PAYLOAD, NOW, TTL).unwrap();
        let after = sealer(mode, &after);
        let old = after.opening(now(7_000_000)).open(&value).unwrap();
        let changed = after.reseal_with(&old, b"another, and longer payload").unwrap();
        let new = after.opening(now(7_000_000)).open(&changed).unwrap();
        assert!(!new.needs_reseal());
        assert_eq!(
            (new.value(), new.issued_at(), new.expires_at()),
            (&b"another, and longer payload"[..], NOW, now(43_200_000)),
        );
        assert_eq!(outcome(&after, &changed, now(43_199_999)), None);
        assert_eq!(
            outcome(&after, &changed, now(43_200_000)),
            Some(OpenError::Expired)
        );
        let cut = after.opening(now(7_000_000)).cutoff(NOW).open(&changed);
        assert_eq!(cut.err(), Some(OpenError::Revoked));
        assert_eq!(after.reseal_with(&old, &[0; 4096]), Err(SealError::TooLarge));
    }
}

#[test]
fn c9_resealing_does_not_outrun_a_cutoff() {
    for mode in MODES {
        let before = sealer(mode, &ring());
        let value = before.seal(PAYLOAD, NOW, TTL).unwrap();
        let opened = before.opening(now(1000)).open(&value).unwrap();
        let after = sealer(mode, &ring().raise_cutoff(now(2000)).unwrap());
        let again = after.reseal(&opened).unwrap();
        assert_eq!(outcome(&after, &again, now(3000)), Some(OpenError::Revoked));
    }
}

#[test]
fn c9_a_forgery_from_ahead_does_not_outrun_a_cutoff() {
    // Whoever has the leaked key `key(0)` issues a value as late as it opens at all.
    let issued_at = u64::try_from(now(5000).as_millis()).unwrap();
    let leaked = ring().announce(key(0x80)).unwrap();
    let leaked = leaked.activate(key(0x80).id()).unwrap();
    for mode in MODES {
        let forged = match mode {
            Mode::Signed => forge::signed(&key(0), 1, issued_at, 60, PAYLOAD),
            Mode::Encrypted => forge::encrypted(&key(0), 2, issued_at, 60, &[PAYLOAD, &[0x80]].concat()),
        };
        let before = sealer(mode, &leaked);
        for ahead in [0, 1, 4999] {
            let opened = before.opening(now(ahead)).open(&forged).unwrap();
            assert!(!opened.needs_reseal(), "{ahead}");
            assert_eq!(before.reseal(&opened), Err(SealError::NotYetIssued), "{ahead}");
            let other = before.reseal_with(&opened, b"x");
            assert_eq!(other, Err(SealError::NotYetIssued), "{ahead}");
        }
        // Once its time has come it is sealed anew, and a cut-off of that same millisecond reaches it.
        let opened = before.opening(now(5000)).open(&forged).unwrap();
        assert!(opened.needs_reseal());
        let again = before.reseal(&opened).unwrap();
        let cured = leaked.revoke(key(0).id(), now(5000)).unwrap();
        assert_eq!(
            outcome(&sealer(mode, &cured), &again, now(5000)),
            Some(OpenError::Revoked)
        );
    }
}

#[test]
fn c9_resealing_keeps_a_ttl_that_is_longer_than_the_greatest() {
    for mode in MODES {
        let long = sealer(mode, &ring())
            .max_ttl(Duration::from_secs(400 * DAY))
            .unwrap();
        let value = long.seal(PAYLOAD, NOW, Duration::from_secs(400 * DAY)).unwrap();
        let short = sealer(mode, &ring());
        let again = short.reseal(&short.opening(NOW).open(&value).unwrap()).unwrap();
        assert_eq!(
            outcome(&short, &again, now(30 * 86_400_000)),
            Some(OpenError::Expired)
        );
        assert_eq!(outcome(&long, &again, now(400 * 86_400_000 - 1)), None);
        assert_eq!(
            outcome(&long, &again, now(400 * 86_400_000)),
            Some(OpenError::Expired)
        );
    }
}

#[test]
fn c9_only_what_was_opened_for_the_same_use_is_resealed() {
    use cloakroom_cookie::CookieName;
    let opened = |mode| {
        let sealer = sealer(mode, &ring());
        sealer
            .opening(NOW)
            .open(sealer.seal(PAYLOAD, NOW, TTL).unwrap())
            .unwrap()
    };
    let (signed, encrypted) = (opened(Mode::Signed), opened(Mode::Encrypted));
    let (name, other) = (common::NAME.clone(), CookieName::from_static("other"));
    for sealer in [
        Sealer::encrypted(&ring(), &name, "login").unwrap(),
        Sealer::signed(&ring(), &other, "login").unwrap(),
        Sealer::signed(&ring(), &name, "logout").unwrap(),
    ] {
        assert_eq!(sealer.reseal(&signed), Err(SealError::Foreign));
        assert_eq!(sealer.reseal_with(&signed, b"x"), Err(SealError::Foreign));
    }
    assert_eq!(
        sealer(Mode::Signed, &ring()).reseal(&encrypted),
        Err(SealError::Foreign)
    );
    assert!(sealer(Mode::Encrypted, &ring()).reseal(&encrypted).is_ok());
}

#[test]
fn c12_what_may_be_sealed() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let seal =
            |millis: i64, ttl: Duration| sealer.seal(PAYLOAD, UnixTime::from_millis(millis), ttl).err();
        let secs = Duration::from_secs;
        for (ttl, expected) in [
            (Duration::ZERO, Some(SealError::TtlZero)),
            (Duration::from_nanos(1), Some(SealError::TtlZero)),
            (Duration::from_millis(999), Some(SealError::TtlZero)),
            (secs(1), None),
            (secs(30 * DAY), None),
            (Duration::new(30 * DAY, 999_999_999), None),
            (secs(30 * DAY + 1), Some(SealError::TtlTooLong)),
            (secs(u64::from(u32::MAX)), Some(SealError::TtlTooLong)),
            (secs(u64::from(u32::MAX) + 1), Some(SealError::TtlTooLong)),
            (secs((1 << 32) + 60), Some(SealError::TtlTooLong)),
            (Duration::MAX, Some(SealError::TtlTooLong)),
        ] {
            assert_eq!(seal(NOW.as_millis(), ttl), expected, "{mode:?}, ttl {ttl:?}");
        }
        for (issued_at, expected) in [
            (-1, Some(SealError::IssuedAt)),
            (0, None),
            (LAST, None),
            (LAST + 1, Some(SealError::IssuedAt)),
            (i64::MIN, Some(SealError::IssuedAt)),
            (i64::MAX, Some(SealError::IssuedAt)),
        ] {
            assert_eq!(seal(issued_at, TTL), expected, "{mode:?}, issued at {issued_at}");
        }
    }
}

#[test]
fn c12_a_part_of_a_second_is_dropped() {
    let sealer = sealer(Mode::Signed, &ring());
    let value = sealer.seal(PAYLOAD, NOW, Duration::from_millis(1999)).unwrap();
    assert_eq!(outcome(&sealer, &value, now(999)), None);
    assert_eq!(outcome(&sealer, &value, now(1000)), Some(OpenError::Expired));
}

#[test]
fn c12_the_greatest_ttl_has_its_range() {
    let set = |max_ttl| sealer(Mode::Signed, &ring()).max_ttl(max_ttl);
    for bad in [
        Duration::ZERO,
        Duration::from_millis(999),
        Duration::from_secs(400 * DAY + 1),
        Duration::MAX,
    ] {
        let error = set(bad).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the greatest ttl lies from 1 second to 400 days",
            "{bad:?}"
        );
    }
    for good in [Duration::from_secs(1), Duration::from_secs(400 * DAY)] {
        let sealer = set(good).unwrap();
        assert!(sealer.seal(PAYLOAD, NOW, good).is_ok());
        assert_eq!(
            sealer.seal(PAYLOAD, NOW, good + Duration::from_secs(1)),
            Err(SealError::TtlTooLong)
        );
    }
}

#[test]
fn c12_nothing_wraps_at_the_ends() {
    let last = u64::try_from(LAST).unwrap();
    let values = |mode, issued_at, ttl| match mode {
        Mode::Signed => forge::signed(&key(0), 1, issued_at, ttl, PAYLOAD),
        Mode::Encrypted => forge::encrypted(&key(0), 2, issued_at, ttl, &[PAYLOAD, &[0x80]].concat()),
    };
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let at = |value: &str, millis| outcome(&sealer, value, UnixTime::from_millis(millis));

        // The last time that can be said, with the longest ttl that can be said.
        let value = values(mode, last, u32::MAX);
        for (millis, expected) in [
            (i64::MIN, Some(OpenError::NotYetValid)),
            (0, Some(OpenError::NotYetValid)),
            (LAST - 5001, Some(OpenError::NotYetValid)),
            (LAST - 5000, None),
            (LAST + 30 * 86_400_000 - 1, None),
            (LAST + 30 * 86_400_000, Some(OpenError::Expired)),
            (i64::MAX, Some(OpenError::Expired)),
        ] {
            assert_eq!(at(&value, millis), expected, "{mode:?} at {millis}");
        }
        let opened = sealer.opening(UnixTime::from_millis(LAST)).open(&value).unwrap();
        assert_eq!(opened.issued_at(), UnixTime::from_millis(LAST));
        assert_eq!(opened.expires_at(), UnixTime::from_millis(LAST + 30 * 86_400_000));
        assert!(sealer.reseal(&opened).is_ok());

        // The first, and a ttl of nothing, which no sealer writes.
        let value = values(mode, 0, 1);
        for (millis, expected) in [
            (-5001, Some(OpenError::NotYetValid)),
            (-5000, None),
            (999, None),
            (1000, Some(OpenError::Expired)),
        ] {
            assert_eq!(at(&value, millis), expected, "{mode:?} at {millis}");
        }
        let value = values(mode, 1000, 0);
        assert_eq!(at(&value, 999), None, "by the rule alone: now < issued_at + 0");
        assert_eq!(at(&value, 1000), Some(OpenError::Expired));
    }
}
