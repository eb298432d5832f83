use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::Result;

use super::at;
use super::house::House;
use super::rust::{functions, tokens};
use super::standards::{SECTIONS, Section};

/// Generated, below the root.
pub(super) const DOCUMENT: &str = "docs/CONFORMANCE.md";

const HEAD: &str = "\
# Conformance

Each row is a rule of a standard or a known attack, in short words; the tests beside it prove it and hold the exact
bounds. A test belongs to a row by its name, which begins with the row's id. This file is generated from those names by
`cargo xtask tidy --write`, and `cargo xtask tidy` fails when it is out of date, when a row whose crates exist has no
test, and when a name that looks like a row's is no test.

The rules come from RFC 6265bis (draft 22), the layered-cookies draft, RFC 7515 to 7519, 7638, 7662, 7009, 8725, 9068,
9449 and 9700, OWASP ASVS 5.0 and NIST SP 800-63B.
";

/// A test that proves a row.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Proof {
    path: String,
    test: String,
}

type Proofs = BTreeMap<String, Vec<Proof>>;

/// Each row whose crates exist has a test, and the document says so.
pub(super) fn check(house: &House) -> Result<Vec<String>> {
    let (proofs, mut findings) = collect(house);
    for section in SECTIONS.iter().filter(|section| section.is_built) {
        for row in section.rows {
            if !proofs.contains_key(row.id) {
                findings.push(format!("{DOCUMENT}: no test proves {}: {}", row.id, row.must));
            }
        }
    }
    if fs::read_to_string(house.root.join(DOCUMENT)).unwrap_or_default() != document(&proofs)? {
        findings.push(format!(
            "{DOCUMENT}: is not up to date; run `cargo xtask tidy --write`"
        ));
    }
    Ok(findings)
}

/// What the document has to say.
pub(super) fn render(house: &House) -> Result<String> {
    document(&collect(house).0)
}

fn collect(house: &House) -> (Proofs, Vec<String>) {
    let (mut proofs, mut findings) = (Proofs::new(), Vec::new());
    for file in house.members.iter().flat_map(|member| &member.files) {
        findings.extend(collect_file(&file.path, &file.text, &mut proofs));
    }
    (proofs, findings)
}

fn collect_file(path: &str, text: &str, proofs: &mut Proofs) -> Vec<String> {
    let mut findings = Vec::new();
    for function in functions(&tokens(text)) {
        let Some(id) = row_id(function.name) else { continue };
        if function.is_test {
            proofs.entry(id).or_default().push(Proof {
                path: path.to_owned(),
                test: function.name.to_owned(),
            });
        } else {
            findings.push(at(
                path,
                function.line,
                format_args!("`{}` is named like a proof of {id}, and no test", function.name),
            ));
        }
    }
    findings
}

/// The row that a function of this name proves: `a10_x` is about A10. Names such as `b64_x` are about no row.
fn row_id(name: &str) -> Option<String> {
    let id = name.split_once('_')?.0.to_ascii_uppercase();
    SECTIONS
        .iter()
        .flat_map(|section| section.rows)
        .any(|row| row.id == id)
        .then_some(id)
}

fn document(proofs: &Proofs) -> Result<String> {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        write_section(&mut text, section, proofs)?;
    }
    Ok(text)
}

fn write_section(text: &mut String, section: &Section, proofs: &Proofs) -> Result<()> {
    writeln!(text, "\n## {}\n", section.title)?;
    if !section.is_built {
        writeln!(text, "The crates that these rows concern are not built yet.\n")?;
    }
    writeln!(text, "| row | must hold | tests |\n|---|---|---|")?;
    for row in section.rows {
        write!(text, "| {} | {} | ", row.id, row.must)?;
        match proofs.get(row.id) {
            Some(tests) => {
                let links = tests
                    .iter()
                    .map(|Proof { path, test }| format!("[`{test}`](../{path})"));
                write!(text, "{}", links.collect::<Vec<_>>().join("<br>"))?;
            }
            None if section.is_built => write!(text, "**no test**")?,
            None => write!(text, "not built yet")?,
        }
        writeln!(text, " |")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Proofs, collect_file, document, row_id};

    #[test]
    fn ids_are_read_from_the_front_of_a_name() {
        for (name, id) in [
            ("a1_names_are_never_decoded", Some("A1")),
            ("a11_lenient", Some("A11")),
            ("g8_identity", Some("G8")),
            ("a0_x", None),
            ("a12_x", None),
            ("b64_decodes", None),
            ("h1_x", None),
            ("a1", None),
            ("names_a1_x", None),
            ("a_1", None),
        ] {
            assert_eq!(row_id(name).as_deref(), id, "{name}");
        }
    }

    #[test]
    fn tests_are_collected_and_what_only_looks_like_one_is_reported() {
        let source =
            "#[test] fn a1_x() {}\n#[tokio::test] async fn c3_y() {}\nfn a2_z() {}\n#[test] fn other() {}";
        let mut proofs = Proofs::new();
        let findings = collect_file("crates/x/src/f.rs", source, &mut proofs);
        assert_eq!(proofs.keys().collect::<Vec<_>>(), ["A1", "C3"]);
        assert_eq!(proofs["A1"][0].test, "a1_x");
        assert_eq!(
            findings,
            ["crates/x/src/f.rs:3: `a2_z` is named like a proof of A2, and no test"]
        );

        let document = document(&proofs).expect("writing to a string succeeds");
        assert!(
            document.contains("| [`a1_x`](../crates/x/src/f.rs) |"),
            "{document}"
        );
        assert!(document.contains("\n| A2 |"), "{document}");
        assert_eq!(document.matches("**no test**").count(), 59);
        assert_eq!(document.matches("not built yet |").count(), 52);
    }
}
