//! Where keys lie in a Cluster.

use std::collections::BTreeSet;

use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, denial};
use cloakroom_revocation::{Denied, RevocationStore as _};

use crate::place::Place;
use crate::slots::slots;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_feed_lies_in_one_slot_and_feeds_lie_in_several() {
    let mut places = BTreeSet::new();
    for _ in 0..8 {
        let place = Place::shared();
        let builder = RedisRevocationStore::builder(FLEET).prefix(&place.prefix);
        let store = builder.connect(&place.url).await.unwrap();
        for name in ["{alice}", "bob}{"] {
            let denied = store.deny(&denial(name, &format!("t-{name}")), NOW).await;
            assert_eq!(denied.unwrap(), Denied::Token);
            store.cut_off(ISSUER, name, NOW).await.unwrap();
        }
        store.revoke_all(NOW).await.unwrap();
        let (found, _) = slots(&place).await;
        // The feed, steps, entries, names, those to be purged, and the denials of two subjects.
        assert_eq!(found.len(), 7, "{found:?}");
        let of_this: BTreeSet<_> = found.into_values().collect();
        assert_eq!(of_this.len(), 1);
        places.extend(of_this);
    }
    assert!(places.len() > 4, "{places:?}");
}
