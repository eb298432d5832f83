use cloakroom_core::UnixTime;

use super::{InvalidTransition, KeyRing, KeyState};
use crate::{Key, KeyId};

const NOON: UnixTime = UnixTime::from_millis(1_750_000_000_000);

fn key(seed: u8) -> Key {
    Key::from_bytes(&std::array::from_fn::<u8, 32, _>(|i| {
        seed ^ (u8::try_from(i).unwrap() * 7)
    }))
    .unwrap()
}

fn states(ring: &KeyRing) -> Vec<(KeyId, KeyState)> {
    ring.entries().collect()
}

#[test]
fn a_rotation_goes_through_four_rings() {
    let (old, new) = (key(0), key(0x80));
    let start = KeyRing::single(old.clone());
    let announced = start.announce(new.clone()).unwrap();
    let activated = announced.activate(new.id()).unwrap();
    let removed = activated.remove(old.id()).unwrap();

    assert_eq!(states(&start), [(old.id(), KeyState::Active)]);
    assert_eq!(
        states(&announced),
        [(old.id(), KeyState::Active), (new.id(), KeyState::Announced)]
    );
    assert_eq!(
        states(&activated),
        [(old.id(), KeyState::Retiring), (new.id(), KeyState::Active)]
    );
    assert_eq!(states(&removed), [(new.id(), KeyState::Active)]);

    // Whatever is sealed under one ring has its key in the ring before and in the one after.
    for pair in [&start, &announced, &activated, &removed].windows(2) {
        assert!(pair[0].find(pair[1].active().id()).is_some());
        assert!(pair[1].find(pair[0].active().id()).is_some());
    }
}

#[test]
fn a_step_may_be_taken_back() {
    let (old, new) = (key(0), key(0x80));
    let announced = KeyRing::single(old.clone()).announce(new.clone()).unwrap();
    let back = announced.activate(new.id()).unwrap().activate(old.id()).unwrap();
    assert_eq!(
        states(&back),
        [(old.id(), KeyState::Active), (new.id(), KeyState::Retiring)]
    );
    let withdrawn = announced.retire(new.id()).unwrap();
    assert_eq!(states(&withdrawn), states(&back));
    assert_eq!(
        states(&withdrawn.remove(new.id()).unwrap()),
        [(old.id(), KeyState::Active)]
    );
}

#[test]
fn revoking_forgets_the_secret_and_raises_the_cutoff() {
    let (old, new) = (key(0), key(0x80));
    let ring = KeyRing::single(old.clone())
        .announce(new.clone())
        .unwrap()
        .activate(new.id())
        .unwrap();
    let revoked = ring.revoke(old.id(), NOON).unwrap();
    assert_eq!(
        states(&revoked),
        [(old.id(), KeyState::Revoked), (new.id(), KeyState::Active)]
    );
    assert!(revoked.find(old.id()).is_none());
    assert_eq!(revoked.keys().count(), 1);
    assert_eq!(revoked.cutoff(), Some(NOON));
    assert!(
        !revoked.export().contains("AAcOFRwj"),
        "the first bytes of the revoked key"
    );
    assert!(ring.export().contains("AAcOFRwj"));

    // The cut-off only rises, and stays when the entry goes.
    let earlier = revoked.raise_cutoff(UnixTime::from_millis(5)).unwrap();
    assert_eq!(earlier.cutoff(), Some(NOON));
    let later = revoked
        .raise_cutoff(UnixTime::from_millis(NOON.as_millis() + 1))
        .unwrap();
    assert_eq!(later.cutoff(), Some(UnixTime::from_millis(NOON.as_millis() + 1)));
    assert_eq!(later.remove(old.id()).unwrap().cutoff(), later.cutoff());
    assert_eq!(revoked.announce(old).unwrap_err(), InvalidTransition::Listed);
}

#[test]
fn steps_from_the_wrong_state_are_refused() {
    use InvalidTransition::{CutoffRange, Listed, State, Unknown};
    let (a, b, c, d, stranger) = (key(0), key(0x80), key(0x40), key(0x20), key(0x10));
    // a revoked, b active, c announced, d retiring.
    let ring = KeyRing::single(a.clone())
        .announce(b.clone())
        .and_then(|ring| ring.activate(b.id()))
        .and_then(|ring| ring.revoke(a.id(), NOON))
        .and_then(|ring| ring.announce(c.clone()))
        .and_then(|ring| ring.announce(d.clone()))
        .and_then(|ring| ring.retire(d.id()))
        .unwrap();
    let active = State { is: KeyState::Active };
    let (retiring, revoked) = (
        State {
            is: KeyState::Retiring,
        },
        State {
            is: KeyState::Revoked,
        },
    );

    for known in [&a, &b, &c, &d] {
        assert_eq!(ring.announce(known.clone()).unwrap_err(), Listed);
    }
    assert_eq!(ring.activate(stranger.id()).unwrap_err(), Unknown);
    assert_eq!(ring.activate(a.id()).unwrap_err(), revoked);
    assert_eq!(ring.activate(b.id()).unwrap_err(), active);
    assert_eq!(ring.retire(stranger.id()).unwrap_err(), Unknown);
    assert_eq!(ring.retire(a.id()).unwrap_err(), revoked);
    assert_eq!(ring.retire(b.id()).unwrap_err(), active);
    assert_eq!(ring.retire(d.id()).unwrap_err(), retiring);
    assert_eq!(ring.remove(stranger.id()).unwrap_err(), Unknown);
    assert_eq!(ring.remove(b.id()).unwrap_err(), active);
    assert_eq!(ring.revoke(stranger.id(), NOON).unwrap_err(), Unknown);
    assert_eq!(ring.revoke(a.id(), NOON).unwrap_err(), revoked);
    assert_eq!(ring.revoke(b.id(), NOON).unwrap_err(), active);
    for millis in [-1, 1 << 48, i64::MIN, i64::MAX] {
        let time = UnixTime::from_millis(millis);
        assert_eq!(ring.revoke(c.id(), time).unwrap_err(), CutoffRange);
        assert_eq!(ring.raise_cutoff(time).unwrap_err(), CutoffRange);
    }
    assert!(ring.revoke(c.id(), NOON).is_ok());
    assert!(ring.revoke(d.id(), NOON).is_ok());
    // Whatever the steps, the ring can be written and read.
    assert_eq!(KeyRing::parse(&ring.export()).unwrap().export(), ring.export());
}

#[test]
fn c6_debug_shows_ids_and_states_alone() {
    let ring = KeyRing::single(key(0));
    let id = key(0).id();
    assert_eq!(
        format!("{ring:?}"),
        format!("KeyRing {{ entries: [(KeyId({id}), Active)], cutoff: None }}")
    );
}

#[test]
fn generated_rings_differ() {
    let (a, b) = (KeyRing::generate().unwrap(), KeyRing::generate().unwrap());
    assert_eq!(a.entries().len(), 1);
    assert_ne!(a.export(), b.export());
}
