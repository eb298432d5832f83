//! A6, for sealed values: several cookies of one name.

mod common;

use std::time::Duration;

use cloakroom_keyring::KeyRing;
use cloakroom_seal::{MAX_CANDIDATES, OpenError, Sealer};
use common::{MODES, NOW, TTL, key, now, ring, sealer};

fn open_any(sealer: &Sealer, values: &[&str]) -> Result<Vec<u8>, OpenError> {
    sealer
        .opening(NOW)
        .open_any(values)
        .map(|opened| opened.value().to_vec())
}

#[test]
fn a6_the_one_that_opens_is_taken() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let good = sealer.seal(b"good", NOW, TTL).unwrap();
        let stranger = Sealer::clone(&common::sealer(mode, &KeyRing::single(key(0x80))));
        let planted = stranger.seal(b"evil", NOW, TTL).unwrap();
        for values in [
            &[&good[..]][..],
            &[&planted, &good],
            &["", "x", &planted, &good],
            &[&good, &planted, &good, "junk"],
        ] {
            assert_eq!(open_any(&sealer, values).unwrap(), b"good");
        }
        assert_eq!(open_any(&sealer, &[]), Err(OpenError::Rejected));
        assert_eq!(open_any(&sealer, &["", &planted]), Err(OpenError::Rejected));
    }
}

#[test]
fn a6_four_are_tried_and_no_more() {
    assert_eq!(MAX_CANDIDATES, 4);
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let good = sealer.seal(b"good", NOW, TTL).unwrap();
        let other = sealer.seal(b"other", NOW, TTL).unwrap();
        assert_eq!(open_any(&sealer, &["1", "2", "3", &good]).unwrap(), b"good");
        assert_eq!(
            open_any(&sealer, &["1", "2", "3", "4", &good]),
            Err(OpenError::Rejected)
        );
        assert_eq!(
            open_any(&sealer, &[&good, "2", "3", "4", &other]).unwrap(),
            b"good"
        );
    }
}

#[test]
fn a6_two_that_open_differently_are_a_conflict() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let (a, b) = (
            sealer.seal(b"alice", NOW, TTL).unwrap(),
            sealer.seal(b"bob", NOW, TTL).unwrap(),
        );
        assert_eq!(open_any(&sealer, &[&a, &b]), Err(OpenError::Conflict));
        assert_eq!(open_any(&sealer, &[&b, "junk", &a]), Err(OpenError::Conflict));
        assert_eq!(open_any(&sealer, &[&a, &a, "junk", &b]), Err(OpenError::Conflict));
        assert_eq!(open_any(&sealer, &[&a, &a]).unwrap(), b"alice");
    }
}

#[test]
fn a6_what_does_not_open_conflicts_with_nothing() {
    for mode in MODES {
        let cut = sealer(mode, &ring());
        let good = cut.seal(b"good", NOW, TTL).unwrap();
        let expired = cut
            .seal(b"expired", now(-60_000), Duration::from_secs(60))
            .unwrap();
        let early = cut.seal(b"early", now(5001), TTL).unwrap();
        let revoked = cut.seal(b"revoked", now(-10), TTL).unwrap();
        let opening = cut.opening(NOW).cutoff(now(-10));
        let open_any = |values: &[&str]| opening.open_any(values).map(|opened| opened.value().to_vec());
        for bad in [&expired, &early, &revoked] {
            assert_eq!(open_any(&[bad, &good]).unwrap(), b"good");
            assert_eq!(open_any(&[&good, bad]).unwrap(), b"good");
        }
        // The first that is genuine says why.
        assert_eq!(
            open_any(&["junk", &expired, &early, &revoked]),
            Err(OpenError::Expired)
        );
        assert_eq!(open_any(&["junk", &revoked, &expired]), Err(OpenError::Revoked));
        assert_eq!(open_any(&[&early, "junk"]), Err(OpenError::NotYetValid));
    }
}

#[test]
fn a6_of_equal_payloads_the_later_expiry_is_taken() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let short = sealer.seal(b"same", NOW, Duration::from_secs(60)).unwrap();
        let long = sealer.seal(b"same", NOW, TTL).unwrap();
        for values in [[&short, &long], [&long, &short]] {
            assert_eq!(
                sealer.opening(NOW).open_any(values).unwrap().expires_at(),
                now(43_200_000)
            );
        }
    }
}
