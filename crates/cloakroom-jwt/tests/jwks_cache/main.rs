//! The rules of fetching a key set, one by one and against a model.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod model;

use core::time::Duration;

use cloakroom_jwt::cloakroom_core::Tick;
use cloakroom_jwt::{
    Ed25519VerifyingKey, FetchOutcome, FetchTicket, HmacKey, JwksCache, Lookup, VerifyingKey,
};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// RFC 8032 section 7.1, test 1.
const ED25519: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
    0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

fn key(kid: &str) -> VerifyingKey {
    let key = Ed25519VerifyingKey::from_bytes(&ED25519).unwrap();
    VerifyingKey::from(key).with_kid(kid)
}

fn keys(kids: &[&str]) -> Vec<VerifyingKey> {
    kids.iter().map(|kid| key(kid)).collect()
}

fn at(millis: u64) -> Tick {
    Tick::from_millis(millis)
}

/// What a lookup says, in a form that can be compared.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Use(Vec<String>),
    Fetch,
    Wait(u64),
    Unknown,
}

/// Looks up; a ticket is dropped, as by a driver that dies.
#[track_caller]
fn said(cache: &mut JwksCache, kid: impl Into<Option<&'static str>>, now: u64) -> Said {
    match cache.lookup(kid.into(), at(now)) {
        Lookup::Use(keys) => Said::Use(keys.iter().map(|key| key.kid().unwrap().into()).collect()),
        Lookup::Fetch(_) => Said::Fetch,
        Lookup::Wait { retry_after } => Said::Wait(retry_after.as_secs()),
        Lookup::Unknown => Said::Unknown,
    }
}

/// What a token is told, whether or not a fetch begins with it.
fn settled(cache: &mut JwksCache, kid: &'static str, now: u64) -> Said {
    match said(cache, kid, now) {
        Said::Fetch => said(cache, kid, now),
        other => other,
    }
}

fn uses(kids: &[&str]) -> Said {
    Said::Use(kids.iter().map(|&kid| kid.into()).collect())
}

#[track_caller]
fn due(cache: &mut JwksCache, now: u64) -> FetchTicket {
    cache.begin_due(at(now)).expect("a fetch is due")
}

#[track_caller]
fn miss(cache: &mut JwksCache, now: u64) -> FetchTicket {
    match cache.lookup(Some("missing"), at(now)) {
        Lookup::Fetch(ticket) => ticket,
        other => panic!("no fetch but {other:?}"),
    }
}

/// A cache that fetched `kids` at tick zero, with the lifetime of ten minutes.
fn filled(kids: &[&str]) -> JwksCache {
    let mut cache = JwksCache::new();
    let ticket = due(&mut cache, 0);
    assert_eq!(
        cache.fetched(ticket, keys(kids), None, at(0)),
        FetchOutcome::Replaced
    );
    cache
}

#[test]
fn nothing_is_known_before_the_first_answer() {
    let mut cache = JwksCache::new();
    assert_eq!(said(&mut cache, "a", 0), Said::Fetch);
    for now in [0, 1, 29_999] {
        assert_eq!(said(&mut cache, "a", now), Said::Wait(1));
        assert!(cache.begin_due(at(now)).is_none(), "one fetch is out");
    }
    assert_eq!(cache.dead_at(), None);
    assert!(cache.keys().is_empty());
}

#[test]
fn e23_random_kids_in_a_cooldown_cost_one_fetch_and_no_growth() {
    let mut cache = filled(&["a"]);
    let mut begun = Vec::new();
    let mut out = None;
    for number in 0..10_000_u64 {
        // Spread over the whole cooldown, its last millisecond included.
        let now = 5 * SECOND + number * (30 * SECOND - 1) / 9_999;
        match cache.lookup(Some(&format!("random-{number}")), at(now)) {
            Lookup::Fetch(ticket) => {
                begun.push(now);
                out = Some(ticket);
            }
            Lookup::Unknown => {}
            other => panic!("{other:?}"),
        }
        // The fetch takes a hundred tokens' time.
        if number == 100 {
            cache.fetched(out.take().unwrap(), keys(&["a"]), None, at(now));
        }
    }
    assert_eq!(begun, [5 * SECOND], "the first miss began the only fetch");
    // The state is what that fetch leaves; nothing of the tokens is in it.
    let mut one = filled(&["a"]);
    let ticket = miss(&mut one, 5 * SECOND);
    one.fetched(ticket, keys(&["a"]), None, at(5 * SECOND));
    assert_eq!(format!("{one:?}"), format!("{cache:?}"));
    assert_eq!(cache.keys().len(), 1);
    // And the cooldown ends.
    assert_eq!(said(&mut cache, "random", 35 * SECOND), Said::Fetch);
    assert_eq!(said(&mut cache, "random", 35 * SECOND), Said::Unknown);
}

#[test]
fn e23_random_kids_allocate_one_ticket() {
    let mut cache = filled(&["a"]);
    let kids: Vec<String> = (0..10_000).map(|number| format!("random-{number}")).collect();
    let measured = allocation_counter::measure(|| {
        for kid in &kids {
            assert!(!matches!(
                cache.lookup(Some(kid), at(1)),
                Lookup::Use(_) | Lookup::Wait { .. }
            ));
        }
    });
    assert_eq!(measured.count_total, 1, "for the one fetch that they cause");
}

#[test]
fn e23_random_kids_while_a_fetch_is_out_ask_for_nothing() {
    let mut cache = filled(&["a"]);
    let ticket = due(&mut cache, 10 * MINUTE);
    for number in 0..10_000 {
        let kid = format!("random-{number}");
        assert!(matches!(
            cache.lookup(Some(&kid), at(10 * MINUTE + 1)),
            Lookup::Unknown
        ));
    }
    cache.fetched(ticket, keys(&["a"]), None, at(10 * MINUTE + 2));
    assert_eq!(
        said(&mut cache, "missing", 10 * MINUTE + 3),
        Said::Fetch,
        "that fetch may have been answered before the key was there"
    );
}

#[test]
fn e23_a_withdrawn_key_is_dead_after_the_lifetime() {
    for (cache_control, lifetime) in [
        (None, 10 * MINUTE),
        (Some("max-age=300"), 5 * MINUTE),
        (Some("max-age=1"), MINUTE),
        (Some("no-store"), MINUTE),
        (Some("no-cache, max-age=900"), MINUTE),
        (Some("max-age=86400"), HOUR),
    ] {
        let mut cache = JwksCache::new();
        let ticket = due(&mut cache, 0);
        // The answer takes a while; the lifetime counts from the request all the same.
        cache.fetched(ticket, keys(&["a", "b"]), cache_control, at(3 * SECOND));
        assert_eq!(cache.next_due(), at(lifetime));
        // Tokens of known keys do not prolong it.
        assert_eq!(said(&mut cache, "a", lifetime - 1), uses(&["a", "b"]));
        let Lookup::Fetch(ticket) = cache.lookup(Some("a"), at(lifetime)) else {
            panic!("a fetch is due")
        };
        assert_eq!(
            said(&mut cache, "a", lifetime),
            uses(&["a", "b"]),
            "while it is out"
        );
        assert_eq!(
            cache.fetched(ticket, keys(&["b"]), None, at(lifetime + 1)),
            FetchOutcome::Replaced
        );
        assert_eq!(said(&mut cache, "b", lifetime + 1), uses(&["b"]));
        assert_eq!(
            said(&mut cache, "a", lifetime + 1),
            Said::Fetch,
            "a is gone, and asked for"
        );
        assert_eq!(said(&mut cache, "a", lifetime + 1), Said::Unknown);
    }
}

#[test]
fn e23_a_failing_endpoint_is_dead_after_max_stale() {
    for (max_stale, dead_at) in [
        (None, 70 * MINUTE),
        (Some(Duration::from_secs(5)), 10 * MINUTE + 5 * SECOND),
        (Some(Duration::ZERO), 10 * MINUTE),
        (Some(Duration::MAX), 70 * MINUTE),
    ] {
        let mut cache = JwksCache::new();
        if let Some(max_stale) = max_stale {
            cache = cache.max_stale(max_stale);
        }
        let ticket = due(&mut cache, 0);
        cache.fetched(ticket, keys(&["a"]), None, at(0));
        assert_eq!(cache.dead_at(), Some(at(dead_at)));
        let mut attempts = 0;
        let mut now = 10 * MINUTE;
        while now < dead_at {
            if let Some(ticket) = cache.begin_due(at(now)) {
                attempts += 1;
                // A set without a usable key is no better than an answer that never comes.
                match attempts % 3 {
                    0 => assert!(cache.failed(ticket, at(now))),
                    1 => assert_eq!(
                        cache.fetched(ticket, vec![], None, at(now)),
                        FetchOutcome::Unusable
                    ),
                    _ => {}
                }
            }
            assert_eq!(said(&mut cache, "a", now), uses(&["a"]), "at {now}");
            now += SECOND;
        }
        assert_eq!(settled(&mut cache, "a", dead_at - 1), uses(&["a"]));
        for kid in ["a", "missing"] {
            let said = settled(&mut cache, kid, dead_at);
            assert!(
                matches!(said, Said::Wait(1..=60)),
                "{kid} can be neither accepted nor rejected"
            );
        }
        // It comes back with the next good answer, and not before.
        let back = cache.next_due().as_millis().max(dead_at);
        let ticket = due(&mut cache, back);
        cache.fetched(ticket, keys(&["a"]), None, at(back));
        assert_eq!(said(&mut cache, "a", back), uses(&["a"]));
    }
}

#[test]
fn e23_failures_do_not_move_the_cooldown() {
    let mut cache = filled(&["a"]);
    let ticket = miss(&mut cache, MINUTE);
    assert!(cache.failed(ticket, at(MINUTE + 1)));
    // The retries are due on their own, and fail as well.
    let mut retries = Vec::new();
    for now in MINUTE + 2..MINUTE + 30 * SECOND {
        if let Some(ticket) = cache.begin_due(at(now)) {
            retries.push(now - MINUTE);
            assert!(cache.failed(ticket, at(now)));
        }
        if now % 100 == 0 {
            assert_eq!(said(&mut cache, "missing", now), Said::Unknown);
        }
    }
    assert_eq!(retries, [1_001, 3_001, 7_001, 15_001]);
    assert_eq!(cache.next_due(), at(MINUTE + 31_001));
    assert_eq!(
        said(&mut cache, "missing", MINUTE + 30 * SECOND),
        Said::Fetch,
        "to the millisecond, though the next retry is not due"
    );
}

#[test]
fn failures_back_off_and_the_wait_is_bounded() {
    let mut cache = JwksCache::new();
    let mut now = 7;
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let ticket = due(&mut cache, now);
        assert!(cache.failed(ticket, at(now)));
        let next = now + seconds * SECOND;
        assert_eq!(cache.next_due(), at(next));
        assert_eq!(said(&mut cache, "a", now), Said::Wait(seconds));
        assert!(cache.begin_due(at(next - 1)).is_none());
        now = next;
    }
    for _ in 0..100 {
        let ticket = due(&mut cache, now);
        cache.failed(ticket, at(now));
        now += MINUTE;
    }
    let ticket = due(&mut cache, now);
    cache.fetched(ticket, keys(&["a"]), None, at(now));
    assert_eq!(
        cache.next_due(),
        at(now + 10 * MINUTE),
        "a good answer forgets them"
    );
    let ticket = due(&mut cache, now + 10 * MINUTE);
    cache.failed(ticket, at(now + 10 * MINUTE));
    assert_eq!(cache.next_due(), at(now + 10 * MINUTE + SECOND));
}

#[test]
fn a_late_answer_changes_nothing() {
    let mut cache = filled(&["old"]);
    let slow = due(&mut cache, 10 * MINUTE);
    // It is given up after half a minute; the retry brings a newer set.
    assert_eq!(cache.next_due(), at(10 * MINUTE + 31 * SECOND));
    let given_up = 10 * MINUTE + 30 * SECOND;
    assert!(
        cache.begin_due(at(given_up)).is_none(),
        "a failure like any other"
    );
    assert_eq!(cache.next_due(), at(given_up + SECOND));
    let retry = due(&mut cache, given_up + SECOND);
    let now = at(given_up + 2 * SECOND);
    let mut other = cache.clone();
    assert_eq!(
        cache.fetched(retry, keys(&["new"]), None, now),
        FetchOutcome::Replaced
    );
    assert_eq!(
        cache.fetched(slow, keys(&["withdrawn"]), Some("max-age=3600"), now),
        FetchOutcome::Late
    );
    assert_eq!(said(&mut cache, "new", now.as_millis()), uses(&["new"]));

    // Nor does a late one end the fetch that is out.
    let slow = due(&mut filled(&["x"]), 10 * MINUTE);
    assert!(!other.failed(slow, now));
    assert!(other.begin_due(now).is_none());
}

#[test]
fn an_answer_at_the_very_limit_is_late() {
    for (millis, outcome) in [
        (30 * SECOND - 1, FetchOutcome::Replaced),
        (30 * SECOND, FetchOutcome::Late),
    ] {
        let mut cache = JwksCache::new();
        let ticket = due(&mut cache, 0);
        assert_eq!(cache.fetched(ticket, keys(&["a"]), None, at(millis)), outcome);
    }
}

#[test]
fn e22_a_symmetric_key_is_never_taken() {
    let oct = || VerifyingKey::from(HmacKey::hs256(&[7; 32]).unwrap()).with_kid("oct");
    let mut cache = JwksCache::new();
    let ticket = due(&mut cache, 0);
    assert_eq!(
        cache.fetched(ticket, vec![oct()], None, at(0)),
        FetchOutcome::Unusable
    );
    let ticket = due(&mut cache, SECOND);
    assert_eq!(
        cache.fetched(ticket, vec![oct(), key("a"), oct()], None, at(SECOND)),
        FetchOutcome::Replaced
    );
    assert_eq!(said(&mut cache, "a", SECOND), uses(&["a"]));
    assert_eq!(said(&mut cache, "oct", SECOND), Said::Fetch);
    assert_eq!(said(&mut cache, "oct", SECOND), Said::Unknown);
}

#[test]
fn a_set_holds_a_hundred_keys() {
    for (count, outcome) in [(100, FetchOutcome::Replaced), (101, FetchOutcome::Unusable)] {
        let mut cache = JwksCache::new();
        let ticket = due(&mut cache, 0);
        let keys = (0..count).map(|n| key(&n.to_string())).collect();
        assert_eq!(cache.fetched(ticket, keys, None, at(0)), outcome);
    }
}

#[test]
fn a_key_id_that_no_key_can_have_asks_for_nothing() {
    let mut cache = filled(&["a"]);
    let long = "x".repeat(257);
    assert!(matches!(cache.lookup(Some(&long), at(1)), Lookup::Unknown));
    assert!(matches!(
        cache.lookup(Some(&long[..256]), at(1)),
        Lookup::Fetch(_)
    ));
}

#[test]
fn a_token_without_a_key_id_may_use_the_set() {
    let mut cache = filled(&["a"]);
    assert_eq!(said(&mut cache, None, 1), uses(&["a"]));
    assert!(matches!(said(&mut cache, None, 70 * MINUTE), Said::Fetch));
    assert_eq!(said(&mut cache, None, 70 * MINUTE), Said::Wait(1));
}

#[test]
fn a_clock_that_goes_back_or_ends_is_survived() {
    let mut cache = filled(&["a"]);
    let ticket = miss(&mut cache, MINUTE);
    cache.failed(ticket, at(MINUTE));
    assert_eq!(said(&mut cache, "missing", 0), Said::Unknown);
    assert_eq!(said(&mut cache, "a", 0), uses(&["a"]));
    let ticket = due(&mut cache, u64::MAX);
    assert_eq!(
        cache.fetched(ticket, keys(&["a"]), None, at(u64::MAX)),
        FetchOutcome::Replaced
    );
    assert_eq!(said(&mut cache, "a", u64::MAX - 1), uses(&["a"]));
    assert_eq!(said(&mut cache, "a", u64::MAX), Said::Fetch);
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(
        format!("{:?}", filled(&["kid-of-a"])),
        "JwksCache { keys: 1, dead_at: Some(Tick(4200000)), next_due: Tick(600000), failures: 0, .. }"
    );
}

#[test]
fn a_ticket_is_for_the_cache_that_gave_it() {
    let (mut a, mut b) = (JwksCache::new(), JwksCache::new());
    let (of_a, of_b) = (due(&mut a, 0), due(&mut b, 0));
    // Keys of one issuer never get into the set of another, however a driver mixes the tickets up.
    assert_eq!(b.fetched(of_a, keys(&["a"]), None, at(1)), FetchOutcome::Late);
    assert!(b.keys().is_empty());
    assert!(!a.failed(of_b, at(1)));
    for cache in [&mut a, &mut b] {
        assert!(cache.begin_due(at(1)).is_none(), "its own fetch is out still");
        assert_eq!(said(cache, "a", 1), Said::Wait(1));
    }
}
