//! The cookie commands.

use crate::{b64, check};

#[test]
fn cookie_pairs_reads_all_headers_as_one_list() {
    let headers = |values: &[&[u8]]| {
        let values: Vec<_> = values.iter().map(|value| format!("\"{}\"", b64(value))).collect();
        format!(r#"{{"id":7,"headers_b64":[{}]}}"#, values.join(","))
    };
    check(
        &["cookie-pairs"],
        &[
            (
                &headers(&[b"a=1; b; =x;;c\0=2", b"d=\xff; a=2"]),
                r#"{"id":7,"ok":true,"pairs":[["YQ==","MQ=="],["ZA==","/w=="],["YQ==","Mg=="]],"invalid":3}"#,
            ),
            (&headers(&[]), r#"{"id":7,"ok":true,"pairs":[],"invalid":0}"#),
            (
                &headers(&[b" ;\t; "]),
                r#"{"id":7,"ok":true,"pairs":[],"invalid":0}"#,
            ),
            (
                &headers(&[&b"a=".repeat(16385)]),
                r#"{"id":7,"ok":false,"error":"too_large"}"#,
            ),
            (
                &headers(&[&b"a;".repeat(3001)]),
                r#"{"id":7,"ok":false,"error":"too_large"}"#,
            ),
            (
                &headers(&[&b"a;".repeat(3000)]),
                r#"{"id":7,"ok":true,"pairs":[],"invalid":3000}"#,
            ),
        ],
    );
}

#[test]
fn cookie_date_reads_the_rfcs_algorithm() {
    check(
        &["cookie-date"],
        &[
            (
                r#"{"id":1,"date":"Sun, 06 Nov 1994 08:49:37 GMT"}"#,
                r#"{"id":1,"ok":true,"unix_s":784111777}"#,
            ),
            (
                r#"{"id":2,"date":"1 jan 1601 0:0:0"}"#,
                r#"{"id":2,"ok":true,"unix_s":-11644473600}"#,
            ),
            (
                r#"{"id":3,"date":"never"}"#,
                r#"{"id":3,"ok":false,"error":"rejected"}"#,
            ),
            (
                r#"{"id":4,"date":""}"#,
                r#"{"id":4,"ok":false,"error":"rejected"}"#,
            ),
            (
                r#"{"id":5,"date":5}"#,
                r#"{"id":5,"ok":false,"error":"malformed"}"#,
            ),
        ],
    );
}

#[test]
fn set_cookie_parse_tells_every_attribute() {
    let line = |value: &[u8]| format!(r#"{{"id":1,"value_b64":"{}"}}"#, b64(value));
    check(
        &["set-cookie-parse"],
        &[
            (
                &line(b"a=b; Path=/x; Domain=.EXAMPLE.com; Max-Age=99999999; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure; HttpOnly; SameSite=lax; Partitioned"),
                r#"{"id":1,"ok":true,"name_b64":"YQ==","value_b64":"Yg==","attributes":{"path":"/x","domain":"example.com","secure":true,"http_only":true,"same_site":"Lax","partitioned":true,"max_age_s":34560000,"expires_s":784111777}}"#,
            ),
            (
                &line(b"v\xff; Path=x; Domain=\xff; Max-Age=-5"),
                concat!(
                    r#"{"id":1,"ok":true,"name_b64":"","value_b64":"dv8=","attributes":{"path":null,"domain":""#,
                    "\u{FFFD}",
                    r#"","secure":false,"http_only":false,"same_site":null,"partitioned":false,"max_age_s":-5,"expires_s":null}}"#
                ),
            ),
            (&line(b"a=b\0"), r#"{"id":1,"ok":false,"error":"rejected"}"#),
            (&line(b"__Host-x"), r#"{"id":1,"ok":false,"error":"rejected"}"#),
            (&line(b"="), r#"{"id":1,"ok":false,"error":"rejected"}"#),
            (
                &line(&[b'x'; 4097]),
                r#"{"id":1,"ok":false,"error":"too_large"}"#,
            ),
        ],
    );
}

/// A name and a value.
const V: &str = r#""name":"id","value_b64":"dg==""#;

#[test]
fn set_cookie_build_has_the_librarys_defaults() {
    #[track_caller]
    fn built(members: &str, set_cookie: &str) {
        check(
            &["set-cookie-build"],
            &[(
                &format!(r#"{{"id":1,{members}}}"#),
                &format!(r#"{{"id":1,"ok":true,"set_cookie":"{set_cookie}"}}"#),
            )],
        );
    }
    built(V, "id=v; Path=/; Secure; HttpOnly; SameSite=Lax");
    for (prefix, name) in [
        ("host", "__Host-id"),
        ("secure", "__Secure-id"),
        ("http", "__Http-id"),
        ("host-http", "__Host-Http-id"),
    ] {
        let expected = format!("{name}=v; Path=/; Secure; HttpOnly; SameSite=Lax");
        built(&format!(r#"{V},"prefix":"{prefix}""#), &expected);
        built(
            &format!(r#"{V},"prefix":"{prefix}","path":"/","secure":true,"http_only":true"#),
            &expected,
        );
    }
    // There is no leaving Path out under the prefixes that ask for it, and then null is as good as nothing.
    for (prefix, written) in [
        ("host", "__Host-id=v; Path=/; Secure; HttpOnly; SameSite=Lax"),
        (
            "host-http",
            "__Host-Http-id=v; Path=/; Secure; HttpOnly; SameSite=Lax",
        ),
        ("secure", "__Secure-id=v; Secure; HttpOnly; SameSite=Lax"),
        ("http", "__Http-id=v; Secure; HttpOnly; SameSite=Lax"),
    ] {
        built(&format!(r#"{V},"prefix":"{prefix}","path":null"#), written);
    }
    built(
        &format!(
            r#"{V},"path":"/x","domain":".Example.COM","same_site":"none","partitioned":true,"max_age_s":60"#
        ),
        "id=v; Path=/x; Domain=example.com; Max-Age=60; Secure; HttpOnly; SameSite=None; Partitioned",
    );
    built(
        &format!(r#"{V},"path":null,"same_site":null,"secure":false,"http_only":false"#),
        "id=v",
    );
    built(
        &format!(
            r#"{V},"domain":null,"secure":null,"http_only":null,"partitioned":null,"max_age_s":null,"prefix":null"#
        ),
        "id=v; Path=/; Secure; HttpOnly; SameSite=Lax",
    );
    built(
        r#""name":"id","value_b64":"","max_age_s":0,"prefix":"host""#,
        "__Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax",
    );
    built(
        r#""name":"__Host-id","value_b64":"dg==","prefix":"host""#,
        "__Host-id=v; Path=/; Secure; HttpOnly; SameSite=Lax",
    );
}

#[test]
fn set_cookie_build_refuses_what_the_library_refuses() {
    let refused = |members: &str, error: &str| {
        check(
            &["set-cookie-build"],
            &[(
                &format!(r#"{{"id":1,{members}}}"#),
                &format!(r#"{{"id":1,"ok":false,"error":"{error}"}}"#),
            )],
        );
    };
    for members in [
        r#""prefix":"host","domain":"example.com""#,
        r#""prefix":"host","path":"/x""#,
        r#""prefix":"host-http","path":"/x""#,
        r#""prefix":"secure","secure":false"#,
        r#""prefix":"http","http_only":false"#,
        r#""prefix":"host-http","http_only":false"#,
        r#""max_age_s":34560001"#,
        r#""max_age_s":-1"#,
        r#""max_age_s":0"#,
        r#""same_site":"None","secure":false"#,
        r#""partitioned":true,"secure":false"#,
        r#""path":"x""#,
        r#""path":"/; Domain=x""#,
        r#""domain":"com""#,
    ] {
        refused(&format!("{V},{members}"), "rejected");
    }
    refused(r#""name":"a b","value_b64":"""#, "rejected");
    refused(r#""name":"","value_b64":"""#, "rejected");
    refused(
        &format!(r#""name":"id","value_b64":"{}""#, b64("a;b")),
        "rejected",
    );
    refused(
        &format!(r#""name":"id","value_b64":"{}""#, b64(b"\xff")),
        "rejected",
    );
    refused(
        &format!(r#""name":"id","value_b64":"{}""#, b64([b'x'; 4095])),
        "too_large",
    );
    refused(
        &format!(
            r#""name":"id","value_b64":"{}","prefix":"host""#,
            b64([b'x'; 4088])
        ),
        "too_large",
    );
    for members in [
        r#""same_site":"loose""#,
        r#""prefix":"Host""#,
        r#""prefix":"none""#,
        r#""max_age_s":1.5"#,
        r#""max_age_s":"60""#,
        r#""secure":"yes""#,
        r#""path":1"#,
    ] {
        refused(&format!("{V},{members}"), "malformed");
    }
    refused(r#""name":"id""#, "malformed");
    refused(r#""value_b64":"""#, "malformed");
}
