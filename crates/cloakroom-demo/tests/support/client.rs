use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// What stands before a token in a page.
const CSRF: &str = "<input type=\"hidden\" name=\"csrf\" value=\"";

/// What the server answered.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// All values of a field, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self
            .headers
            .iter()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name));
        fields.map(|(_, value)| value.as_str()).collect()
    }

    /// The one value of a field; none when it is absent.
    #[track_caller]
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() <= 1, "{name}: {all:?}");
        all.first().copied()
    }

    /// The line that sets or removes the cookie of this name; none when the answer leaves it alone.
    #[track_caller]
    pub(crate) fn set(&self, name: &str) -> Option<&str> {
        let lines = self.all("Set-Cookie").into_iter();
        let lines: Vec<_> = lines
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
            .collect();
        assert!(lines.len() <= 1, "{lines:?}");
        lines.first().copied()
    }

    /// The token of the page's forms.
    #[track_caller]
    pub(crate) fn csrf(&self) -> &str {
        self.between(CSRF, "\"")
    }

    /// The page but for that token, which is another one each time.
    #[track_caller]
    pub(crate) fn without_csrf(&self) -> String {
        self.body.replace(self.csrf(), "")
    }

    /// What stands between two marks of the page.
    #[track_caller]
    pub(crate) fn between(&self, before: &str, after: &str) -> &str {
        let Some((_, rest)) = self.body.split_once(before) else {
            panic!("no {before:?} in {}", self.body);
        };
        rest.split_once(after).unwrap().0
    }
}

/// A request that was sent, and whose answer nobody has read.
#[derive(Debug)]
pub(crate) struct Sent(TcpStream);

impl Sent {
    /// Hangs up before there was an answer, and waits until the server has let go of the request.
    #[track_caller]
    pub(crate) fn hang_up(mut self) {
        self.0.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        self.0.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        self.0.read_to_end(&mut answer).unwrap();
        assert_eq!(
            String::from_utf8(answer).unwrap(),
            "",
            "nobody was there any more"
        );
    }

    fn answer(mut self) -> Response {
        let mut answer = Vec::new();
        let read = self.0.read_to_end(&mut answer);
        assert!(!answer.is_empty(), "no answer: {read:?}");
        parse(&String::from_utf8(answer).unwrap())
    }
}

/// Sends one request as it stands in `lines`, with a `Connection: close` of its own.
pub(crate) fn send(
    address: SocketAddr,
    request_line: &str,
    fields: &[(&str, &[u8])],
    body: &[u8],
) -> Response {
    begin(address, request_line, fields, body).answer()
}

/// The same, and does not wait for the answer.
fn begin(address: SocketAddr, request_line: &str, fields: &[(&str, &[u8])], body: &[u8]) -> Sent {
    let mut bytes = format!("{request_line} HTTP/1.1\r\nConnection: close\r\n").into_bytes();
    for (name, value) in fields {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    if !body.is_empty() || request_line.starts_with("POST") {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    let mut stream = TcpStream::connect(address).unwrap();
    // A server that refuses a body early may close before all of it is written; its answer is still there to read.
    let _ = stream.write_all(&bytes);
    Sent(stream)
}

fn parse(answer: &str) -> Response {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap();
    let status = status_line.strip_prefix("HTTP/1.1 ").unwrap()[..3]
        .parse()
        .unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Response {
        status,
        headers,
        body: body.to_owned(),
    }
}

/// A browser that keeps the cookie of one log-in and that of a visitor, and sends what browsers send with a page's own form.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    /// `name=value` of the log-in.
    pub(crate) cookie: Option<String>,
    /// `__Host-csrf=value`
    pub(crate) visitor: Option<String>,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self::with(address, None)
    }

    /// One that holds this cookie, from wherever.
    pub(crate) fn with(address: SocketAddr, cookie: Option<String>) -> Self {
        Self {
            address,
            cookie,
            visitor: None,
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.request(&format!("GET {path}"), &[("Sec-Fetch-Site", b"none")], b"")
    }

    /// A token for a form, of a page that the server makes for whoever asks.
    #[track_caller]
    pub(crate) fn csrf(&mut self) -> String {
        // What the page sets besides is not kept: the form alone is what a test is about.
        let mut tab = self.clone();
        let token = tab.get("/jwt").csrf().to_owned();
        self.visitor = tab.visitor;
        token
    }

    /// Sends a form from one of the server's own pages, with the token that stands in it.
    #[track_caller]
    pub(crate) fn post(&mut self, path: &str, form: &str) -> Response {
        let token = self.csrf();
        let and = if form.is_empty() { "" } else { "&" };
        self.post_as_it_is(path, &format!("{form}{and}csrf={token}"))
    }

    /// The same with no more than these fields.
    pub(crate) fn post_as_it_is(&mut self, path: &str, form: &str) -> Response {
        let origin = format!("http://{}", self.address);
        self.request(&format!("POST {path}"), &of_a_form(&origin), form.as_bytes())
    }

    /// The same with a token in `form`, and does not wait for the answer.
    pub(crate) fn begin_post(&self, path: &str, form: &str) -> Sent {
        let origin = format!("http://{}", self.address);
        self.begin(&format!("POST {path}"), &of_a_form(&origin), form.as_bytes())
    }

    /// Sends the cookies with a request and keeps what the answer sets.
    pub(crate) fn request(&mut self, request_line: &str, fields: &[(&str, &[u8])], body: &[u8]) -> Response {
        let response = self.begin(request_line, fields, body).answer();
        for line in response.all("Set-Cookie") {
            let pair = line.split("; ").next().unwrap();
            let name = &pair[..=pair.find('=').unwrap()];
            let kept = (!line.contains("Max-Age=0")).then(|| pair.to_owned());
            if name == "__Host-csrf=" {
                self.visitor = kept;
            } else if kept.is_some() || self.cookie.as_ref().is_some_and(|held| held.starts_with(name)) {
                self.cookie = kept;
            }
        }
        response
    }

    fn begin(&self, request_line: &str, fields: &[(&str, &[u8])], body: &[u8]) -> Sent {
        let host = self.address.to_string();
        let cookies: Vec<_> = self.cookie.iter().chain(&self.visitor).cloned().collect();
        let cookies = cookies.join("; ");
        let mut all = vec![("Host", host.as_bytes())];
        if !cookies.is_empty() {
            all.push(("Cookie", cookies.as_bytes()));
        }
        all.extend_from_slice(fields);
        begin(self.address, request_line, &all, body)
    }

    /// The cookie's value.
    #[track_caller]
    pub(crate) fn value(&self) -> &str {
        self.cookie
            .as_deref()
            .unwrap()
            .strip_prefix("__Host-id=")
            .unwrap()
    }

    /// Makes an account and checks that the answer says so.
    #[track_caller]
    pub(crate) fn register(&mut self, name: &str) -> Response {
        let response = self.post("/register", &format!("name={name}&password=correct+horse"));
        assert_eq!(response.status, 303, "{}", response.body);
        assert_eq!(response.one("Location"), Some("/?notice=registered"));
        response
    }

    #[track_caller]
    pub(crate) fn log_in(&mut self, name: &str) -> Response {
        let response = self.post("/login", &format!("name={name}&password=correct+horse"));
        assert_eq!(response.status, 303, "{}", response.body);
        assert_eq!(response.one("Location"), Some("/?notice=logged-in"));
        response
    }

    /// Who the front page says is logged in.
    #[track_caller]
    pub(crate) fn who(&mut self) -> Option<String> {
        let page = self.get("/");
        assert_eq!(page.status, 200, "{}", page.body);
        logged_in_as(&page)
    }
}

/// What a browser says of a form of the `origin`'s own.
fn of_a_form(origin: &str) -> [(&str, &[u8]); 3] {
    [
        ("Origin", origin.as_bytes()),
        ("Sec-Fetch-Site", b"same-origin"),
        ("Content-Type", b"application/x-www-form-urlencoded"),
    ]
}

/// Who a page says is logged in.
#[track_caller]
pub(crate) fn logged_in_as(page: &Response) -> Option<String> {
    if page.body.contains("id=\"ticket-title\"") {
        return Some(page.between("<strong id=\"user\">", "</strong>").to_owned());
    }
    assert!(page.body.contains("action=\"/login\""), "{}", page.body);
    None
}
