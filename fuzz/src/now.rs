//! Futures that wait for nobody.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What comes of `work`, which may let others go first and waits for nothing else.
pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
    }
    panic!("a store in memory waits for something");
}
