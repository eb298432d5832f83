use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::port;

/// A TCP proxy on loopback that counts what passes, and can be stalled and cut.
#[derive(Debug)]
pub struct Proxy {
    state: Arc<State>,
    address: SocketAddr,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Proxy {
    /// Listens on a port of its own and passes each connection on to `upstream`.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()?));
        let state = Arc::new(State {
            upstream,
            gate: Mutex::new(Gate::default()),
            moved: Condvar::new(),
            requests: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        });
        let proxy = Self {
            state,
            address,
            listener: Mutex::new(None),
        };
        proxy.listen()?;
        Ok(proxy)
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections and refuses new ones, until [`mend`](Self::mend).
    pub fn cut(&self) {
        self.state.close_all(Mode::Cut);
        if let Some(listener) = lock(&self.listener).take() {
            // It waits for a connection; this one tells it to look, and to close its port.
            let _ = TcpStream::connect(self.address);
            let _ = listener.join();
        }
    }

    /// Closes all connections; new ones are let through.
    pub fn cut_once(&self) {
        self.state.close_all(Mode::Open);
    }

    /// Lets `bytes` more bytes from clients through and then closes all connections, in the middle of a command if it
    /// falls so. New connections are let through.
    pub fn cut_after(&self, bytes: u64) {
        lock(&self.state.gate).cut_after = Some(bytes);
    }

    /// Holds everything back, in both directions, and connections open: the network is slow without end.
    pub fn stall(&self) {
        lock(&self.state.gate).mode = Mode::Stalled;
    }

    /// Ends [`cut`](Self::cut), [`cut_after`](Self::cut_after) and [`stall`](Self::stall). What was held back is passed on.
    ///
    /// # Errors
    /// When somebody else has taken the port since the cut.
    pub fn mend(&self) -> io::Result<()> {
        {
            let mut gate = lock(&self.state.gate);
            gate.mode = Mode::Open;
            gate.cut_after = None;
        }
        self.state.moved.notify_all();
        self.listen()
    }

    /// The round trips: how many times a client sent something and the server then answered. What is sent in one go
    /// counts once.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// The bytes that went from clients to the server, and back.
    pub fn bytes(&self) -> (u64, u64) {
        let State { sent, received, .. } = &*self.state;
        (sent.load(Ordering::SeqCst), received.load(Ordering::SeqCst))
    }

    /// How many connections are open now.
    pub fn connections(&self) -> usize {
        lock(&self.state.gate).open.len()
    }

    fn listen(&self) -> io::Result<()> {
        let mut listener = lock(&self.listener);
        if listener.is_none() {
            let socket = TcpListener::bind(self.address)?;
            let state = Arc::clone(&self.state);
            *listener = Some(thread::spawn(move || state.accept(&socket)));
        }
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

#[derive(Debug)]
struct State {
    upstream: SocketAddr,
    gate: Mutex<Gate>,
    /// Told when the gate's mode or generation changes.
    moved: Condvar,
    requests: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

#[derive(Debug, Default)]
struct Gate {
    mode: Mode,
    cut_after: Option<u64>,
    next: u64,
    /// Both ends of each connection, by its number.
    open: Vec<(u64, TcpStream, TcpStream)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Open,
    Stalled,
    Cut,
}

impl State {
    fn accept(self: &Arc<Self>, socket: &TcpListener) {
        for client in socket.incoming() {
            if lock(&self.gate).mode == Mode::Cut {
                return;
            }
            // A client that cannot be served is dropped, as a network would.
            if let Ok(client) = client {
                let _ = self.connect(client);
            }
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(self.upstream)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let number = {
            let mut gate = lock(&self.gate);
            gate.next += 1;
            let number = gate.next;
            gate.open.push((number, client.try_clone()?, server.try_clone()?));
            number
        };
        let has_asked = Arc::new(AtomicBool::new(false));
        let (mut client_in, mut server_out) = (client.try_clone()?, server.try_clone()?);
        let (state, asked) = (Arc::clone(self), Arc::clone(&has_asked));
        thread::spawn(move || {
            let _ = state.pass(&mut client_in, &mut server_out, number, |state, length| {
                asked.store(true, Ordering::SeqCst);
                state.sent.fetch_add(length, Ordering::SeqCst);
            });
            state.close(number);
        });
        let (mut server_in, mut client_out, state) = (server, client, Arc::clone(self));
        thread::spawn(move || {
            let _ = state.pass(&mut server_in, &mut client_out, 0, |state, length| {
                state.received.fetch_add(length, Ordering::SeqCst);
                if has_asked.swap(false, Ordering::SeqCst) {
                    state.requests.fetch_add(1, Ordering::SeqCst);
                }
            });
            state.close(number);
        });
        Ok(())
    }

    /// Passes on what comes `from` one end `to` the other until one of them closes. Clients have a `number`, servers 0.
    ///
    /// It is counted before it is passed on, so that whoever has read an answer finds it counted.
    fn pass(
        &self,
        from: &mut TcpStream,
        to: &mut TcpStream,
        number: u64,
        count: impl Fn(&Self, u64),
    ) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = from.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            let allowed = self.allowed(length, number != 0);
            count(self, allowed as u64);
            to.write_all(&buffer[..allowed])?;
            if allowed < length {
                self.close_all(Mode::Open);
                return Ok(());
            }
        }
    }

    /// Waits while everything is stalled, and says how many bytes may pass before the cut.
    fn allowed(&self, length: usize, is_client: bool) -> usize {
        let mut gate = lock(&self.gate);
        while gate.mode == Mode::Stalled {
            gate = self.moved.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
        let Some(left) = gate.cut_after.filter(|_| is_client) else {
            return length;
        };
        let allowed = usize::try_from(left).unwrap_or(usize::MAX).min(length);
        if allowed < length {
            gate.cut_after = None;
        } else {
            gate.cut_after = Some(left - allowed as u64);
        }
        allowed
    }

    fn close(&self, number: u64) {
        let mut gate = lock(&self.gate);
        if let Some(index) = gate.open.iter().position(|(open, ..)| *open == number) {
            let (_, client, server) = gate.open.swap_remove(index);
            shut(&client, &server);
        }
    }

    fn close_all(&self, mode: Mode) {
        let mut gate = lock(&self.gate);
        gate.mode = mode;
        for (_, client, server) in gate.open.drain(..) {
            shut(&client, &server);
        }
        drop(gate);
        self.moved.notify_all();
    }
}

fn shut(client: &TcpStream, server: &TcpStream) {
    // They may be closed already.
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind, Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use super::Proxy;

    /// A server that answers each byte with the same byte.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || -> io::Result<()> {
                    let mut stream = stream?;
                    let mut byte = [0];
                    while stream.read(&mut byte)? == 1 {
                        stream.write_all(&byte)?;
                    }
                    Ok(())
                });
            }
        });
        address
    }

    fn ask(stream: &mut TcpStream, byte: u8) -> io::Result<u8> {
        stream.write_all(&[byte])?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        Ok(answer[0])
    }

    #[test]
    fn round_trips_and_bytes_are_counted() {
        let proxy = Proxy::start(echo()).unwrap();
        let mut client = TcpStream::connect(proxy.addr()).unwrap();
        for byte in 0..10 {
            assert_eq!(ask(&mut client, byte).unwrap(), byte);
        }
        assert_eq!((proxy.requests(), proxy.bytes()), (10, (10, 10)));
    }

    #[test]
    fn a_cut_closes_and_refuses_until_it_is_mended() {
        let proxy = Proxy::start(echo()).unwrap();
        let mut client = TcpStream::connect(proxy.addr()).unwrap();
        assert_eq!(ask(&mut client, 1).unwrap(), 1);
        proxy.cut();
        assert!(ask(&mut client, 2).is_err());
        let refused = TcpStream::connect(proxy.addr()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        proxy.mend().unwrap();
        let mut client = TcpStream::connect(proxy.addr()).unwrap();
        assert_eq!(ask(&mut client, 3).unwrap(), 3);
        proxy.cut_once();
        assert!(ask(&mut client, 4).is_err());
        assert!(TcpStream::connect(proxy.addr()).is_ok());
    }

    #[test]
    fn a_cut_may_fall_between_two_bytes() {
        let proxy = Proxy::start(echo()).unwrap();
        let mut client = TcpStream::connect(proxy.addr()).unwrap();
        proxy.cut_after(2);
        assert_eq!(ask(&mut client, 1).unwrap(), 1);
        assert_eq!(ask(&mut client, 2).unwrap(), 2);
        assert!(ask(&mut client, 3).is_err());
        assert_eq!(proxy.bytes().0, 2);
    }

    #[test]
    fn what_was_stalled_arrives_afterwards() {
        let proxy = Proxy::start(echo()).unwrap();
        let mut client = TcpStream::connect(proxy.addr()).unwrap();
        assert_eq!(ask(&mut client, 1).unwrap(), 1);
        proxy.stall();
        client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let kind = ask(&mut client, 2).unwrap_err().kind();
        assert!(
            matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "{kind:?}"
        );
        proxy.mend().unwrap();
        client.set_read_timeout(None).unwrap();
        let mut answer = [0];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [2]);
    }
}
