//! Where keys lie in a Cluster.

use std::collections::{BTreeMap, BTreeSet};

use cloakroom_store::conformance::fixture::{
    MINUTE, NOW, at, change, of, reauthentication, subject, visitor,
};
use cloakroom_store::{Created, Page, SessionStore as _, SubjectIndex as _, Version};

use crate::place::{Place, ask};

/// All keys of the prefix with their slots, and on how many masters they lie.
pub(crate) async fn slots(place: &Place) -> (BTreeMap<String, u16>, usize) {
    let (mut slots, mut masters) = (BTreeMap::new(), 0);
    for port in place.ports() {
        let role: Vec<redis::Value> = ask(port, &redis::cmd("ROLE")).await;
        if role[0] != redis::Value::BulkString(b"master".to_vec()) {
            continue;
        }
        let mut keys = redis::cmd("KEYS");
        let keys: Vec<String> = ask(port, keys.arg(format!("{}:*", place.prefix))).await;
        masters += usize::from(!keys.is_empty());
        for key in keys {
            let mut slot = redis::cmd("CLUSTER");
            let slot = ask(port, slot.arg("KEYSLOT").arg(&key)).await;
            slots.insert(key, slot);
        }
    }
    (slots, masters)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_keys_of_a_subject_lie_in_one_slot() {
    let place = Place::shared();
    let store = place.store().await;
    let ada = subject("ada{lovelace}");
    let spared = of(&ada).build();
    for record in [&spared, &of(&ada).build(), &of(&ada).build()] {
        assert_eq!(store.create(record, NOW).await.unwrap(), Created::Done);
    }
    let selector = spared.selector();
    let _ = store
        .update(&selector, Version::FIRST, &change(*b"new"), at(1))
        .await
        .unwrap();
    let _ = store
        .rotate(&selector, spared.verifier_hash(), &reauthentication(at(2)), at(2))
        .await
        .unwrap();
    let _ = store.touch(&selector, at(MINUTE), at(3)).await.unwrap();
    let listed = store.list_by_subject(&ada, Page::first(Page::MAX), at(3)).await;
    assert_eq!(listed.unwrap().sessions.len(), 3);
    let ended = store.delete_by_subject(&ada, Some(&selector), at(4)).await;
    assert_eq!(ended.unwrap(), 2);
    let (slots, _) = slots(&place).await;
    // The row that was spared, the set and the cut-off.
    assert_eq!(slots.len(), 3, "{slots:?}");
    assert_eq!(slots.values().collect::<BTreeSet<_>>().len(), 1, "{slots:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_cut_offs_are_spread_over_all_masters() {
    let place = Place::shared();
    let store = place.store().await;
    for _ in 0..100 {
        assert_eq!(
            store.create(&visitor().build(), NOW).await.unwrap(),
            Created::Done
        );
    }
    assert_eq!(slots(&place).await.1, 3);
    store.revoke_all(at(-1)).await.unwrap();
    let (slots, masters) = slots(&place).await;
    assert_eq!((slots.len(), masters), (100 + 4096, 3));
}
