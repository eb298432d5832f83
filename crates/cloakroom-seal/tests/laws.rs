//! Laws over payloads and times that nobody picked.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

mod common;

use std::num::NonZeroU16;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_seal::{Mode, OpenError, SealError, Sealer};
use common::{MODES, ring, sealer};
use proptest::prelude::*;

fn built(mode: Mode, bucket: NonZeroU16) -> Sealer {
    let sealer = sealer(mode, &ring());
    match mode {
        Mode::Signed => sealer,
        Mode::Encrypted => sealer.bucket(bucket).unwrap(),
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens_until_it_expires(
        payload in prop::collection::vec(any::<u8>(), 0..400),
        issued_at in 0_i64..1 << 48,
        ttl in 1_u32..=30 * 86_400,
        bucket in 1_u16..500,
    ) {
        let end = issued_at + 1000 * i64::from(ttl);
        for mode in MODES {
            let sealer = built(mode, NonZeroU16::new(bucket).unwrap());
            let at = UnixTime::from_millis;
            let value = sealer.seal(&payload, at(issued_at), Duration::from_secs(ttl.into())).unwrap();
            prop_assert_eq!(value.len(), sealer.sealed_len(payload.len()));
            for now in [issued_at - 5000, issued_at, end - 1] {
                let opened = sealer.opening(at(now)).open(&value).unwrap();
                prop_assert_eq!(opened.value(), &payload);
                prop_assert_eq!((opened.issued_at(), opened.expires_at()), (at(issued_at), at(end)));
                if now < issued_at {
                    prop_assert_eq!(sealer.reseal(&opened), Err(SealError::NotYetIssued));
                    continue;
                }
                let again = sealer.opening(at(now)).open(sealer.reseal(&opened).unwrap()).unwrap();
                prop_assert_eq!(again.value(), &payload);
            }
            prop_assert_eq!(sealer.opening(at(issued_at - 5001)).open(&value).err(), Some(OpenError::NotYetValid));
            prop_assert_eq!(sealer.opening(at(end)).open(&value).err(), Some(OpenError::Expired));
        }
    }

    #[test]
    fn no_text_opens_unless_it_was_sealed(text in "[A-Za-z0-9_-]{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for mode in MODES {
            let sealer = built(mode, NonZeroU16::MIN);
            for value in [text.as_bytes(), &bytes] {
                prop_assert_eq!(sealer.opening(common::NOW).open(value).err(), Some(OpenError::Rejected));
            }
        }
    }
}
