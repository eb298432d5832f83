use core::time::Duration;

use cloakroom_jwt::ErrorKind::{self, Claims, Expired, MissingClaim, NotYetValid, TooOld};
use cloakroom_jwt::cloakroom_core::UnixTime;
use cloakroom_jwt::{Policy, danger};

use crate::common::{HEADER, ISSUED, at, claims_with, policy, reason, sign, verifier};

const SECOND: Duration = Duration::from_secs(1);

/// Asserts what becomes of a token where one claim has this value, so many milliseconds after `ISSUED`.
#[track_caller]
fn check(policy: &Policy, name: &str, value: &str, millis: i64, expected: Option<ErrorKind>) {
    let token = sign(HEADER, claims_with(name, value));
    let found = reason(&verifier(policy.clone()), &token, at(millis));
    assert_eq!(found, expected, "{name} {value} at {millis} ms");
}

#[test]
fn e11_exp_is_required() {
    check(&policy(), "exp", "", 0, Some(MissingClaim));
    check(&policy().require(["exp"]), "exp", "", 0, Some(MissingClaim));
}

#[test]
fn e11_without_expiry_by_name() {
    let without = danger::without_expiry(policy());
    check(&without, "exp", "", 0, None);
    check(&without, "exp", "", i64::from(i32::MAX), None);
    check(&without, "exp", &(ISSUED + 1).to_string(), 1000, Some(Expired));
    check(&without, "exp", "null", 0, Some(Claims));
    check(
        &without.clone().require(["exp"]),
        "exp",
        "",
        0,
        Some(MissingClaim),
    );
    check(&without.max_age(SECOND), "exp", "", 1000, Some(TooOld));
}

#[test]
fn e11_exp_ends_a_token_to_the_millisecond() {
    let exp = (ISSUED + 600).to_string();
    check(&policy(), "exp", &exp, 599_999, None);
    check(&policy(), "exp", &exp, 600_000, Some(Expired));
    check(&policy(), "exp", &exp, 601_000, Some(Expired));
    let late = policy().leeway(SECOND);
    check(&late, "exp", &exp, 600_999, None);
    check(&late, "exp", &exp, 601_000, Some(Expired));
}

#[test]
fn e11_nbf_begins_a_token_to_the_millisecond() {
    let nbf = (ISSUED + 10).to_string();
    check(&policy(), "nbf", &nbf, 9999, Some(NotYetValid));
    check(&policy(), "nbf", &nbf, 10_000, None);
    let early = policy().leeway(SECOND);
    check(&early, "nbf", &nbf, 8999, Some(NotYetValid));
    check(&early, "nbf", &nbf, 9000, None);
}

#[test]
fn e11_iat_is_not_ahead() {
    check(
        &policy(),
        "iat",
        &(ISSUED + 1).to_string(),
        999,
        Some(NotYetValid),
    );
    check(&policy(), "iat", &(ISSUED + 1).to_string(), 1000, None);
    check(
        &policy().leeway(SECOND),
        "iat",
        &(ISSUED + 2).to_string(),
        999,
        Some(NotYetValid),
    );
    check(
        &policy().leeway(SECOND),
        "iat",
        &(ISSUED + 2).to_string(),
        1000,
        None,
    );
    check(&policy(), "iat", "", 0, None);
}

#[test]
fn e11_fractions_are_rounded_against_the_token() {
    // exp down
    for exp in [
        format!("{}.0", ISSUED + 5),
        format!("{}.001", ISSUED + 5),
        format!("{}.999999999999", ISSUED + 5),
    ] {
        check(&policy(), "exp", &exp, 4999, None);
        check(&policy(), "exp", &exp, 5000, Some(Expired));
    }
    // nbf up
    for nbf in [
        format!("{}.001", ISSUED + 4),
        format!("{}.999", ISSUED + 4),
        format!("{}.0000000000000000000001", ISSUED + 4),
    ] {
        check(&policy(), "nbf", &nbf, 4999, Some(NotYetValid));
        check(&policy(), "nbf", &nbf, 5000, None);
    }
    check(&policy(), "nbf", &format!("{}.000", ISSUED + 4), 4000, None);
    // iat up
    check(
        &policy(),
        "iat",
        &format!("{}.5", ISSUED + 4),
        4999,
        Some(NotYetValid),
    );
    check(&policy(), "iat", &format!("{}.5", ISSUED + 4), 5000, None);
}

#[test]
fn e11_exponents_are_read_exactly() {
    for (exp, seconds) in [
        (format!("{ISSUED}0e-1"), 0),
        (format!("{}.{}E10", 0, ISSUED + 5), 5),
        (
            format!(
                "{}.{:09}e+9",
                (ISSUED + 7) / 1_000_000_000,
                (ISSUED + 7) % 1_000_000_000
            ),
            7,
        ),
        (format!("{}99e-2", ISSUED + 9), 9),
    ] {
        check(&policy(), "exp", &exp, seconds * 1000, Some(Expired));
        if seconds > 0 {
            check(&policy(), "exp", &exp, seconds * 1000 - 1, None);
        }
    }
    check(&policy(), "nbf", "0e999999", 0, None);
    check(&policy(), "nbf", "0.0", 0, None);
    check(&policy(), "nbf", "1e-400", 0, None);
}

#[test]
fn e11_what_is_no_date_is_refused() {
    for claim in ["exp", "nbf", "iat", "auth_time"] {
        for value in [
            r#""1763737800""#,
            r#""""#,
            r#""2026-11-21T00:00:00Z""#,
            "null",
            "true",
            "[]",
            "[1763737800]",
            "{}",
            "-1",
            "-0",
            "-0.5",
            "-1e300",
            "1e300",
            "1e19",
            "1E999999999999999999999",
            "1e-999999999999999999999",
            "18446744073709551615",
            "18446744073709551616",
            "9223372036854775807",
            "9223372036854776",
            "9223372036854775.9e1",
            "99999999999999999999999999999999999999",
        ] {
            check(&policy(), claim, value, 0, Some(Claims));
        }
    }
    // The last second whose milliseconds can be told.
    check(&policy(), "exp", "9223372036854775", 0, None);
    check(&policy(), "exp", "9223372036854775.9", 0, None);
    check(&policy(), "nbf", "9223372036854775.9", 0, Some(NotYetValid));
    check(&policy(), "exp", "0", 0, Some(Expired));
}

#[test]
fn e11_the_ends_of_time_neither_panic_nor_wrap() {
    let policy = policy().leeway(Duration::from_secs(300)).max_age(Duration::MAX);
    let verifier = verifier(policy);
    let token = sign(HEADER, claims_with("nbf", "9223372036854775.9"));
    for now in [UnixTime::MIN, UnixTime::EPOCH, UnixTime::from_millis(-1)] {
        assert_eq!(reason(&verifier, &token, now), Some(NotYetValid));
    }
    assert_eq!(reason(&verifier, &token, UnixTime::MAX), Some(Expired));
    let token = sign(HEADER, claims_with("exp", "9223372036854775"));
    assert_eq!(reason(&verifier, &token, UnixTime::MAX), Some(Expired));
}

#[test]
fn e12_max_age_counts_from_iat() {
    let policy = policy().max_age(Duration::from_secs(60));
    let check = |value: &str, millis, expected| check(&policy, "iat", value, millis, expected);
    check(&ISSUED.to_string(), 59_999, None);
    check(&ISSUED.to_string(), 60_000, Some(TooOld));
    // From the second that it was issued in, whatever the fraction.
    for fraction in ["0", "001", "999"] {
        check(&format!("{ISSUED}.{fraction}"), 59_999, None);
        check(&format!("{ISSUED}.{fraction}"), 60_000, Some(TooOld));
    }
    check("", 0, Some(MissingClaim));
    check("null", 0, Some(Claims));
}

#[test]
fn e12_leeway_counts_for_max_age() {
    let policy = policy().max_age(Duration::from_secs(60)).leeway(SECOND);
    check(&policy, "iat", &ISSUED.to_string(), 60_999, None);
    check(&policy, "iat", &ISSUED.to_string(), 61_000, Some(TooOld));
}

#[test]
fn e12_required_claims_are_there_and_not_null() {
    let policy = policy().require(["sub", "role"]).require(["auth_time"]);
    let token = |more: &str| sign(HEADER, crate::common::claims(more));
    let check = |more: &str, expected| {
        assert_eq!(
            reason(&verifier(policy.clone()), &token(more), at(0)),
            expected,
            "{more}"
        );
    };
    check(r#""role":"admin","auth_time":1"#, None);
    check(r#""role":false,"auth_time":1"#, None);
    check(r#""role":"","auth_time":1.5"#, None);
    check(r#""\u0072ole":[],"auth\u005ftime":1"#, None);
    check(r#""role":null,"auth_time":1"#, Some(MissingClaim));
    check(r#""auth_time":1"#, Some(MissingClaim));
    check(r#""role":1"#, Some(MissingClaim));
    check(r#""role":1,"auth_time":null"#, Some(Claims));
    check(r#""Role":1,"auth_time":1"#, Some(MissingClaim));
    check(r#""x":{"role":1},"auth_time":1"#, Some(MissingClaim));
}

#[test]
fn e24_older_than_max_age_though_exp_is_far() {
    let policy = policy().revocable(Duration::from_secs(60), SECOND);
    let far = (ISSUED + 1_000_000).to_string();
    check(&policy, "exp", &far, 59_999, None);
    check(&policy, "exp", &far, 60_000, Some(TooOld));
    assert!(policy.is_revocable());
    assert_eq!(policy.greatest_age(), Some(Duration::from_secs(60)));
    assert_eq!(policy.greatest_skew(), Some(SECOND));
}

#[test]
fn e24_a_revocable_policy_names_max_age_and_requires_what_a_denial_needs() {
    // There is no way to write one without: the age is an argument, and the example of `Policy::revocable` that leaves it out
    // (`compile_fail,E0061`) does not build.
    let policy = policy().revocable(Duration::from_secs(60), SECOND);
    for claim in ["sub", "iat", "jti"] {
        check(&policy, claim, "", 0, Some(MissingClaim));
    }
}

#[test]
fn e24_iat_is_ahead_by_twice_the_skew_and_a_second_at_most() {
    let revocable = policy().revocable(Duration::from_secs(60), Duration::from_secs(2));
    check(&revocable, "iat", &(ISSUED + 5).to_string(), 0, None);
    check(
        &revocable,
        "iat",
        &(ISSUED + 5).to_string(),
        -1,
        Some(NotYetValid),
    );
    check(&revocable, "iat", &(ISSUED + 6).to_string(), 0, Some(NotYetValid));
    check(
        &revocable,
        "iat",
        &format!("{}.1", ISSUED + 5),
        999,
        Some(NotYetValid),
    );
    // A leeway changes nothing of it: a token from further ahead would be later than the cut-off that should end it.
    for leeway in [1, 10, 300] {
        for policy in [
            revocable.clone().leeway(Duration::from_secs(leeway)),
            policy()
                .leeway(Duration::from_secs(leeway))
                .revocable(Duration::from_secs(60), Duration::from_secs(2)),
        ] {
            check(&policy, "iat", &(ISSUED + 5).to_string(), 0, None);
            let early = Some(NotYetValid);
            check(&policy, "iat", &(ISSUED + 5).to_string(), -1, early);
            check(&policy, "iat", &(ISSUED + 6).to_string(), 0, early);
        }
    }
    let exact = policy()
        .revocable(Duration::from_secs(60), Duration::ZERO)
        .leeway(SECOND);
    check(&exact, "iat", &(ISSUED + 1).to_string(), 0, None);
    check(&exact, "iat", &(ISSUED + 1).to_string(), -1, Some(NotYetValid));
}

#[test]
fn e24_leeway_still_serves_exp_and_nbf() {
    let policy = policy()
        .revocable(Duration::from_secs(3600), Duration::ZERO)
        .leeway(Duration::from_secs(10));
    let seconds = |seconds: i64| (ISSUED + seconds).to_string();
    check(&policy, "exp", &seconds(20), 29_999, None);
    check(&policy, "exp", &seconds(20), 30_000, Some(Expired));
    check(&policy, "nbf", &seconds(20), 10_000, None);
    check(&policy, "nbf", &seconds(20), 9999, Some(NotYetValid));
}
