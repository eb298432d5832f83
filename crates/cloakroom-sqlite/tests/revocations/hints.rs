//! Who is told at once that there is a step.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use cloakroom_revocation::conformance::fixture::{FLEET, NOW, denial};
use cloakroom_revocation::{Denied, RevocationFeed as _, RevocationStore as _};
use cloakroom_sqlite::SqliteRevocationStore;

use crate::place::Place;

/// Whether this store says that something happened since it said so last.
fn is_told(store: &SqliteRevocationStore) -> bool {
    let changed = pin!(store.changed());
    changed.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[tokio::test]
async fn a_clone_is_told_of_a_step_once_and_another_store_has_to_poll() {
    let place = Place::new();
    let (store, other) = (place.store(FLEET).await, place.store(FLEET).await);
    let clone = store.clone();
    assert!(!is_told(&clone));
    for token_id in ["first", "second"] {
        let denied = store.deny(&denial("alice", token_id), NOW).await.unwrap();
        assert_eq!(denied, Denied::Token);
    }
    assert_eq!(
        [is_told(&clone), is_told(&clone), is_told(&other)],
        [true, false, false]
    );
    other.cut_off("local", "bob", NOW).await.unwrap();
    assert_eq!([is_told(&clone), is_told(&other)], [false, true]);
    store.revoke_all(NOW).await.unwrap();
    assert_eq!([is_told(&store), is_told(&other)], [true, false]);
}

#[tokio::test]
async fn who_waits_is_woken() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    let clone = store.clone();
    let (bell, mut changed) = (Arc::new(Bell::default()), pin!(clone.changed()));
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    assert!(changed.as_mut().poll(&mut context).is_pending());
    assert!(!bell.0.load(Ordering::SeqCst));
    store.revoke_all(NOW).await.unwrap();
    assert!(bell.0.load(Ordering::SeqCst));
    assert!(changed.as_mut().poll(&mut context).is_ready());
}

/// Whether somebody was woken.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
