//! G1: `Sec-Fetch-Site` x method x `Origin`, each cell written out, and every combination with what else counts against
//! a table of rules that was written from the protocol's text.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use cloakroom_csrf::cloakroom_cookie::Cookies;
use cloakroom_csrf::{CsrfPolicy, CsrfPolicyBuilder, Reason, Request, TokenError};

const PUBLIC: &[u8] = b"https://app.example";
const CARRIER: &[u8] = b"a=1; __Host-id=x";
const UNSAFE: [&str; 9] = [
    "POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "QUERY", "get", "Get",
];
const SITES: [Option<&[u8]>; 5] = [
    Some(b"same-origin"),
    Some(b"same-site"),
    Some(b"cross-site"),
    Some(b"none"),
    None,
];
const ORIGINS: [Option<&[u8]>; 5] = [
    Some(PUBLIC),
    Some(b"https://app.example:8443"),
    Some(b"http://app.example"),
    Some(b"null"),
    None,
];

fn policy() -> CsrfPolicyBuilder {
    CsrfPolicy::builder().carrier_cookie("__Host-id")
}

fn request<'a>(method: &'a str, site: Option<&'a [u8]>, origin: Option<&'a [u8]>) -> Request<'a> {
    let mut request = Request::new(method, "/transfer").host(b"app.example");
    if let Some(site) = site {
        request = request.sec_fetch_site(site);
    }
    if let Some(origin) = origin {
        request = request.origin(origin);
    }
    request.cookies(Some(Cookies::new(CARRIER).unwrap()))
}

#[test]
fn g1_each_cell_of_the_table_with_a_public_origin() {
    use Reason as R;
    let policy = policy().public_origin("https://app.example").finish().unwrap();
    // In the order of `SITES`, and in each row of `ORIGINS`.
    let table = [
        [R::SameOrigin; 5],
        [R::SameSite; 5],
        [R::CrossSite; 5],
        [
            R::UserInitiated,
            R::ContradictoryOrigin,
            R::ContradictoryOrigin,
            R::ContradictoryOrigin,
            R::UserInitiated,
        ],
        [
            R::PublicOrigin,
            R::ForeignOrigin,
            R::ForeignOrigin,
            R::NullOrigin,
            R::TokenMissing,
        ],
    ];
    for (site, row) in SITES.into_iter().zip(table) {
        for (origin, expected) in ORIGINS.into_iter().zip(row) {
            for method in UNSAFE {
                let decision = policy.decide(&request(method, site, origin));
                assert_eq!(decision.reason(), expected, "{method} {site:?} {origin:?}");
                assert_eq!(decision.is_allowed(), expected.allows());
            }
            for method in ["GET", "HEAD", "OPTIONS"] {
                let plain = request(method, site, origin);
                assert_eq!(policy.decide(&plain).reason(), Reason::SafeMethod);
                let handshake = plain.upgrade(b"websocket");
                assert_eq!(policy.decide(&handshake).reason(), expected, "{method} {site:?}");
            }
        }
    }
}

#[test]
fn g1_without_a_public_origin_the_host_counts_as_text() {
    let policy = policy().finish().unwrap();
    for (host, origin, expected) in [
        (
            &[&b"app.example"[..]][..],
            &b"https://app.example"[..],
            Reason::SameHost,
        ),
        (&[b"app.example"], b"http://app.example", Reason::SameHost),
        (
            &[b"app.example", b"app.example"],
            b"https://app.example",
            Reason::SameHost,
        ),
        (
            &[b"app.example:8443"],
            b"https://app.example:8443",
            Reason::SameHost,
        ),
        (
            &[b"[2001:db8::1]:80"],
            b"https://[2001:db8::1]:80",
            Reason::SameHost,
        ),
        (
            &[b"app.example:443"],
            b"https://app.example",
            Reason::ForeignOrigin,
        ),
        (
            &[b"app.example"],
            b"https://app.example:443",
            Reason::ForeignOrigin,
        ),
        (
            &[b"app.example:8443"],
            b"https://app.example",
            Reason::ForeignOrigin,
        ),
        (&[b"App.example"], b"https://app.example", Reason::ForeignOrigin),
        (&[b"app.example."], b"https://app.example", Reason::ForeignOrigin),
        (
            &[b"user@app.example"],
            b"https://app.example",
            Reason::ForeignOrigin,
        ),
        (&[b"app.example"], b"app://app.example", Reason::ForeignOrigin),
        (
            &[b"app.example"],
            b"https://evil.app.example",
            Reason::ForeignOrigin,
        ),
        (&[b"app.example"], b"https://app.example/", Reason::ForeignOrigin),
        (
            &[b"app.example", b"evil.example"],
            b"https://app.example",
            Reason::ForeignOrigin,
        ),
        (
            &[b"app.example", b"evil.example"],
            b"https://evil.example",
            Reason::ForeignOrigin,
        ),
        (&[b""], b"https://", Reason::ForeignOrigin),
        (&[], b"https://app.example", Reason::ForeignOrigin),
        (&[b"null"], b"null", Reason::NullOrigin),
    ] {
        let mut request = Request::new("POST", "/").origin(origin);
        for line in host {
            request = request.host(line);
        }
        assert_eq!(policy.decide(&request).reason(), expected, "{host:?} {origin:?}");
        // Beside `none` the same counts as ours.
        let expected = match expected {
            Reason::SameHost => Reason::UserInitiated,
            _ => Reason::ContradictoryOrigin,
        };
        let request = request.sec_fetch_site(b"none");
        assert_eq!(policy.decide(&request).reason(), expected, "{host:?} {origin:?}");
    }
}

/// What a rule asks of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Is {
    Safe,
    Opening,
    Exempt,
    Bearer,
    Carrier,
    OriginTrusted,
    OriginOurs,
    OriginAbsent,
    SiteSameOrigin,
    SiteNone,
    SiteAbsent,
    TokenGood,
    TokenNeeded,
}

/// The rules: the first whose conditions hold decides, and what no rule allows is denied.
const RULES: &[(&[(Is, bool)], bool)] = &[
    (&[(Is::Safe, true), (Is::Opening, false)], true),
    (&[(Is::Exempt, true)], true),
    // Routes that need a token need it as well, whoever sends.
    (&[(Is::TokenNeeded, true), (Is::TokenGood, false)], false),
    (&[(Is::Bearer, true), (Is::Carrier, false)], true),
    (&[(Is::OriginTrusted, true)], true),
    (&[(Is::SiteSameOrigin, true)], true),
    (&[(Is::SiteNone, true), (Is::OriginAbsent, true)], true),
    (&[(Is::SiteNone, true), (Is::OriginOurs, true)], true),
    (&[(Is::SiteAbsent, false)], false),
    (&[(Is::OriginOurs, true)], true),
    (&[(Is::OriginAbsent, false)], false),
    (&[(Is::Carrier, false)], true),
    (&[(Is::TokenGood, true)], true),
];

fn by_the_rules(facts: &[Is]) -> bool {
    let holds = |conditions: &[(Is, bool)]| {
        conditions
            .iter()
            .all(|(fact, expected)| facts.contains(fact) == *expected)
    };
    RULES
        .iter()
        .find(|(conditions, _)| holds(conditions))
        .is_some_and(|(_, allowed)| *allowed)
}

type Choice<'a> = (&'a [&'a [u8]], &'a [Is]);

const METHODS: &[(&str, &[Is])] = &[
    ("GET", &[Is::Safe]),
    ("HEAD", &[Is::Safe]),
    ("OPTIONS", &[Is::Safe]),
    ("POST", &[]),
    ("DELETE", &[]),
    ("CONNECT", &[]),
    ("options", &[]),
];
const PATHS: &[(&str, &[Is])] = &[
    ("/", &[]),
    ("/hook", &[Is::Exempt]),
    ("/hook/", &[]),
    ("/%68ook", &[]),
    ("/Hook", &[]),
    ("/login", &[Is::TokenNeeded]),
];
const UPGRADES: &[Choice<'_>] = &[
    (&[], &[]),
    (&[b"websocket"], &[Is::Opening]),
    (&[b"h2c", b"h3, WebSocket/13"], &[Is::Opening]),
    (&[b"h2c, websockets"], &[]),
];
const AUTHORIZATIONS: &[Choice<'_>] = &[
    (&[], &[]),
    (&[b"Bearer junk"], &[Is::Bearer]),
    (&[b"dpop  a.b-c=="], &[Is::Bearer]),
    (&[b"Bearer"], &[]),
    (&[b"Bearer "], &[]),
    (&[b"Bearer a b"], &[]),
    (&[b"Basic dTpw"], &[]),
    (&[b"Negotiate YQ=="], &[]),
    (&[b"Bearer a", b"Bearer a"], &[]),
];
const ORIGIN_CHOICES: &[Choice<'_>] = &[
    (&[], &[Is::OriginAbsent]),
    (&[PUBLIC], &[Is::OriginOurs]),
    (&[b"https://admin.example"], &[Is::OriginTrusted]),
    (&[b"https://Admin.example"], &[]),
    (&[b"null"], &[]),
    (&[b"https://evil.example"], &[]),
    (&[PUBLIC, PUBLIC], &[]),
    (&[b"https://app.example https://app.example"], &[]),
];
const SITE_CHOICES: &[Choice<'_>] = &[
    (&[], &[Is::SiteAbsent]),
    (&[b"same-origin"], &[Is::SiteSameOrigin]),
    (&[b"none"], &[Is::SiteNone]),
    (&[b"same-site"], &[]),
    (&[b"cross-site"], &[]),
    (&[b"Same-Origin"], &[]),
    (&[b""], &[]),
    (&[b"same-origin", b"same-origin"], &[]),
];
const COOKIES: &[(&[u8], &[Is])] = &[
    (b"", &[]),
    (b"id=x; __host-id=x; __Host-id2=x", &[]),
    (b"a=1; __Host-id=", &[Is::Carrier]),
];
const TOKENS: &[(Result<(), TokenError>, &[Is])] = &[
    (Ok(()), &[Is::TokenGood]),
    (Err(TokenError::Missing), &[]),
    (Err(TokenError::Expired), &[]),
];

#[test]
fn g1_every_combination_gets_what_the_rules_say() {
    let policy = policy()
        .public_origin("https://app.example")
        .trusted_origin("https://admin.example")
        .exempt("POST", "/hook")
        .exempt("GET", "/hook")
        .require_token("POST", "/login")
        .finish()
        .unwrap();
    let mut counted = [0_u32; 2];
    for (method, about_method) in METHODS {
        for (path, about_path) in PATHS {
            // The route is the pair.
            let about_path: &[Is] = match (*path, *method) {
                ("/hook", "GET" | "POST") | ("/login", "POST") => about_path,
                _ => &[],
            };
            for (upgrades, about_upgrade) in UPGRADES {
                for (authorizations, about_authorization) in AUTHORIZATIONS {
                    for (origins, about_origin) in ORIGIN_CHOICES {
                        for (sites, about_site) in SITE_CHOICES {
                            for (cookies, about_cookies) in COOKIES {
                                let mut request = Request::new(method, path).host(b"elsewhere.example");
                                for line in *upgrades {
                                    request = request.upgrade(line);
                                }
                                for line in *authorizations {
                                    request = request.authorization(line);
                                }
                                for line in *origins {
                                    request = request.origin(line);
                                }
                                for line in *sites {
                                    request = request.sec_fetch_site(line);
                                }
                                let request = request.cookies(Some(Cookies::new(cookies).unwrap()));
                                for (token, about_token) in TOKENS {
                                    let facts = [
                                        *about_method,
                                        about_path,
                                        about_upgrade,
                                        about_authorization,
                                        about_origin,
                                        about_site,
                                        about_cookies,
                                        about_token,
                                    ]
                                    .concat();
                                    let expected = by_the_rules(&facts);
                                    let found = policy.decide_with(&request, || *token);
                                    assert_eq!(found.is_allowed(), expected, "{facts:?} {found:?}");
                                    counted[usize::from(expected)] += 1;
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(counted.iter().all(|count| *count > 100_000), "{counted:?}");
}
