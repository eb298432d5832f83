use super::check::{assert_all, denied, drain, found, head, ok, steps, token};
use super::fixture::{
    HOUR, ISSUER, KEPT, MINUTE, NOW, PAST, SECOND, SKEW, at, credential, denial, denial_of, denial_until,
    past, size,
};
use super::prepared::Revocations;
use crate::{Credential, Denied};

/// A denial is found, in the feed as well, until it is purged; what was not denied is not.
pub async fn f6_a_denial_holds_until_it_is_purged(store: impl Revocations) {
    let mut cursor = head(&store).await;
    denied(&store, &denial_until("alice", "a-1", past(10 * MINUTE)), PAST).await;
    let entry = token(ISSUER, "a-1", past(11 * MINUTE));
    assert_eq!(drain(&store, &mut cursor, 10).await, std::slice::from_ref(&entry));
    assert_all(&store, [entry]).await;
    let known = found(&store, ISSUER, "alice", "a-1").await;
    assert_eq!((known.denied, known.cutoff), (true, None));
    let known = found(&store, ISSUER, "alice", "a-2").await;
    assert_eq!((known.denied, known.cutoff), (false, None));
    // Longer than it is live: a purge ends it, and not the clock.
    assert_eq!(ok(store.purge(past(2 * HOUR), size(10)).await), 1);
    assert!(!found(&store, ISSUER, "alice", "a-1").await.denied);
    assert_all(&store, []).await;
}

/// It is kept until the credential ends or reaches the greatest age, whichever is earlier, and the leeway longer.
pub async fn f6_a_denial_is_kept_until_the_end_or_the_greatest_age(store: impl Revocations) {
    let mut expected = Vec::new();
    for (id, expires, kept) in [
        ("soon", 1, 1 + MINUTE),
        ("a second", SECOND, SECOND + MINUTE),
        ("just before", HOUR - 1, KEPT - 1),
        ("at", HOUR, KEPT),
        ("beyond", HOUR + 1, KEPT),
        ("far beyond", 400 * 24 * HOUR, KEPT),
        ("long over", -HOUR, MINUTE - HOUR),
    ] {
        denied(&store, &denial_until("alice", id, at(expires)), NOW).await;
        expected.push(token(ISSUER, id, at(kept)));
        assert!(found(&store, ISSUER, "alice", id).await.denied);
    }
    assert_all(&store, expected).await;
}

/// Of two denials of one credential the later end counts, and a repetition changes nothing.
pub async fn f6_a_denial_keeps_the_later_time(store: impl Revocations) {
    for (expires, changes, kept) in [(10, 1, 10), (10, 0, 10), (5, 0, 10), (20, 1, 20), (10, 0, 20)] {
        let denial = denial_until("alice", "a-1", at(expires * SECOND));
        assert_eq!(
            steps(&store, changes, store.deny(&denial, NOW)).await,
            Denied::Token
        );
        assert_all(&store, [token(ISSUER, "a-1", at(kept * SECOND + MINUTE))]).await;
    }
    // Nor does the time at which it comes.
    let denial = denial_until("alice", "a-1", at(20 * SECOND));
    for now in [at(-HOUR), at(HOUR), at(48 * HOUR)] {
        assert_eq!(steps(&store, 0, store.deny(&denial, now)).await, Denied::Token);
    }
}

/// One issuer's subjects and ids are not another's, and no two texts are taken for one.
pub async fn f14_issuers_and_names_are_kept_apart(store: impl Revocations) {
    let (here, there) = ("https://a.example", "https://b.example");
    denied(&store, &denial_of(here, "alice", "a-1", at(MINUTE)), NOW).await;
    ok(store.cut_off(here, "alice", NOW).await);
    let known = found(&store, here, "alice", "a-1").await;
    assert_eq!((known.denied, known.cutoff), (true, Some(at(SKEW))));
    let known = found(&store, there, "alice", "a-1").await;
    assert_eq!((known.denied, known.cutoff), (false, None));
    // A subject is no token's id, and the other way round.
    let known = found(&store, here, "a-1", "alice").await;
    assert_eq!((known.denied, known.cutoff), (false, None));
    let near = |issuer: &'static str, subject: &'static str, id: &'static str| {
        let store = &store;
        async move {
            let known = found(store, issuer, subject, id).await;
            assert_eq!(
                (known.denied, known.cutoff),
                (false, None),
                "{issuer} {subject} {id}"
            );
        }
    };
    denied(&store, &denial_of("iss", "sub", "jti", at(MINUTE)), NOW).await;
    ok(store.cut_off("iss", "sub", NOW).await);
    near("is", "ssub", "sjti").await;
    near("isss", "ub", "ti").await;
    near("iss ", "sub ", "jti ").await;
    near("ISS", "SUB", "JTI").await;
    near("iss", " sub", "Jti").await;
    near("iss", "sub:", "jti:").await;
    near("iss", "su_", "jt_").await;
    near("iss", "%", "%").await;
    near("iss", "*", "*").await;
    near("iss", "su", "jt").await;
    near("iss", "sub\u{301}", "jti\u{301}").await;
    // Decomposed and composed, which a collation may take for one.
    denied(
        &store,
        &denial_of("iss", "caf\u{e9}", "caf\u{e9}", at(MINUTE)),
        NOW,
    )
    .await;
    ok(store.cut_off("iss", "caf\u{e9}", NOW).await);
    near("iss", "cafe\u{301}", "cafe\u{301}").await;
    near("iss", "cafe", "CAF\u{c9}").await;
}

/// A credential without subject or id is known by what it has.
pub async fn f14_what_a_credential_lacks_is_not_looked_for(store: impl Revocations) {
    denied(&store, &denial("alice", "a-1"), NOW).await;
    ok(store.cut_off(ISSUER, "alice", NOW).await);
    let whole = credential(ISSUER, "alice", "a-1");
    let cutoff = Some(at(SKEW));
    for (subject, token_id, expected) in [
        (whole.subject, whole.token_id, (true, cutoff)),
        (None, whole.token_id, (true, None)),
        (whole.subject, None, (false, cutoff)),
        (None, None, (false, None)),
        // No such thing can have been revoked; a store must not fail for being asked.
        (Some("\0"), Some("a\0"), (false, None)),
        (Some(""), Some(""), (false, None)),
    ] {
        let credential = Credential {
            subject,
            token_id,
            issued_at: None,
            ..whole
        };
        let known = ok(store.look_up(&credential).await);
        assert_eq!((known.denied, known.cutoff), expected, "{credential:?}");
    }
    let long = "x".repeat(4096);
    let known = ok(store.look_up(&credential(&long, &long, &long)).await);
    assert_eq!((known.denied, known.cutoff), (false, None));
}
