use cloakroom_jwt::ErrorKind::Claims;

use crate::common::{HEADER, check, check_claims, claims, policy, sign};

/// The claims of a good token with `"x":` and this value behind them.
fn with(value: &str) -> String {
    claims(&format!("\"x\":{value}"))
}

#[test]
fn e6_the_payload_is_an_object_in_utf_8() {
    let good = claims("");
    for payload in [
        String::new(),
        " ".into(),
        "null".into(),
        "true".into(),
        "1".into(),
        "\"text\"".into(),
        "[]".into(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good},"),
        format!("{good}}}"),
        format!("{good}x"),
        format!("{good}\0"),
        format!("{good}\u{feff}"),
        format!("\u{feff}{good}"),
        format!("\0{good}"),
        format!("\u{a0}{good}"),
        good[..good.len() - 1].into(),
        good.replacen('{', "", 1),
        good.replace('}', ",}"),
        good.replacen('{', "{,", 1),
        good.replacen(':', " ", 1),
        good.replacen(',', " ", 1),
        good.replacen(',', ",,", 1),
        good.replacen('"', "'", 2),
    ] {
        check_claims(&payload, Some(Claims));
    }
    let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(policy(), &sign(HEADER, wide), Some(Claims));
    let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_be_bytes).collect();
    check(policy(), &sign(HEADER, wide), Some(Claims));
    for octets in [
        &b"\xff"[..],
        b"\x80",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
    ] {
        let mut payload = good.replace("anna", "").into_bytes();
        let place = good.find("anna").unwrap();
        payload.splice(place..place, octets.iter().copied());
        check(policy(), &sign(HEADER, payload), Some(Claims));
    }
    check_claims(
        &format!(
            " \t\r\n{} \t\r\n",
            good.replace(',', " ,\n").replace("\":", "\" :\t")
        ),
        None,
    );
}

#[test]
fn e7_no_claim_is_there_twice() {
    for more in [
        r#""iss":"https://login.example.com""#,
        r#""\u0069ss":"https://login.example.com""#,
        r#""is\u0073":1"#,
        r#""x":1,"x":1"#,
        r#""x":1,"y":2,"\u0078":1"#,
        r#""":1,"":1"#,
        r#""\u00e4":1,"ä":1"#,
        r#""\ud83d\ude00":1,"😀":1"#,
        r#""a\/b":1,"a/b":1"#,
        r#""\b":1,"\u0008":1"#,
        r#""a long name, of more than eight octets":1,"a long name, of more than eight octet\u0073":1"#,
    ] {
        check_claims(&claims(more), Some(Claims));
    }
    check_claims(
        &claims(r#""ISS":1,"iss ":2,"is":3,"":4,"isss":5,"iss\u0000":6,"\\u0069ss":7"#),
        None,
    );
    check_claims(
        &claims(r#""abcdefgh":1,"abcdefgi":2,"bbcdefgh":3,"abcdefg":4,"abcdefghh":5"#),
        None,
    );
}

#[test]
fn e7_no_member_is_there_twice_at_any_depth() {
    for value in [
        r#"{"a":1,"a":2}"#,
        r#"{"a":{"b":1},"a":2}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"[{"a":1},{"a":1,"\u0061":2}]"#,
        r#"[[[[{"a":[{"b":0,"c":1,"b":2}]}]]]]"#,
        r#"{"a":[],"b":{},"c":{"a":1,"a":1}}"#,
    ] {
        check_claims(&with(value), Some(Claims));
    }
    for value in [
        r#"{"a":1,"b":{"a":1,"b":2}}"#,
        r#"[{"a":1},{"a":1}]"#,
        r#"{"iss":1,"x":{"iss":2,"x":3}}"#,
        r#"{"a":{"b":1,"c":1},"b":1,"c":2}"#,
    ] {
        check_claims(&with(value), None);
    }
}

#[test]
fn e7_among_many_members_too() {
    let members =
        |count: usize| -> Vec<_> { (0..count).map(|index| format!("\"m{index}\":{index}")).collect() };
    for count in [2, 15, 16, 17, 18, 63, 64, 65, 400] {
        let names = members(count);
        let object = |names: &[String]| format!("{{{}}}", names.join(","));
        check_claims(&with(&object(&names)), None);
        check_claims(&claims(&names.join(",")), None);
        for (first, second) in [
            (0, count - 1),
            (0, 1),
            (count - 2, count - 1),
            (count / 2, count - 1),
        ] {
            let mut twice = names.clone();
            twice[second] = format!("\"\\u006d{first}\":0");
            let expected = (first != second).then_some(Claims);
            check_claims(&with(&object(&twice)), expected);
            check_claims(&claims(&twice.join(",")), expected);
        }
        let mut again = names.clone();
        again.push("\"iss\":1".into());
        check_claims(&claims(&again.join(",")), Some(Claims));
    }
}

#[test]
fn at_most_16_levels() {
    for (open, close, inner) in [("[", "]", ""), ("{\"a\":", "}", "1")] {
        let nested = |levels: usize| format!("{}{inner}{}", open.repeat(levels), close.repeat(levels));
        check_claims(&with(&nested(15)), None);
        check_claims(&with(&nested(16)), Some(Claims));
        check_claims(&with(&nested(500)), Some(Claims));
        check_claims(&with(&open.repeat(500)), Some(Claims));
    }
    // Beside each other, not inside: no matter.
    check_claims(&with(&format!("[{}[]]", "[],".repeat(100))), None);
}

#[test]
fn numbers_are_those_of_rfc_8259() {
    for number in [
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "1.0",
        "0.5",
        "-0.5",
        "1e5",
        "1E5",
        "1e+5",
        "1e-5",
        "0e0",
        "1.5e300",
        "1e9999",
        "123456789012345678901234567890",
    ] {
        check_claims(&with(number), None);
    }
    for number in [
        "00",
        "01",
        "-01",
        "-",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "1e-",
        "e5",
        "0x1",
        "1_000",
        "1,5",
        "NaN",
        "Infinity",
        "-Infinity",
        "--1",
        "1-",
        "1 2",
        "0.0.0",
        "1e5.5",
        "１",
    ] {
        check_claims(&with(number), Some(Claims));
    }
}

#[test]
fn strings_are_those_of_rfc_8259() {
    for string in [
        "",
        "a",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b\\f\\n\\r\\t",
        "\\u0000",
        "\\u00e4",
        "\\uD83D\\uDE00",
        "\u{7f}",
        "ä",
        "😀",
        "\u{2028}",
        "\u{ffff}",
        "seven77\\n",
        "eight888\\n",
        "\\neight888",
        "seven77",
        "eight888",
        "nine99999",
        "seventeen 1234567\\u0041",
    ] {
        check_claims(&with(&format!("\"{string}\"")), None);
        check_claims(&with(&format!("[\"{string}\"]")), None);
        check_claims(&claims(&format!("\"x{string}\":1")), None);
    }
    for string in [
        "\\",
        "\\x",
        "\\a",
        "\\u",
        "\\u1",
        "\\u12",
        "\\u123",
        "\\u123g",
        "\\U0041",
        "\\u+041",
        "\\ud800",
        "\\udc00",
        "\\ud800\\ud800",
        "\\ud800x",
        "\\ud800\\n",
        "\\ude00\\ud83d",
        "\\'",
        "\t",
        "\n",
        "\0",
        "\u{1f}",
        "1234567\u{1}",
        "12345678\u{1}",
        "\"",
        "\\ud83d\\u",
        "\\ud83d\\ude0",
        "\\ud83d",
    ] {
        check_claims(&with(&format!("\"{string}\"")), Some(Claims));
        check_claims(&with(&format!("[\"{string}\"]")), Some(Claims));
        check_claims(&claims(&format!("\"x{string}\":1")), Some(Claims));
    }
}

#[test]
fn literals_are_those_of_rfc_8259() {
    for literal in ["null", "true", "false", "[null,true,false]"] {
        check_claims(&with(literal), None);
    }
    for literal in [
        "nul",
        "nulll",
        "NULL",
        "True",
        "tru",
        "truefalse",
        "fals",
        "falsey",
        "undefined",
        "n",
        "t",
        "f",
        "none",
    ] {
        check_claims(&with(literal), Some(Claims));
    }
    for broken in [
        "[1,]",
        "[,1]",
        "[1 1]",
        "[1",
        "1]",
        "[}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{1:1}",
        "{\"a\":1,}",
        "",
        "[/**/]",
    ] {
        check_claims(&with(broken), Some(Claims));
    }
}
