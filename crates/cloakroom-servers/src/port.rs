use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Where the system's range of ports for outgoing connections begins when it does not say.
const EPHEMERAL: u16 = 32_768;
const LOWEST: u16 = 15_000;

/// A port of 127.0.0.1 that nobody listens on now. Somebody may before we do: whoever uses it tries again then.
///
/// It lies below the ports of outgoing connections. Among those, a client that connects again and again to a server that
/// is down would sooner or later be given that very port, and keep the server from coming back.
pub(crate) fn free() -> io::Result<u16> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let lowest_ephemeral = range.split_whitespace().next().and_then(|low| low.parse().ok());
    let end = lowest_ephemeral
        .filter(|low| *low > LOWEST + 1000)
        .unwrap_or(EPHEMERAL);
    for attempt in 0..1000_u32 {
        // Each `RandomState` has other keys, so this differs between processes and between calls.
        let random = RandomState::new().hash_one(attempt) % u64::from(end - LOWEST);
        let port = LOWEST + u16::try_from(random).expect("it is below the difference of two u16");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(none())
}

/// What `start` makes of a free port, which it answers with `None` when somebody else was faster.
pub(crate) fn with_a_free_one<T>(start: impl Fn(u16) -> io::Result<Option<T>>) -> io::Result<(T, u16)> {
    for _ in 0..10 {
        let port = free()?;
        if let Some(started) = start(port)? {
            return Ok((started, port));
        }
    }
    Err(none())
}

fn none() -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, "no free port was found on 127.0.0.1")
}
