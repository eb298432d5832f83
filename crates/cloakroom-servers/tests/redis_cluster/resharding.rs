//! A slot that moves from one master to another while it is used.

use cloakroom_id::SubjectTag;
use cloakroom_servers::{RedisCluster, Scratch};
use cloakroom_store::conformance::fixture::{NOW, at, change, of, subject};
use cloakroom_store::{
    Created, Page, SessionStore as _, StoreErrorKind, SubjectIndex as _, Updated, Version,
};

use crate::place::{Place, ask};

/// Moves one slot from node to node, in steps.
struct Move<'a> {
    cluster: &'a RedisCluster,
    slot: String,
    from: usize,
    to: usize,
}

impl<'a> Move<'a> {
    /// Of the slot of the sessions whose selectors begin with `tag`.
    fn new(cluster: &'a RedisCluster, place: &Place, tag: SubjectTag) -> Self {
        let bucket = u16::from_be_bytes(*tag.as_bytes()) >> 4;
        let key = format!("{}:{{{bucket:03x}}}:", place.prefix);
        let nodes = cluster.nodes();
        let slot = nodes[0].command(&["CLUSTER", "KEYSLOT", &key]).unwrap();
        // A third of the slots each, in order.
        let from = slot.parse::<usize>().unwrap() * 3 / 16384;
        Self {
            cluster,
            slot,
            from,
            to: (from + 1) % 3,
        }
    }

    fn id(&self, node: usize) -> String {
        self.cluster.nodes()[node].command(&["CLUSTER", "MYID"]).unwrap()
    }

    fn set(&self, node: usize, state: &str, other: usize) {
        let id = self.id(other);
        self.cluster.nodes()[node]
            .command(&["CLUSTER", "SETSLOT", &self.slot, state, &id])
            .unwrap();
    }

    fn begin(&self) {
        self.set(self.to, "IMPORTING", self.from);
        self.set(self.from, "MIGRATING", self.to);
    }

    /// Moves the keys with `part` in their names.
    async fn carry(&self, part: &str) {
        let (from, to) = (
            self.cluster.nodes()[self.from].port(),
            self.cluster.nodes()[self.to].port(),
        );
        let mut keys = redis::cmd("CLUSTER");
        keys.arg("GETKEYSINSLOT").arg(&self.slot).arg(1000);
        let mut keys: Vec<String> = ask(from, &keys).await;
        keys.retain(|key| key.contains(part));
        if !keys.is_empty() {
            let mut migrate = redis::cmd("MIGRATE");
            migrate.arg("127.0.0.1").arg(to).arg("").arg(0).arg(5000);
            let () = ask(from, migrate.arg("KEYS").arg(keys)).await;
        }
    }

    async fn finish(&self) {
        self.carry("").await;
        self.set(self.to, "NODE", self.to);
        self.set(self.from, "NODE", self.to);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_moves_is_followed() {
    let scratch = Scratch::new().unwrap();
    let cluster = RedisCluster::start(scratch.path(), 3, 0).unwrap();
    let place = Place::on(&cluster.url());
    let store = place.store().await;
    let ada = subject("ada");
    let record = of(&ada).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);

    // In between, some keys lie here and some there, and nobody can say.
    let slot = Move::new(&cluster, &place, ada.tag());
    slot.begin();
    let another = of(&ada).build();
    for kind in [
        store.load(&record.selector(), NOW).await.unwrap_err().kind(),
        store.create(&another, NOW).await.unwrap_err().kind(),
        store.delete_by_subject(&ada, None, NOW).await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, StoreErrorKind::Unavailable);
    }
    slot.finish().await;
    // The client does not know yet, and asks the old master first.
    let updated = store
        .update(&record.selector(), Version::FIRST, &change(*b"new"), at(1))
        .await;
    assert_eq!(updated.unwrap(), Updated::Done(Version::FIRST.next()));
    assert_eq!(store.delete_by_subject(&ada, None, at(2)).await.unwrap(), 1);
    assert_eq!(store.load(&record.selector(), at(2)).await.unwrap(), None);
    assert_eq!(store.create(&record, at(2)).await.unwrap(), Created::Refused);
}

/// The new master has the rows already, the old one still the list: what the old one cannot see it must not take for
/// ended.
#[tokio::test(flavor = "multi_thread")]
async fn d9_a_subject_that_lies_in_two_places_is_not_deleted_by_half() {
    let scratch = Scratch::new().unwrap();
    let cluster = RedisCluster::start(scratch.path(), 3, 0).unwrap();
    let place = Place::on(&cluster.url());
    let store = place.store().await;
    let ada = subject("ada");
    let record = of(&ada).build();
    // So that all keys that the script is given are there.
    store.revoke_all(at(-1)).await.unwrap();
    assert_eq!(store.delete_by_subject(&ada, None, at(-1)).await.unwrap(), 0);
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let slot = Move::new(&cluster, &place, ada.tag());
    slot.begin();
    slot.carry(":s:").await;
    for kind in [
        store
            .delete_by_subject(&ada, None, at(1))
            .await
            .unwrap_err()
            .kind(),
        store
            .list_by_subject(&ada, Page::first(Page::MAX), at(1))
            .await
            .unwrap_err()
            .kind(),
    ] {
        assert_eq!(kind, StoreErrorKind::Unavailable);
    }
    slot.finish().await;
    let listed = store
        .list_by_subject(&ada, Page::first(Page::MAX), at(1))
        .await
        .unwrap();
    assert_eq!(listed.sessions.len(), 1, "it is still on the list");
    assert_eq!(store.delete_by_subject(&ada, None, at(1)).await.unwrap(), 1);
    assert_eq!(store.load(&record.selector(), at(1)).await.unwrap(), None);
}
