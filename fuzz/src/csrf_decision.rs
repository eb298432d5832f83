//! The CSRF decision, and the texts of tokens.

use cloakroom_core::UnixTime;
use cloakroom_csrf::cloakroom_cookie::Cookies;
use cloakroom_csrf::{Binding, CsrfPolicy, CsrfTokens, Request, TokenError, Visitor};
use cloakroom_keyring::{Key, KeyRing};

use crate::input::Input;

const PUBLIC: &str = "https://app.example";
const TRUSTED: &str = "chrome-extension://abcdefgh";
const CARRIER: &str = "__Host-id";
const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_123);

/// The lines that a field may have; any number but the last stands for one of them, the last for bytes of the input.
const METHODS: &[&[u8]] = &[
    b"GET", b"HEAD", b"OPTIONS", b"POST", b"DELETE", b"CONNECT", b"TRACE", b"get",
];
const PATHS: &[&[u8]] = &[b"/", b"/hook", b"/hook/", b"/login", b"/%68ook"];
const UPGRADES: &[&[u8]] = &[b"websocket", b"h2c, WebSocket/13", b"h2c", b"websockets"];
const AUTHORIZATIONS: &[&[u8]] = &[
    b"Bearer a.b.c",
    b"DPoP a==",
    b"Basic dTpw",
    b"Bearer",
    b"Bearer a b",
];
const ORIGINS: &[&[u8]] = &[
    PUBLIC.as_bytes(),
    TRUSTED.as_bytes(),
    b"null",
    b"http://app.example",
    b"https://app.example:8443",
    b"https://evil.example",
    b"https://app.example https://app.example",
];
const SITES: &[&[u8]] = &[
    b"same-origin",
    b"none",
    b"same-site",
    b"cross-site",
    b"Same-Origin",
    b"",
];
const HOSTS: &[&[u8]] = &[b"app.example", b"app.example:8443", b"evil.example", b""];
const COOKIES: &[&[u8]] = &[
    b"a=1; __Host-id=x",
    b"__Host-id=",
    b"id=x; __host-id=x",
    b"__Host-id",
];

/// What a row of the table asks of a request: each condition that is named, and whether it holds.
type Row = (&'static [(Fact, bool)], bool);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fact {
    Safe,
    Opens,
    Exempt,
    NeedsToken,
    GoodToken,
    Bearer,
    Carrier,
    Trusted,
    Ours,
    NoOrigin,
    SameOrigin,
    None,
    NoSite,
}

/// The first row whose conditions hold decides.
const TABLE: &[Row] = &[
    (&[(Fact::Safe, true), (Fact::Opens, false)], true),
    (&[(Fact::Exempt, true)], true),
    (&[(Fact::NeedsToken, true), (Fact::GoodToken, false)], false),
    (&[(Fact::Bearer, true), (Fact::Carrier, false)], true),
    (&[(Fact::Trusted, true)], true),
    (&[(Fact::SameOrigin, true)], true),
    (&[(Fact::None, true), (Fact::NoOrigin, true)], true),
    (&[(Fact::None, true), (Fact::Ours, true)], true),
    (&[(Fact::NoSite, false)], false),
    (&[(Fact::Ours, true)], true),
    (&[(Fact::NoOrigin, false)], false),
    (&[(Fact::Carrier, false)], true),
    (&[(Fact::GoodToken, true)], true),
    (&[], false),
];

/// Laws, for any fields:
///
/// 1. A request is allowed just when the table says so, with a public origin and without one; the reason is of that side.
/// 2. `Vary` names no field twice; a field that it does not name may be left out without a change.
/// 3. A text is a good token just when it was issued for this binding and less than 12 hours ago; a text of the input never
///    is.
///
/// The input is a byte of settings and then, for each field, how many lines it has and which.
///
/// # Panics
///
/// When a law is broken.
pub fn csrf_decision(data: &[u8]) {
    let mut input = Input(data);
    let settings = input.byte();
    let given = Given::read(&mut input);
    let with_public = settings & 1 == 1;
    let mut policy = CsrfPolicy::builder()
        .trusted_origin(TRUSTED)
        .carrier_cookie(CARRIER)
        .exempt("POST", "/hook")
        .require_token("POST", "/login");
    if with_public {
        policy = policy.public_origin(PUBLIC);
    }
    let policy = policy.finish().expect("the settings are good");
    let token = if settings & 2 == 2 {
        Ok(())
    } else {
        Err(TokenError::Missing)
    };

    let decided = |given: &Given<'_>| {
        let cookies = Cookies::from_values(&given.cookies).ok();
        policy.decide_with(&given.request().cookies(cookies), || token)
    };
    let decision = decided(&given);
    let facts = given.facts(with_public, token.is_ok());
    let row = TABLE.iter().find(|(conditions, _)| {
        conditions
            .iter()
            .all(|(fact, holds)| facts.contains(fact) == *holds)
    });
    let (_, expected) = row.expect("the last row has no conditions");
    assert_eq!(decision.is_allowed(), *expected, "{facts:?}: {decision:?}");
    assert_eq!(decision.reason().allows(), *expected);

    let vary: Vec<&str> = decision.vary().collect();
    for (name, clear) in FIELDS {
        assert!(vary.iter().filter(|named| *named == name).count() <= 1);
        if !vary.contains(name) {
            let mut less = given.clone();
            clear(&mut less);
            assert_eq!(decided(&less), decision, "{name} was read");
        }
    }
    tokens(&mut input);
}

/// Takes a field out of a request.
type Clear = fn(&mut Given<'_>);

/// Each field that `Vary` may name, but for that of the token.
const FIELDS: &[(&str, Clear)] = &[
    ("Authorization", |given| given.authorizations.clear()),
    ("Cookie", |given| given.cookies.clear()),
    ("Origin", |given| given.origins.clear()),
    ("Sec-Fetch-Site", |given| given.sites.clear()),
];

#[derive(Clone)]
struct Given<'a> {
    method: &'a str,
    path: &'a str,
    protocol: bool,
    upgrades: Vec<&'a [u8]>,
    authorizations: Vec<&'a [u8]>,
    origins: Vec<&'a [u8]>,
    sites: Vec<&'a [u8]>,
    hosts: Vec<&'a [u8]>,
    cookies: Vec<&'a [u8]>,
}

impl<'a> Given<'a> {
    fn read(input: &mut Input<'a>) -> Self {
        Self {
            method: text(one(input, METHODS)),
            path: text(one(input, PATHS)),
            protocol: input.byte() == 1,
            upgrades: lines(input, UPGRADES),
            authorizations: lines(input, AUTHORIZATIONS),
            origins: lines(input, ORIGINS),
            sites: lines(input, SITES),
            hosts: lines(input, HOSTS),
            cookies: lines(input, COOKIES),
        }
    }

    fn request(&self) -> Request<'a> {
        let mut request = Request::new(self.method, self.path);
        if self.protocol {
            request = request.protocol();
        }
        request = self
            .upgrades
            .iter()
            .fold(request, |request, line| request.upgrade(line));
        for line in &self.authorizations {
            request = request.authorization(line);
        }
        for line in &self.origins {
            request = request.origin(line);
        }
        for line in &self.sites {
            request = request.sec_fetch_site(line);
        }
        for line in &self.hosts {
            request = request.host(line);
        }
        request
    }

    fn facts(&self, with_public: bool, good_token: bool) -> Vec<Fact> {
        let only = |lines: &[&'a [u8]]| match lines {
            [line] => Some(*line),
            _ => None,
        };
        let (origin, site) = (only(&self.origins), only(&self.sites));
        let ours = if with_public {
            origin == Some(PUBLIC.as_bytes())
        } else {
            let all_same = self.hosts.windows(2).all(|pair| pair[0] == pair[1]);
            let host = self.hosts.first().filter(|host| all_same && !host.is_empty());
            host.is_some_and(|host| {
                origin == Some(&[b"https://", *host].concat())
                    || origin == Some(&[b"http://", *host].concat())
            })
        };
        [
            (Fact::Safe, ["GET", "HEAD", "OPTIONS"].contains(&self.method)),
            (
                Fact::Opens,
                self.protocol || self.upgrades.iter().any(|line| names_websocket(line)),
            ),
            (Fact::Exempt, (self.method, self.path) == ("POST", "/hook")),
            (Fact::NeedsToken, (self.method, self.path) == ("POST", "/login")),
            (Fact::GoodToken, good_token),
            (Fact::Bearer, only(&self.authorizations).is_some_and(is_bearer)),
            (Fact::Carrier, has_carrier(&self.cookies)),
            (Fact::Trusted, origin == Some(TRUSTED.as_bytes())),
            (Fact::Ours, ours),
            (Fact::NoOrigin, self.origins.is_empty()),
            (Fact::SameOrigin, site == Some(b"same-origin")),
            (Fact::None, site == Some(b"none")),
            (Fact::NoSite, self.sites.is_empty()),
        ]
        .into_iter()
        .filter_map(|(fact, holds)| holds.then_some(fact))
        .collect()
    }
}

fn names_websocket(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    line.split(|&byte| byte == b',').any(|item| {
        let item = item.trim_ascii();
        item.strip_prefix(b"websocket").is_some_and(|rest| {
            let rest = rest.trim_ascii_start();
            rest.is_empty() || rest[0] == b'/'
        })
    })
}

fn is_bearer(line: &[u8]) -> bool {
    let mut words = line.splitn(2, |&byte| byte == b' ');
    let scheme = words.next().unwrap_or_default().to_ascii_lowercase();
    let mut token = words.next().unwrap_or_default();
    while let [b' ', rest @ ..] = token {
        token = rest;
    }
    let letters = token.iter().position(|&byte| byte == b'=').unwrap_or(token.len());
    let (letters, padding) = token.split_at(letters);
    (scheme == b"bearer" || scheme == b"dpop")
        && !letters.is_empty()
        && letters
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
        && padding.iter().all(|&byte| byte == b'=')
}

/// Whether a pair has the carrier's name; the fields are far below the limits.
fn has_carrier(lines: &[&[u8]]) -> bool {
    lines
        .iter()
        .flat_map(|line| line.split(|&byte| byte == b';'))
        .any(|item| {
            let control = item.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t');
            let equals = item.iter().position(|&byte| byte == b'=');
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
            equals.is_some_and(|equals| {
                let name = &item[..equals];
                let start = name.iter().take_while(|byte| is_space(byte)).count();
                let end = name.iter().rev().take_while(|byte| is_space(byte)).count();
                !control && name.get(start..equals - end) == Some(CARRIER.as_bytes())
            })
        })
}

/// One of the list, or up to 16 bytes of the input.
fn one<'a>(input: &mut Input<'a>, list: &[&'static [u8]]) -> &'a [u8] {
    match input.below(list.len() + 1) {
        place if place < list.len() => list[place],
        _ => {
            let length = input.below(17);
            input.take(length)
        }
    }
}

/// None, one or two, most often one.
fn lines<'a>(input: &mut Input<'a>, list: &[&'static [u8]]) -> Vec<&'a [u8]> {
    let count = [0, 1, 1, 2][input.below(4)];
    (0..count).map(|_| one(input, list)).collect()
}

/// Methods and paths are text where they come from.
fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

fn tokens(input: &mut Input<'_>) {
    let key: Vec<u8> = (0..32).collect();
    let tokens = CsrfTokens::new(&KeyRing::single(Key::from_bytes(&key).expect("it is a key")));
    let (binding, other) = (Binding::session(input.array()), Binding::ticket(input.array()));
    let after = input.i64().rem_euclid(2 * 12 * 60 * 60 * 1000);
    let later = UnixTime::from_millis(NOW.as_millis() + after);
    let token = tokens.issue(&binding, NOW).expect("the time is in range");
    let expected = if after < 12 * 60 * 60 * 1000 {
        Ok(())
    } else {
        Err(TokenError::Expired)
    };
    assert_eq!(tokens.verify(&token, &binding, later), expected);
    assert_eq!(tokens.verify(&token, &other, later), Err(TokenError::Rejected));
    let rest = input.take(usize::MAX);
    assert_eq!(tokens.verify(rest, &binding, NOW), Err(TokenError::Rejected));
    if let Ok(visitor) = Visitor::parse(rest) {
        assert_eq!(visitor.to_text().as_bytes(), rest);
    }
}
