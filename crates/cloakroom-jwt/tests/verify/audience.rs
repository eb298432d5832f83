use cloakroom_jwt::ErrorKind::{Audience, Claims, Issuer, MissingClaim, Subject};
use cloakroom_jwt::danger;

use crate::common::{AUDIENCE, HEADER, ISSUER, check, claims, claims_with, policy, sign};

fn token(name: &str, value: &str) -> String {
    sign(HEADER, claims_with(name, value))
}

/// What is never a string.
const OTHER_TYPES: [&str; 8] = ["null", "1", "true", "{}", "[[]]", "[null]", "[1]", r#"{"x":"y"}"#];

#[test]
fn e10_iss_is_the_issuer() {
    check(policy(), &token("iss", ""), Some(MissingClaim));
    for value in OTHER_TYPES {
        check(policy(), &token("iss", value), Some(Claims));
    }
    check(policy(), &token("iss", &format!("[{ISSUER:?}]")), Some(Claims));
    for issuer in [
        "",
        "https://login.example.com/",
        "https://LOGIN.example.com",
        "HTTPS://login.example.com",
        "http://login.example.com",
        " https://login.example.com",
        "https://login.example.com\\u0000",
        "https://login.example.co",
        "https://login.example.com:443",
    ] {
        check(policy(), &token("iss", &format!("\"{issuer}\"")), Some(Issuer));
    }
    check(
        policy(),
        &token("iss", r#""https:\/\/login.example.\u0063om""#),
        None,
    );
}

#[test]
fn e10_sub_is_the_subject_that_the_policy_names() {
    let named = || policy().subject("anna");
    check(named(), &token("sub", r#""anna""#), None);
    check(named(), &token("sub", r#""\u0061nna""#), None);
    check(named(), &token("sub", ""), Some(MissingClaim));
    for subject in ["Anna", "anna ", "", "ann", "anna/", "anna\\u0000"] {
        check(named(), &token("sub", &format!("\"{subject}\"")), Some(Subject));
    }
    check(policy(), &token("sub", ""), None);
    check(policy(), &token("sub", r#""""#), None);
    for value in OTHER_TYPES {
        check(named(), &token("sub", value), Some(Claims));
        // A registered claim has its type whether it is asked for or not.
        check(policy(), &token("sub", value), Some(Claims));
        check(policy(), &token("jti", value), Some(Claims));
    }
}

#[test]
fn e10_aud_holds_the_audience() {
    check(policy(), &token("aud", ""), Some(MissingClaim));
    for value in OTHER_TYPES {
        check(policy(), &token("aud", value), Some(Claims));
    }
    for value in [
        format!("[{AUDIENCE:?}]"),
        format!("[ \"other\" , {AUDIENCE:?} ]"),
        format!("[{AUDIENCE:?},\"other\",\"a,]\\\"[\\\\\"]"),
        format!("[{AUDIENCE:?},{AUDIENCE:?}]"),
        r#"["https:\/\/api.example.com"]"#.into(),
        r#"["\ud83d\ude00","\"","\u0068ttps://api.example\u002Ecom"]"#.into(),
        r#""https://\u0061pi.example.com""#.into(),
    ] {
        check(policy(), &token("aud", &value), None);
    }
    for mixed in [
        format!("[{AUDIENCE:?},1]"),
        format!("[1,{AUDIENCE:?}]"),
        format!("[{AUDIENCE:?},null]"),
        format!("[{AUDIENCE:?},[{AUDIENCE:?}]]"),
        format!("[{AUDIENCE:?},{{}}]"),
        format!("[{AUDIENCE:?},true]"),
        format!("{{\"aud\":{AUDIENCE:?}}}"),
    ] {
        check(policy(), &token("aud", &mixed), Some(Claims));
    }
    for value in [
        "[]",
        "[ ]",
        r#""""#,
        r#"[""]"#,
        r#""https://api.example.com/""#,
        r#"["https://api.example.com/"]"#,
        r#""https://API.example.com""#,
        r#""https://api.example.com,other""#,
        r#""https://api.example.com other""#,
        r#"["other","https://api.example.com\u0000"]"#,
        r#"["other\",\"https://api.example.com"]"#,
        r#"["https:\/\/api.example.co","https:\/\/api.example.com\n","\\https://api.example.com"]"#,
    ] {
        check(policy(), &token("aud", value), Some(Audience));
    }
}

#[test]
fn one_of_several_audiences_suffices() {
    let two = || policy().or_audience("second");
    check(two(), &token("aud", r#""second""#), None);
    check(two(), &token("aud", r#"["x","second"]"#), None);
    check(two(), &token("aud", &format!("{AUDIENCE:?}")), None);
    check(two(), &token("aud", r#""third""#), Some(Audience));
}

#[test]
fn the_audience_from_another_claim_by_name() {
    let from = || danger::audience_from(policy(), "client_id");
    let token = |name: &str, value: &str| {
        let claims = claims_with(name, value);
        sign(HEADER, claims.replace(&format!("\"aud\":{AUDIENCE:?},"), ""))
    };
    check(from(), &token("client_id", &format!("{AUDIENCE:?}")), None);
    check(from(), &token("client_id", r#""app""#), Some(Audience));
    check(from(), &token("client_id", ""), Some(MissingClaim));
    check(from(), &token("client_id", "null"), Some(MissingClaim));
    for value in ["1", "{}", &format!("[{AUDIENCE:?}]")] {
        check(from(), &token("client_id", value), Some(Claims));
    }
    let moved = claims("").replace("\"aud\"", "\"client_id\"");
    check(from(), &sign(HEADER, &moved), None);
    check(policy(), &sign(HEADER, &moved), Some(MissingClaim));
    // RFC 7519 section 4.1.3: a token with `aud` is for those in it, wherever else somebody is named.
    let both = |aud: &str| sign(HEADER, moved.replace('}', &format!(",\"aud\":{aud}}}")));
    check(from(), &both(&format!("{AUDIENCE:?}")), None);
    check(from(), &both(&format!("[\"other\",{AUDIENCE:?}]")), None);
    for other in [r#""other""#, r#"["other"]"#, "[]", r#""""#] {
        check(from(), &both(other), Some(Audience));
    }
    check(from(), &both("1"), Some(Claims));
    check(from(), &both("null"), Some(Claims));
    // Nor does `aud` suffice.
    check(
        from(),
        &sign(HEADER, claims_with("client_id", r#""app""#)),
        Some(Audience),
    );
    check(from(), &sign(HEADER, claims("")), Some(MissingClaim));
    // Each of them may be another one of several.
    let several = || danger::audience_from(policy().or_audience("second"), "client_id");
    check(several(), &both(r#""second""#), None);
}
