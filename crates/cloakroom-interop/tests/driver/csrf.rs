//! The CSRF decision.

use crate::check;

#[test]
fn csrf_decide_tells_the_rule_that_matched() {
    let line = |method: &str, headers: &str| {
        format!(r#"{{"id":1,"method":"{method}","path":"/a","host":"app.example","headers":[{headers}]}}"#)
    };
    let answer =
        |allow: bool, reason: &str| format!(r#"{{"id":1,"ok":true,"allow":{allow},"reason":"{reason}"}}"#);
    let cases = [
        ("GET", "", true, "safe_method"),
        (
            "GET",
            r#"["Upgrade","websocket"],["Origin","null"]"#,
            false,
            "null_origin",
        ),
        (
            "GET",
            r#"[":protocol","websocket"],["origin","null"]"#,
            false,
            "null_origin",
        ),
        (
            "POST",
            r#"["Sec-Fetch-Site"," same-origin "]"#,
            true,
            "same_origin",
        ),
        ("POST", r#"["SEC-FETCH-SITE","cross-site"]"#, false, "cross_site"),
        (
            "POST",
            r#"["sec-fetch-site","same-origin"],["sec-fetch-site","same-origin"]"#,
            false,
            "repeated_site",
        ),
        (
            "POST",
            r#"["Origin","https://app.example"]"#,
            true,
            "public_origin",
        ),
        (
            "POST",
            r#"["Origin","https://admin.example"]"#,
            true,
            "trusted_origin",
        ),
        (
            "POST",
            r#"["Origin","https://partner.example"]"#,
            true,
            "trusted_origin",
        ),
        (
            "POST",
            r#"["Origin","http://app.example"]"#,
            false,
            "foreign_origin",
        ),
        (
            "POST",
            r#"["Authorization","Bearer x"],["Origin","null"]"#,
            true,
            "token_in_authorization",
        ),
        (
            "POST",
            r#"["Authorization","Bearer x"],["Origin","null"],["Cookie","a=1"],["Cookie","__Host-id=x"]"#,
            false,
            "null_origin",
        ),
        ("POST", r#"["Cookie","__Host-jwt=x"]"#, false, "token_missing"),
        ("POST", r#"["Cookie","a=x"]"#, true, "no_carrier_cookie"),
    ];
    let lines: Vec<_> = cases
        .iter()
        .map(|(method, headers, allow, reason)| (line(method, headers), answer(*allow, reason)))
        .collect();
    let lines: Vec<_> = lines.iter().map(|(line, answer)| (&**line, &**answer)).collect();
    check(
        &[
            "csrf-decide",
            "--public-origin",
            "https://app.example",
            "--trusted-origin",
            "https://admin.example",
            "--trusted-origin",
            "https://partner.example",
            "--carrier-cookie",
            "__Host-id",
            "--carrier-cookie",
            "__Host-jwt",
        ],
        &lines,
    );
}

#[test]
fn csrf_decide_without_options_goes_by_the_host() {
    check(
        &["csrf-decide"],
        &[
            (
                r#"{"method":"POST","path":"/","host":"app.example","headers":[["Origin","https://app.example"]]}"#,
                r#"{"id":null,"ok":true,"allow":true,"reason":"same_host"}"#,
            ),
            (
                r#"{"method":"POST","path":"/","headers":[["Host","app.example"],["Origin","http://app.example"]]}"#,
                r#"{"id":null,"ok":true,"allow":true,"reason":"same_host"}"#,
            ),
            (
                r#"{"method":"POST","path":"/","host":null,"headers":[["Origin","https://app.example"]]}"#,
                r#"{"id":null,"ok":true,"allow":false,"reason":"foreign_origin"}"#,
            ),
            (
                r#"{"method":"POST","path":"/","headers":[["Cookie","__Host-id=x"]]}"#,
                r#"{"id":null,"ok":true,"allow":true,"reason":"no_carrier_cookie"}"#,
            ),
            (
                r#"{"method":"POST","path":"/","headers":[["Origin"]]}"#,
                r#"{"id":null,"ok":false,"error":"malformed"}"#,
            ),
            (
                r#"{"path":"/","headers":[]}"#,
                r#"{"id":null,"ok":false,"error":"malformed"}"#,
            ),
        ],
    );
}
