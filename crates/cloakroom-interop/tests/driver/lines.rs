//! What is the same for every command: one answer a line, in order, with its id.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use crate::{b64, check, driver, run};

#[test]
fn ids_are_carried_over_as_they_are_written() {
    for id in [
        "0",
        "-1",
        "1e400",
        "1.50",
        "123456789012345678901234567890",
        "null",
        "true",
        r#""""#,
        r#""\u00e9\ud83d\ude00é""#,
        r#"[1, {"a":null}]"#,
        r#"{"b":1,"a":2}"#,
    ] {
        check(
            &["cookie-date"],
            &[
                (
                    &format!(r#"{{"id":{id},"date":"1 1 jan 70 0:0:0"}}"#),
                    &format!(r#"{{"id":{id},"ok":true,"unix_s":0}}"#),
                ),
                (
                    &format!(r#"{{"date":[],"id":{id}}}"#),
                    &format!(r#"{{"id":{id},"ok":false,"error":"malformed"}}"#),
                ),
            ],
        );
    }
    // A control character between the tokens of an id would end the answer's line for some readers.
    check(
        &["cookie-date"],
        &[(
            "{\"id\":[\t1,\r2],\"date\":\"\"}",
            r#"{"id":[1,2],"ok":false,"error":"rejected"}"#,
        )],
    );
}

#[test]
fn every_line_is_answered_and_none_ends_the_driver() {
    let malformed = r#"{"id":null,"ok":false,"error":"malformed"}"#;
    let lines = [
        "",
        " ",
        "\r",
        "null",
        "[]",
        r#"["1 jan 70 0:0:0"]"#,
        r#""date""#,
        "{",
        r#"{"id":1,"date":"x""#,
        r#"{"id":1,"id":2,"date":"x"}"#,
        r#"{"id":1,"date":"x"}{}"#,
        r#"{"id":1,"date":"x"},"#,
        "{'id':1}",
        "\u{feff}{\"id\":1,\"date\":\"\"}",
        "\0",
    ];
    let lines: Vec<_> = lines.iter().map(|&line| (line, malformed)).collect();
    check(&["cookie-date"], &lines);
    for line in [
        r#"{"id":1}"#,
        r#"{"id":1,"date":null}"#,
        r#"{"id":1,"date":"\ud800"}"#,
        r#"{"id":1,"date":"a","date":"b"}"#,
    ] {
        check(
            &["cookie-date"],
            &[(line, r#"{"id":1,"ok":false,"error":"malformed"}"#)],
        );
    }
    for base64 in [
        "YQ", "YQ=", "YR==", "YQ==\\n", " YQ==", "_-8=", "Y Q=", "====", "é",
    ] {
        check(
            &["cookie-pairs"],
            &[(
                &format!(r#"{{"id":1,"headers_b64":["{base64}"]}}"#),
                r#"{"id":1,"ok":false,"error":"malformed"}"#,
            )],
        );
    }
    let output = run(
        &["cookie-date"],
        b"\xff\n{\"id\":\"\xff\"}\n{\"id\":1,\"date\":\"\"}",
    );
    let rejected = r#"{"id":1,"ok":false,"error":"rejected"}"#;
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{malformed}\n{malformed}\n{rejected}\n")
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn long_lines_and_many_lines_are_answered() {
    let megabyte = 1024 * 1024;
    let id = format!("\"{}\"", "i".repeat(megabyte));
    check(
        &["cookie-pairs"],
        &[
            (
                &format!(r#"{{"id":1,"headers_b64":["{}"]}}"#, b64(vec![b'a'; megabyte])),
                r#"{"id":1,"ok":false,"error":"too_large"}"#,
            ),
            (
                &"\0".repeat(megabyte),
                r#"{"id":null,"ok":false,"error":"malformed"}"#,
            ),
            (
                &"[".repeat(megabyte),
                r#"{"id":null,"ok":false,"error":"malformed"}"#,
            ),
            (
                &format!(r#"{{"id":2,"headers_b64":{}"#, "[".repeat(megabyte)),
                r#"{"id":null,"ok":false,"error":"malformed"}"#,
            ),
            (
                &format!(r#"{{"id":{id},"headers_b64":[]}}"#),
                &format!(r#"{{"id":{id},"ok":true,"pairs":[],"invalid":0}}"#),
            ),
        ],
    );
    let many: Vec<_> = (0..20_000)
        .map(|id| {
            (
                format!(r#"{{"id":{id},"date":"1 jan 70 0:0:{}"}}"#, id % 60),
                format!(r#"{{"id":{id},"ok":true,"unix_s":{}}}"#, id % 60),
            )
        })
        .collect();
    let many: Vec<_> = many
        .iter()
        .map(|(line, answer)| (&line[..], &answer[..]))
        .collect();
    check(&["cookie-date"], &many);
    let mut input = vec![b'x'; 16 * megabyte + 1];
    input.extend_from_slice(b"\n{\"id\":1,\"date\":\"\"}\n");
    let output = run(&["cookie-date"], &input);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "{\"id\":null,\"ok\":false,\"error\":\"too_large\"}\n{\"id\":1,\"ok\":false,\"error\":\"rejected\"}\n"
    );
}

#[test]
fn an_answer_comes_before_the_next_line_is_written() {
    let mut child = driver()
        .arg("cookie-date")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for id in 0..3 {
        writeln!(stdin, r#"{{"id":{id},"date":"x"}}"#).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(
            answer,
            format!("{{\"id\":{id},\"ok\":false,\"error\":\"rejected\"}}\n")
        );
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
