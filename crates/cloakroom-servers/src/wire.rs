//! As much of the two protocols as it takes to ask a server whether it is ready, and to tell it a few words.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// The answer of the Redis server at `port` to one command, as text; its errors are errors.
pub(crate) fn redis(port: u16, words: &[&str]) -> io::Result<String> {
    let mut stream = connect(port)?;
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        // Writing to a string succeeds.
        let _ = write!(command, "${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(command.as_bytes())?;
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let line = line.trim_end();
    match line.split_at_checked(1) {
        Some(("+" | ":", rest)) => Ok(rest.to_owned()),
        Some(("$", length)) => {
            let mut text = vec![0; length.parse().map_err(|_| unexpected(line))?];
            stream.read_exact(&mut text)?;
            String::from_utf8(text).map_err(io::Error::other)
        }
        Some(("-", error)) => Err(io::Error::other(error.to_owned())),
        _ => Err(unexpected(line)),
    }
}

/// Runs `sql` on the PostgreSQL server at `port`, which trusts everybody on loopback, as its superuser. What it
/// returns is not read.
pub(crate) fn postgres(port: u16, database: &str, sql: &str) -> io::Result<()> {
    let mut stream = connect(port)?;
    // Version 3.0 of the protocol, then names and values.
    let mut startup = vec![0, 3, 0, 0];
    for text in ["user", "postgres", "database", database, ""] {
        startup.extend_from_slice(text.as_bytes());
        startup.push(0);
    }
    stream.write_all(&with_length(&startup)?)?;
    until_ready(&mut stream)?;
    let mut query = sql.as_bytes().to_vec();
    query.push(0);
    stream.write_all(b"Q")?;
    stream.write_all(&with_length(&query)?)?;
    until_ready(&mut stream)?;
    stream.write_all(b"X\0\0\0\x04")
}

/// The length counts itself.
fn with_length(message: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(message.len() + 4).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes(), message].concat())
}

/// Reads messages up to `ReadyForQuery`; an `ErrorResponse` on the way is the error.
fn until_ready(stream: &mut TcpStream) -> io::Result<()> {
    let mut error = None;
    loop {
        let mut head = [0; 5];
        if let Err(end) = stream.read_exact(&mut head) {
            return Err(error.unwrap_or(end));
        }
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length);
        let mut body = Vec::new();
        stream
            .take(u64::from(length.saturating_sub(4)))
            .read_to_end(&mut body)?;
        match kind {
            b'Z' => return error.map_or(Ok(()), Err),
            b'E' => {
                // Fields, each a letter and a text that ends with zero: `M` is the message.
                let mut fields = body.split(|byte| *byte == 0);
                let message = fields.find_map(|field| field.strip_prefix(b"M"));
                let message = String::from_utf8_lossy(message.unwrap_or_default()).into_owned();
                error = Some(io::Error::other(message));
            }
            _ => {}
        }
    }
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn unexpected(line: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server answered {line:?}"),
    )
}
