use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// A client that keeps one cookie, as a browser would.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    cookie: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) set_cookie: Option<String>,
    pub(crate) body: String,
}

impl Browser {
    /// Logs in on the server at `port`.
    #[track_caller]
    pub(crate) fn logged_in(port: u16, subject: &str) -> Self {
        let mut browser = Self::default();
        let answer = browser.post(port, &format!("/login/{subject}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(browser.cookie.is_some());
        browser
    }

    pub(crate) fn has_no_cookie(&self) -> bool {
        self.cookie.is_none()
    }

    #[track_caller]
    pub(crate) fn get(&mut self, port: u16, path: &str) -> Answer {
        self.ask(port, "GET", path).unwrap()
    }

    #[track_caller]
    pub(crate) fn post(&mut self, port: u16, path: &str) -> Answer {
        self.ask(port, "POST", path).unwrap()
    }

    /// Who the server says this is.
    #[track_caller]
    pub(crate) fn who(&mut self, port: u16) -> String {
        let answer = self.get(port, "/who");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// An error when the server ends before it has answered.
    pub(crate) fn ask(&mut self, port: u16, method: &str, path: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let cookie = self.cookie.as_ref();
        let cookie = cookie.map_or(String::new(), |cookie| format!("Cookie: {cookie}\r\n"));
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n{cookie}\r\n"
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let answer = parse(&text).ok_or(io::ErrorKind::UnexpectedEof)?;
        if let Some(line) = &answer.set_cookie {
            let pair = line.split("; ").next().unwrap_or_default();
            self.cookie = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        }
        Ok(answer)
    }
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let set_cookie = lines
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    Some(Answer {
        status,
        set_cookie: set_cookie.map(|(_, value)| value.to_owned()),
        body: body.to_owned(),
    })
}
