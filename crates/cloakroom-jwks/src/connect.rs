use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::sleep;

/// How long an address is waited for before the next one is tried beside it (RFC 8305 section 8).
const STAGGER: Duration = Duration::from_millis(250);

/// A connection to the address that answers first, as `connect` makes them.
///
/// They are tried in their order, each when the one before has failed or has not answered within [`STAGGER`], so that one
/// that never answers does not take the time of the others. Whatever has not answered by then is dropped.
pub(crate) async fn connect<A, S, F>(
    addresses: impl IntoIterator<Item = A>,
    connect: impl Fn(A) -> F,
) -> io::Result<S>
where
    F: Future<Output = io::Result<S>>,
{
    let mut addresses = addresses.into_iter().peekable();
    let mut attempts: Vec<Pin<Box<F>>> = Vec::new();
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    loop {
        if let Some(address) = addresses.next() {
            attempts.push(Box::pin(connect(address)));
        } else if attempts.is_empty() {
            return Err(failure);
        }
        let is_more = addresses.peek().is_some();
        tokio::select! {
            ended = first(&mut attempts) => match ended {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            },
            () = sleep(STAGGER), if is_more => {}
        }
    }
}

/// What the first attempt that ends brings. It is taken out.
async fn first<S, F>(attempts: &mut Vec<Pin<Box<F>>>) -> io::Result<S>
where
    F: Future<Output = io::Result<S>>,
{
    poll_fn(|context| {
        for index in 0..attempts.len() {
            if let Poll::Ready(ended) = attempts[index].as_mut().poll(context) {
                drop(attempts.remove(index));
                return Poll::Ready(ended);
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::{pending, ready};
    use std::io::{Error, ErrorKind, Result};

    use tokio::net::{TcpListener, TcpStream};

    use super::connect;

    /// What an address does.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Address {
        Silent,
        Refusing(ErrorKind),
        Good(u8),
    }
    use Address::{Good, Refusing, Silent};

    /// What comes of these addresses, and which were tried.
    fn connected(addresses: &[Address]) -> (Result<u8>, Vec<Address>) {
        let tried = RefCell::new(Vec::new());
        let attempt = async |address| {
            tried.borrow_mut().push(address);
            match address {
                Silent => pending().await,
                Refusing(kind) => ready(Err(Error::from(kind))).await,
                Good(number) => Ok(number),
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let ended = runtime.block_on(connect(addresses.iter().copied(), attempt));
        (ended, tried.into_inner())
    }

    #[test]
    fn an_address_that_does_not_answer_keeps_nobody_from_the_next() {
        let refusing = Refusing(ErrorKind::ConnectionRefused);
        for (addresses, tried) in [
            (&[Good(1)][..], 1),
            (&[Silent, Good(1)], 2),
            (&[Silent, refusing, Good(1)], 3),
            (&[refusing, Silent, Good(1), Good(2)], 3),
            (&[Good(1), Silent], 1),
        ] {
            let (ended, list) = connected(addresses);
            assert_eq!(ended.unwrap(), 1, "{addresses:?}");
            assert_eq!(
                list,
                addresses[..tried],
                "in their order, and no more than needed"
            );
        }
    }

    #[test]
    fn when_all_have_failed_the_last_failure_is_told() {
        let addresses = [
            Refusing(ErrorKind::HostUnreachable),
            Refusing(ErrorKind::ConnectionRefused),
        ];
        for (addresses, kind) in [
            (&addresses[..], ErrorKind::ConnectionRefused),
            (&[], ErrorKind::NotFound),
        ] {
            assert_eq!(connected(addresses).0.unwrap_err().kind(), kind);
        }
    }

    #[test]
    fn sockets_are_connected_to() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let refusing = closed.local_addr().unwrap();
            drop(closed);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let good = listener.local_addr().unwrap();
            let stream = connect([refusing, good], TcpStream::connect).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), good);
        });
    }
}
