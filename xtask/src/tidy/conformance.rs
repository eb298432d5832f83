use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::Result;

use super::at;
use super::house::{House, Member};
use super::rust::{Token, functions, tokens};
use super::standards::{SECTIONS, Section};

/// Generated, below the root.
pub(super) const DOCUMENT: &str = "docs/CONFORMANCE.md";

const HEAD: &str = "\
# Conformance

Each row is a rule of a standard or a known attack, in short words; the tests beside it prove it and hold the exact
bounds. A test belongs to a row by its name, which begins with the row's id. This file is generated from those names by
`cargo xtask tidy --write`, and `cargo xtask tidy` fails when it is out of date, when a row whose crates exist has no
test, and when a name that looks like a row's is no test. Where stores stand behind a test, it is a case of a kit that
each of them runs.

The rules come from RFC 6265bis (draft 22), the layered-cookies draft, RFC 7515 to 7519, 7638, 7662, 7009, 8725, 9068,
9449 and 9700, OWASP ASVS 5.0 and NIST SP 800-63B.
";

/// A test that proves a row.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Proof {
    path: String,
    test: String,
    /// The stores that run it, when it is a case of a kit.
    stores: Vec<&'static str>,
}

type Proofs = BTreeMap<String, Vec<Proof>>;

/// Each row whose crates exist has a test, and the document says so.
pub(super) fn check(house: &House) -> Result<Vec<String>> {
    let (proofs, mut findings) = collect(house);
    for section in SECTIONS {
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
    for member in &house.members {
        let kit = Kit::of(member, house);
        for file in &member.files {
            let kit = kit.as_ref().filter(|kit| file.path.starts_with(&kit.dir));
            findings.extend(collect_file(&file.path, &file.text, kit, &mut proofs));
        }
    }
    (proofs, findings)
}

/// The cases that a crate offers to whoever writes a store, below `src/conformance/`: public functions, which the macro
/// `conformance_tests!` in its `mod.rs` names and makes tests of.
struct Kit<'a> {
    dir: String,
    macros: Vec<Token<'a>>,
    /// Those that run it: at least one, or its cases prove nothing.
    stores: Vec<&'static str>,
}

/// What stands in the name of a module or a path of tests, and the store that it means; the first one holds.
const STORES: &[(&str, &str)] = &[
    ("cluster", "Redis Cluster"),
    ("redis", "Redis"),
    ("postgres", "PostgreSQL"),
    ("sqlite", "SQLite"),
    ("memory", "memory"),
];

impl<'a> Kit<'a> {
    fn of(member: &'a Member, house: &House) -> Option<Self> {
        let dir = format!("{}/src/conformance/", member.dir);
        let root = format!("{dir}mod.rs");
        let root = member.files.iter().find(|file| file.path == root)?;
        let crate_name = member.name.replace('-', "_");
        let files = house.members.iter().flat_map(|member| &member.files);
        let mut stores: Vec<_> = files
            .flat_map(|file| stores_in(&file.path, &file.text, &crate_name))
            .collect();
        stores.sort_by_key(|store| Reverse(STORES.iter().position(|(_, known)| known == store)));
        stores.dedup();
        Some(Self {
            dir,
            macros: tokens(&root.text),
            stores,
        })
    }

    fn has(&self, case: &str) -> bool {
        !self.stores.is_empty()
            && self
                .macros
                .iter()
                .any(|token| token.is_word && token.text == case)
    }
}

/// The stores for which a file says `CRATE::conformance_tests!`: each has the name of the module around it, or of the
/// file.
fn stores_in(path: &str, text: &str, crate_name: &str) -> Vec<&'static str> {
    let store = |name: &str| {
        STORES
            .iter()
            .find(|(part, _)| name.contains(part))
            .map(|(_, store)| *store)
    };
    let (mut found, mut module) = (Vec::new(), None);
    let tokens = tokens(text);
    for window in tokens.windows(5) {
        let texts = [0, 1, 2, 3, 4].map(|i| window[i].text);
        match texts {
            ["mod", name, "{", ..] => module = store(name),
            [krate, ":", ":", "conformance_tests", "!"] if krate == crate_name => {
                found.extend(module.or_else(|| store(path)));
            }
            _ => {}
        }
    }
    found
}

fn collect_file(path: &str, text: &str, kit: Option<&Kit<'_>>, proofs: &mut Proofs) -> Vec<String> {
    let mut findings = Vec::new();
    for function in functions(&tokens(text)) {
        let Some(id) = row_id(function.name) else { continue };
        let kit = kit.filter(|kit| kit.has(function.name));
        if function.is_test || kit.is_some() {
            proofs.entry(id).or_default().push(Proof {
                path: path.to_owned(),
                test: function.name.to_owned(),
                stores: kit.map_or(Vec::new(), |kit| kit.stores.clone()),
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
    writeln!(text, "| row | must hold | tests |\n|---|---|---|")?;
    for row in section.rows {
        write!(text, "| {} | {} | ", row.id, row.must)?;
        match proofs.get(row.id) {
            Some(tests) => {
                let links = tests.iter().map(|Proof { path, test, stores }| {
                    let stores = match stores.as_slice() {
                        [] => String::new(),
                        stores => format!(" ({})", stores.join(", ")),
                    };
                    format!("[`{test}`](../{path}){stores}")
                });
                write!(text, "{}", links.collect::<Vec<_>>().join("<br>"))?;
            }
            None => write!(text, "**no test**")?,
        }
        writeln!(text, " |")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Kit, Proofs, collect_file, document, row_id, stores_in, tokens};

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
        let findings = collect_file("crates/x/src/f.rs", source, None, &mut proofs);
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
        assert_eq!(document.matches("**no test**").count(), 111);
    }

    #[test]
    fn cases_of_a_kit_count_when_its_macro_names_them_and_a_store_runs_it() {
        let kit = |stores| Kit {
            dir: "crates/x/src/conformance/".to_owned(),
            macros: tokens("macro_rules! conformance_tests { () => { d5_x, } }"),
            stores,
        };
        let source = "pub async fn d5_x(store: impl S) {}\npub async fn d6_y(store: impl S) {}";
        let path = "crates/x/src/conformance/create.rs";
        let mut proofs = Proofs::new();
        let findings = collect_file(path, source, Some(&kit(vec!["SQLite", "Redis"])), &mut proofs);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains("`d6_y`"), "{findings:?}");
        let document = document(&proofs).expect("writing to a string succeeds");
        let expected = "| [`d5_x`](../crates/x/src/conformance/create.rs) (SQLite, Redis) |";
        assert!(document.contains(expected), "{document}");

        let mut proofs = Proofs::new();
        assert_eq!(
            collect_file(path, source, Some(&kit(vec![])), &mut proofs).len(),
            2
        );
        assert!(proofs.is_empty());
    }

    #[test]
    fn stores_are_named_by_the_module_or_the_file() {
        let inside = "mod sqlite { cloakroom_store::conformance_tests! { a().await } }
            mod redis_cluster { ::cloakroom_store::conformance_tests! { b().await } }";
        let plain = "cloakroom_store::conformance_tests! { a().await }";
        for (path, source, expected) in [
            (
                "crates/x/tests/stores.rs",
                inside,
                vec!["SQLite", "Redis Cluster"],
            ),
            (
                "crates/cloakroom-postgres/tests/kit.rs",
                plain,
                vec!["PostgreSQL"],
            ),
            (
                "crates/x/tests/redis_cluster/main.rs",
                plain,
                vec!["Redis Cluster"],
            ),
            ("crates/x/tests/model.rs", plain, vec![]),
            (
                "crates/x/tests/memory.rs",
                "// cloakroom_store::conformance_tests! {}",
                vec![],
            ),
            (
                "crates/x/tests/memory.rs",
                "$crate::conformance_tests! { @ }",
                vec![],
            ),
            (
                "crates/x/tests/memory.rs",
                "cloakroom_session::conformance_tests! {}",
                vec![],
            ),
        ] {
            assert_eq!(
                stores_in(path, source, "cloakroom_store"),
                expected,
                "{path}: {source}"
            );
        }
    }
}
