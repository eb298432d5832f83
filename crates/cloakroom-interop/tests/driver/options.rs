//! Arguments.

use crate::{Ring, run};

#[test]
fn unusable_options_exit_2_with_one_line() {
    #[track_caller]
    fn unusable(args: &[&str], message: &str) {
        let output = run(args, b"{\"id\":1}\n");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("cloakroom-interop: {message}\n"), "{args:?}");
    }
    let ring = Ring::good();
    let path = ring.path.to_str().unwrap();
    unusable(&[], "a command is missing; see --help");
    unusable(&["jump"], "unknown command \"jump\"; see --help");
    unusable(&["--ring", path], "invalid option '--ring'");
    unusable(&["cookie-pairs", "x"], "unexpected argument \"x\"");
    unusable(&["cookie-pairs", "--ring", path], "invalid option '--ring'");
    unusable(&["csrf-decide", "--ring", path], "invalid option '--ring'");
    unusable(
        &["csrf-decide", "--public-origin", "https://app.example/"],
        "the public origin ends with its host and port: no slash, path, query or user",
    );
    unusable(
        &["csrf-decide", "--carrier-cookie", "a b"],
        "carrier cookie 1 has no cookie-name",
    );
    unusable(&["open"], "--name is missing");
    unusable(&ring.args("seal", "signed", &[]), "--ttl is missing");
    unusable(
        &ring.args("seal", "signed", &["--ttl", "1", "--cutoff", "1"]),
        "invalid option '--cutoff'",
    );
    unusable(
        &ring.args("open", "signed", &["--bucket", "1"]),
        "invalid option '--bucket'",
    );
    unusable(&ring.args("open", "signed", &["x"]), "unexpected argument \"x\"");
    unusable(
        &ring.args("open", "signed", &["--now", "1"]),
        "--now is given twice",
    );
    unusable(
        &ring.args("open", "signed", &["--cutoff"]),
        "missing argument for option '--cutoff'",
    );
    unusable(
        &ring.args("open", "signed", &["--cutoff", "soon"]),
        "cannot parse argument \"soon\": invalid digit found in string",
    );
    unusable(
        &ring.args("open", "both", &[]),
        "cannot parse argument \"both\": neither signed nor encrypted",
    );
    unusable(
        &ring.args("seal", "signed", &["--ttl", "-1"]),
        "cannot parse argument \"-1\": invalid digit found in string",
    );
    unusable(
        &ring.args("seal", "signed", &["--ttl", "1", "--bucket", "2"]),
        "--bucket: a signed value is not padded",
    );
    unusable(
        &ring.args("open", "signed", &["--max-ttl", "34560001"]),
        "--max-ttl: the greatest ttl lies from 1 second to 400 days",
    );
    let with = |option: &str, value: &str| {
        let mut args: Vec<String> = ring
            .args("open", "signed", &[])
            .iter()
            .map(ToString::to_string)
            .collect();
        let place = args.iter().position(|arg| arg == option).unwrap();
        value.clone_into(&mut args[place + 1]);
        args
    };
    for (option, value, message) in [
        (
            "--name",
            "a b",
            "--name: cookie-name has a forbidden octet at byte 1",
        ),
        ("--name", "", "--name: cookie-name is empty"),
        ("--purpose", "", "a purpose has 1 to 255 bytes"),
        (
            "--ring",
            "/nonexistent/ring",
            "--ring /nonexistent/ring: No such file or directory (os error 2)",
        ),
    ] {
        let args = with(option, value);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        unusable(&args, message);
    }
    std::fs::write(&ring.path, vec![b' '; 1024 * 1024 + 1]).unwrap();
    unusable(
        &ring.args("open", "signed", &[]),
        &format!("--ring {path}: over 1 MiB"),
    );
}

#[test]
fn help_names_every_command() {
    for args in [
        &["--help"][..],
        &["-h"],
        &["cookie-pairs", "--help"],
        &["open", "--help"],
    ] {
        let output = run(args, b"");
        assert_eq!(output.status.code(), Some(0));
        let help = String::from_utf8(output.stdout).unwrap();
        for command in [
            "cookie-pairs",
            "set-cookie-parse",
            "set-cookie-build",
            "cookie-date",
            "csrf-decide",
            "seal",
            "open",
            "jws-sign",
            "jws-verify",
            "jwt-verify",
        ] {
            assert!(help.contains(command), "{command}");
        }
    }
}
