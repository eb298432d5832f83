//! Other languages against the driver. `cargo xtask test` installs what they need and runs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// Where `cargo xtask test` installs the Python and Node libraries.
fn peers() -> PathBuf {
    let root = Path::new(CRATE).join("../..");
    let peers = std::env::var_os("CLOAKROOM_PEERS").map_or(root.join("target/peers"), PathBuf::from);
    assert!(
        peers.join("venv/bin/python").exists() && peers.join("node_modules").exists(),
        "the Python and Node peers are not in {}: `cargo xtask test` installs them",
        peers.display()
    );
    peers
}

/// Runs one of the Python programs and returns how many comparisons of each kind it made. The program stops at the
/// first that fails.
#[track_caller]
fn python(script: &str, args: &[&str]) -> Value {
    let peers = peers();
    let output = Command::new(peers.join("venv/bin/python"))
        .arg("-B")
        .arg(Path::new(CRATE).join("peers/python").join(script))
        .arg(env!("CARGO_BIN_EXE_cloakroom-interop"))
        .args(args)
        .env("CLOAKROOM_PEERS", &peers)
        .output()
        .expect("the virtual environment has a Python");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
    serde_json::from_slice(&output.stdout).expect("the counts are one line of JSON")
}

/// A program that compares nothing would succeed too.
#[track_caller]
fn at_least(counts: &Value, floors: &[(&str, u64)]) {
    for (what, floor) in floors {
        let count = counts[what].as_u64().unwrap_or(0);
        assert!(count >= *floor, "{what}: {count} comparisons, not {floor}");
    }
}

#[test]
fn c8_an_independent_python_implementation_agrees_on_sealed_values() {
    let vectors = Path::new(CRATE).join("../cloakroom-seal/vectors.json");
    let counts = python("check_sealed.py", &[vectors.to_str().unwrap()]);
    at_least(
        &counts,
        &[
            ("published", 7),
            ("vectors", 250),
            ("vectors made", 50),
            ("rings", 90),
            ("driver seals", 600),
            ("python seals", 1000),
            ("strangers", 300),
            ("times", 1500),
            ("mutations", 10_000),
            ("crafted", 60),
            ("sizes", 60),
            ("seal refusals", 200),
        ],
    );
}

#[test]
fn cookie_libraries_differ_only_where_it_is_listed() {
    let list = Path::new(CRATE).join("peers/differences.md");
    let counts = python("check_cookies.py", &["node", list.to_str().unwrap()]);
    at_least(
        &counts,
        &[
            ("cookie-pairs", 4000),
            ("cookie-pairs, cookie (Node)", 4000),
            ("cookie-pairs, Django", 4000),
            ("cookie-pairs, Werkzeug", 2000),
            ("cookie-pairs, http.cookies (Python)", 1000),
            ("set-cookie-parse", 6000),
            ("set-cookie-parse, cookie (Node)", 6000),
            ("set-cookie-parse, tough-cookie (Node)", 6000),
            ("set-cookie-build", 4000),
            ("set-cookie-build, cookie (Node)", 4000),
            ("cookie-date", 4000),
            ("cookie-date, tough-cookie (Node)", 4000),
            ("cookie-date, http.cookiejar (Python)", 200),
            ("differences", 40),
        ],
    );
}

#[test]
fn g1_independent_implementations_agree_on_the_csrf_decision() {
    let counts = python("check_csrf.py", &["node"]);
    at_least(
        &counts,
        &[
            ("decided, Python", 100_000),
            ("decided, Node", 100_000),
            ("allowed", 20_000),
            ("denied", 20_000),
        ],
    );
}

#[test]
fn jwt_libraries_differ_only_where_it_is_listed() {
    let list = Path::new(CRATE).join("peers/jwt-differences.md");
    let keys = Path::new(CRATE).join("peers/test_keys.json");
    let counts = python(
        "check_jwt.py",
        &["node", list.to_str().unwrap(), keys.to_str().unwrap()],
    );
    at_least(
        &counts,
        &[
            ("signed", 1100),
            ("pairs", 500),
            ("cross-verified, jwt-verify", 16_000),
            ("cross-verified, jws-verify", 11_000),
            ("mutants, HS256", 5000),
            ("mutants, ES256", 3000),
            ("mutants, EdDSA", 3000),
            ("mutants, RS256", 3000),
            ("mutants, ES384", 1000),
            ("mutants, PS256", 1000),
            ("jwt-verify, taken", 4000),
            ("jws-verify, taken", 5000),
            ("jwt-verify, in a set", 7000),
            ("jwt-verify, PyJWT", 22_000),
            ("jwt-verify, joserfc", 22_000),
            ("jwt-verify, jose", 22_000),
            ("refused by us, taken by a peer", 20_000),
            ("differences, refused", 30),
            ("differences, taken", 5),
        ],
    );
}
