use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What a future of a store in memory answers: it never waits.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a store in memory never waits"),
    }
}
