use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Browser, Response, send};

/// How long after its end was acknowledged a log-in may still be taken to begin a request.
const BOUND: Duration = Duration::from_secs(1);
/// How long a server on a machine that does much else may take to say so.
const PATIENCE: Duration = Duration::from_secs(30);

/// All that one person is logged in by: a sealed cookie, a session, an access token, and the app's refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) ticket: Browser,
    pub(crate) session: Browser,
    pub(crate) app: Browser,
    pub(crate) access: String,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    Yes,
    No,
    /// 503: it could not be judged.
    Unjudged,
}

impl Held {
    #[track_caller]
    pub(crate) fn log_in(address: SocketAddr, name: &str, password: &str) -> Self {
        let form = format!("name={name}&password={password}");
        let [ticket, session, app] = ["/login", "/session/login", "/app/login"].map(|path| {
            let mut browser = Browser::new(address);
            let answer = browser.post(path, &form);
            assert_eq!(answer.status, 303, "{path}: {}", answer.body);
            browser
        });
        let body = json!({ "name": name, "password": password.replace('+', " ") }).to_string();
        let host = address.to_string();
        let fields: [(&str, &[u8]); 2] = [("Host", host.as_bytes()), ("Content-Type", b"application/json")];
        let answer = send(address, "POST /api/token", &fields, body.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        Self {
            ticket,
            session,
            app,
            access: answer["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// Goes to another server.
    pub(crate) fn move_to(&mut self, address: SocketAddr) {
        for browser in [&mut self.ticket, &mut self.session, &mut self.app] {
            browser.address = address;
        }
    }

    /// Whether each is still taken: ticket, session, access token, refresh token.
    pub(crate) fn taken(&mut self) -> [Taken; 4] {
        let ticket = page(&self.ticket.get("/"), "id=\"ticket-title\"");
        let session = page(&self.session.get("/session"), "id=\"selector\"");
        let access = answer(&me(self.ticket.address, &self.access), (401, &["invalid_token"]));
        let refresh = answer(&self.app.post("/app/refresh", ""), (400, &["ended", "absent"]));
        [ticket, session, access, refresh]
    }

    /// Waits until none of them is taken any more, and checks that none was in a request that began later than the bound
    /// after their end was `acknowledged`.
    #[track_caller]
    pub(crate) fn ends_within_the_bound_of(&mut self, acknowledged: Instant) {
        loop {
            let begun = acknowledged.elapsed();
            let taken = self.taken();
            if taken == [Taken::No; 4] {
                return;
            }
            assert!(
                begun <= BOUND || !taken.contains(&Taken::Yes),
                "{begun:?} after its end: {taken:?}"
            );
            assert!(begun < PATIENCE, "{taken:?}");
        }
    }
}

/// What the API says about whoever has this token.
pub(crate) fn me(address: SocketAddr, access: &str) -> Response {
    let (host, authorization) = (address.to_string(), format!("Bearer {access}"));
    let fields: [(&str, &[u8]); 2] = [
        ("Host", host.as_bytes()),
        ("Authorization", authorization.as_bytes()),
    ];
    send(address, "GET /api/me", &fields, b"")
}

fn page(page: &Response, mark: &str) -> Taken {
    match page.status {
        200 if page.body.contains(mark) => Taken::Yes,
        200 => Taken::No,
        503 => Taken::Unjudged,
        other => panic!("{other}: {}", page.body),
    }
}

/// What an answer in JSON says; `ended` is the status and the names of an end.
fn answer(answer: &Response, ended: (u16, &[&str])) -> Taken {
    match answer.status {
        200 => Taken::Yes,
        503 => Taken::Unjudged,
        status => {
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            let name = body["error"].as_str().unwrap();
            assert!(
                status == ended.0 && ended.1.contains(&name),
                "{status}: {}",
                answer.body
            );
            Taken::No
        }
    }
}
