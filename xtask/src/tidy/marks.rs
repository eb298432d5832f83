use super::at;
use super::house::House;
use super::rust::{Token, tokens};

/// A longer file holds more than one noun.
const MAX_LINES: usize = 600;

// In pieces, so that a search for what is unfinished does not find this file.
const WORDS: &[&str] = &[concat!("FIX", "ME"), concat!("XX", "X")];
const MACROS: &[&str] = &["todo", "unimplemented", "dbg"];

/// Nothing unfinished, no test that is skipped, no example that is not compiled, no file that needs splitting.
pub(super) fn check(house: &House) -> Vec<String> {
    let mut findings = Vec::new();
    for member in &house.members {
        for file in &member.files {
            findings.extend(check_file(&file.path, &file.text));
        }
        let readme = format!("{}/README.md", member.dir);
        if let Ok(text) = std::fs::read_to_string(house.root.join(&readme)) {
            findings.extend(check_fences(&readme, &text));
        }
    }
    findings
}

fn check_file(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > MAX_LINES {
        findings.push(at(
            path,
            MAX_LINES,
            format_args!("the file has {lines} lines; {MAX_LINES} is the most"),
        ));
    }
    for (index, line) in text.lines().enumerate() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        for word in WORDS {
            if line.split(|c| !is_word(c)).any(|part| part == *word) {
                findings.push(at(
                    path,
                    index + 1,
                    format_args!("`{word}`: mend it or say it in a sentence"),
                ));
            }
        }
    }
    let tokens = tokens(text);
    for window in tokens.windows(3) {
        let [first, second, third] = window else { continue };
        if first.is_word && MACROS.contains(&first.text) && second.text == "!" && is_open(third) {
            findings.push(at(path, first.line, format_args!("`{}!` is left", first.text)));
        }
        if first.text == "#" && second.text == "[" && third.text == "ignore" {
            findings.push(at(path, first.line, "a test is ignored"));
        }
    }
    findings.extend(check_doc_fences(path, text));
    findings
}

fn is_open(token: &Token<'_>) -> bool {
    matches!(token.text, "(" | "[" | "{")
}

fn check_doc_fences(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        if doc.is_some_and(is_ignored_fence) {
            findings.push(at(path, index + 1, "an example is not compiled"));
        }
    }
    findings
}

fn check_fences(path: &str, text: &str) -> Vec<String> {
    let ignored = text
        .lines()
        .enumerate()
        .filter(|(_, line)| is_ignored_fence(line));
    ignored
        .map(|(index, _)| at(path, index + 1, "an example is not compiled"))
        .collect()
}

fn is_ignored_fence(line: &str) -> bool {
    let fence = line.trim().strip_prefix("```");
    fence.is_some_and(|attributes| {
        attributes
            .split([',', ' '])
            .any(|attribute| attribute == "ignore")
    })
}

#[cfg(test)]
mod tests {
    use super::{check_fences, check_file};

    #[test]
    fn marks_are_found_where_they_stand() {
        let mark = concat!("// FIX", "ME: later");
        for (source, expected) in [
            (format!("fn f() {{}}\n{mark}"), vec![2]),
            (concat!("\"XX", "X\"").to_owned(), vec![1]),
            ("// XXXX is another word".to_owned(), vec![]),
            (concat!("fn f() { todo", "!() }").to_owned(), vec![1]),
            (
                concat!("fn f() {\n unimplemented", "!(\"x\") }").to_owned(),
                vec![2],
            ),
            (concat!("// todo", "!() in a comment").to_owned(), vec![]),
            ("let todo = 1; todo != 2".to_owned(), vec![]),
            (concat!("#[ignore", "]\nfn t() {}").to_owned(), vec![1]),
            (concat!("#[ignore", " = \"slow\"]\nfn t() {}").to_owned(), vec![1]),
            ("/// ```ignore\n/// ```".to_owned(), vec![1]),
            ("/// ```no_run\n/// ```".to_owned(), vec![]),
            ("\n".repeat(600), vec![]),
            ("\n".repeat(601), vec![600]),
        ] {
            let found = check_file("f.rs", &source);
            let expected: Vec<_> = expected.iter().map(|line| format!("f.rs:{line}: ")).collect();
            assert_eq!(found.len(), expected.len(), "{source}: {found:?}");
            for (found, expected) in found.iter().zip(&expected) {
                assert!(found.starts_with(expected), "{source}: {found}");
            }
        }
    }

    #[test]
    fn examples_in_a_readme_are_compiled() {
        assert_eq!(check_fences("R.md", "```rust\n```\n```text\n```").len(), 0);
        assert_eq!(
            check_fences("R.md", "\n```rust,ignore\n```"),
            ["R.md:2: an example is not compiled"]
        );
    }
}
