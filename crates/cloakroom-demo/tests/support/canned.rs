use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// A page of another origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub(crate) set_cookie: Vec<String>,
    pub(crate) html: String,
}

/// Serves, until the test's process ends, what `page` says for each path.
pub(crate) fn serve(page: impl Fn(&str) -> Option<Page> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let page = Arc::new(page);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, page) = (stream.unwrap(), Arc::clone(&page));
            // Browsers open connections that they do not use: each waits in a thread of its own.
            std::thread::spawn(move || answer(stream, &*page));
        }
    });
    address
}

fn answer(mut stream: TcpStream, page: &dyn Fn(&str) -> Option<Page>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(request_line)) = lines.next() else {
        return;
    };
    for line in lines {
        match line {
            Ok(line) if line.is_empty() => break,
            Ok(_) => {}
            Err(_) => return,
        }
    }
    let path = request_line.split(' ').nth(1).unwrap_or_default();
    let (status, page) = match page(path) {
        Some(page) => ("200 OK", page),
        None => ("404 Not Found", Page::default()),
    };
    let mut head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n",
        page.html.len()
    );
    for line in &page.set_cookie {
        head.push_str("Set-Cookie: ");
        head.push_str(line);
        head.push_str("\r\n");
    }
    let _ = stream.write_all(format!("{head}\r\n{}", page.html).as_bytes());
}
