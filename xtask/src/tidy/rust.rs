//! As much of Rust's grammar as the checks need: tokens without comments, which of them belong to tests, and paths.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// A token that is neither white space nor a comment. Punctuation comes as single characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// From 1.
    pub(super) line: usize,
    pub(super) is_word: bool,
}

pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut found, mut start, mut line) = (Vec::new(), 0, 1);
    for token in tokenize(text, FrontmatterAllowed::No) {
        let end = start + token.len as usize;
        let piece = &text[start..end];
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => {}
            kind => {
                let is_word = matches!(kind, TokenKind::Ident | TokenKind::RawIdent);
                found.push(Token {
                    text: piece.strip_prefix("r#").filter(|_| is_word).unwrap_or(piece),
                    line,
                    is_word,
                });
            }
        }
        line += piece.matches('\n').count();
        start = end;
    }
    found
}

/// `tokens` without the items that exist in tests alone: those under `#[cfg(test)]`, `#[cfg(all(test, ..))]`, `#[test]`.
pub(super) fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let (mut kept, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        let Some(end) = attribute_end(tokens, i) else {
            kept.push(tokens[i]);
            i += 1;
            continue;
        };
        let inside = &tokens[i + 2..end - 1];
        if is_test_only(inside) {
            i = item_end(tokens, end);
        } else {
            kept.extend(&tokens[i..end]);
            i = end;
        }
    }
    kept
}

/// Every path in `tokens` as its segments, with the groups of a `use` spelled out, and the line where it begins.
pub(super) fn paths<'a>(tokens: &[Token<'a>]) -> Vec<(Vec<&'a str>, usize)> {
    let (mut found, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        if tokens[i].is_word {
            i = path(tokens, i, &[], &mut found);
        } else {
            i += 1;
        }
    }
    found
}

/// A function whose name stands at `line`, and whether an attribute such as `#[test]` or `#[tokio::test]` marks it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) line: usize,
    pub(super) is_test: bool,
}

/// The functions in `tokens`, those inside macro calls such as `proptest! { .. }` among them.
pub(super) fn functions<'a>(tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let (mut found, mut i, mut is_test) = (Vec::new(), 0, false);
    while i < tokens.len() {
        if let Some(end) = attribute_end(tokens, i) {
            is_test |= attribute_path(&tokens[i + 2..end - 1]).last() == Some(&"test");
            i = end;
            continue;
        }
        match (tokens[i].text, tokens.get(i + 1)) {
            ("fn", Some(name)) if name.is_word => {
                found.push(Function {
                    name: name.text,
                    line: name.line,
                    is_test,
                });
                is_test = false;
            }
            // What may stand between an attribute and `fn`: `pub(crate) const async unsafe extern "C"`.
            ("pub" | "crate" | "super" | "const" | "async" | "unsafe" | "extern" | "(" | ")", _) => {}
            (literal, _) if literal.starts_with('"') => {}
            _ => is_test = false,
        }
        i += 1;
    }
    found
}

/// The end of the outer attribute that begins at `i`, or `None` when none begins there.
fn attribute_end(tokens: &[Token<'_>], i: usize) -> Option<usize> {
    if tokens[i].text != "#" || tokens.get(i + 1)?.text != "[" {
        return None;
    }
    let mut depth = 0_usize;
    for (j, token) in tokens.iter().enumerate().skip(i + 1) {
        match token.text {
            "[" => depth += 1,
            "]" if depth == 1 => return Some(j + 1),
            "]" => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `tokio::test` in `tokio::test(flavor = "..")`.
fn attribute_path<'a>(inside: &[Token<'a>]) -> Vec<&'a str> {
    let path = inside
        .iter()
        .take_while(|token| token.is_word || token.text == ":");
    path.filter(|token| token.is_word)
        .map(|token| token.text)
        .collect()
}

fn is_test_only(inside: &[Token<'_>]) -> bool {
    let texts: Vec<_> = inside.iter().map(|token| token.text).collect();
    attribute_path(inside).last() == Some(&"test")
        || texts == ["cfg", "(", "test", ")"]
        || texts.starts_with(&["cfg", "(", "all", "(", "test", ","])
}

/// The end of the item at `i`, its further attributes included: past its `;` or its outermost `{..}`.
fn item_end(tokens: &[Token<'_>], mut i: usize) -> usize {
    let mut depth = 0_usize;
    while i < tokens.len() {
        match tokens[i].text {
            "(" | "[" | "{" => depth += 1,
            "}" if depth == 1 => return i + 1,
            // The item was the last thing in a block that ends here, such as a field without a comma.
            ")" | "]" | "}" if depth == 0 => return i,
            ")" | "]" | "}" => depth -= 1,
            ";" if depth == 0 => return i + 1,
            _ => {}
        }
        i += 1;
    }
    i
}

/// Reads the path, or the tree of a `use`, whose first word is at `i`; returns where it ends.
fn path<'a>(
    tokens: &[Token<'a>],
    mut i: usize,
    prefix: &[&'a str],
    found: &mut Vec<(Vec<&'a str>, usize)>,
) -> usize {
    let line = tokens[i].line;
    let mut segments = prefix.to_vec();
    loop {
        segments.push(tokens[i].text);
        i += 1;
        if !(is(tokens, i, ":") && is(tokens, i + 1, ":")) {
            break;
        }
        i += 2;
        if is(tokens, i, "{") {
            i += 1;
            while i < tokens.len() && tokens[i].text != "}" {
                i = match tokens[i] {
                    // What `as` introduces is a new name and no part of the path.
                    Token { text: "as", .. } => i + 2,
                    Token { is_word: true, .. } => path(tokens, i, &segments, found),
                    _ => i + 1,
                };
            }
            return i + 1;
        }
        if !tokens.get(i).is_some_and(|token| token.is_word) {
            break;
        }
    }
    found.push((segments, line));
    i
}

fn is(tokens: &[Token<'_>], i: usize, text: &str) -> bool {
    tokens.get(i).is_some_and(|token| token.text == text)
}

#[cfg(test)]
mod tests {
    use super::{functions, paths, tokens, without_tests};

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_strings_hide_what_they_hold() {
        for (source, expected) in [
            ("a // b\nc", vec!["a", "c"]),
            ("a /* b /* c */ d */ e", vec!["a", "e"]),
            ("/// doc\n//! doc\na", vec!["a"]),
            (
                r##"a "// b" r#"" c"# 'd' b'"' e"##,
                vec!["a", "\"// b\"", r##"r#"" c"#"##, "'d'", "b'\"'", "e"],
            ),
            (
                "f<'a>(&'a x)",
                vec!["f", "<", "'a", ">", "(", "&", "'a", "x", ")"],
            ),
            ("r#type", vec!["type"]),
        ] {
            assert_eq!(texts(source), expected, "{source}");
        }
    }

    #[test]
    fn lines_are_counted_through_comments_and_strings() {
        let source = "a\n/* \n\n */ b \"\n\" c";
        let lines: Vec<_> = tokens(source).iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 4, 4, 5]);
    }

    #[test]
    fn items_of_tests_are_left_out() {
        for (source, expected) in [
            ("a; #[cfg(test)] mod tests { b { c } } d", "a ; d"),
            ("#[cfg(test)] mod tests; d", "d"),
            ("#[cfg(test)] #[path = \"x\"] mod tests; d", "d"),
            ("#[cfg(all(test, feature = \"std\"))] use x::{y, z}; d", "; d"),
            ("#[test] fn t() -> [u8; 3] { b } d", "d"),
            (
                "#[cfg(not(test))] fn k() {} d",
                "# [ cfg ( not ( test ) ) ] fn k ( ) { } d",
            ),
            (
                "#[cfg(any(test, feature = \"x\"))] a; d",
                "# [ cfg ( any ( test , feature = \"x\" ) ) ] a ; d",
            ),
            (
                "struct S { a: u8, #[cfg(test)] b: u8 } d",
                "struct S { a : u8 , } d",
            ),
            ("#![cfg_attr(test, x)] d", "# ! [ cfg_attr ( test , x ) ] d"),
        ] {
            let kept = without_tests(&tokens(source));
            let kept: Vec<_> = kept.iter().map(|token| token.text).collect();
            assert_eq!(kept.join(" "), expected, "{source}");
        }
    }

    #[test]
    fn paths_are_whole_and_groups_are_spelled_out() {
        for (source, expected) in [
            ("std::time::Instant::now()", vec!["std::time::Instant::now"]),
            (
                "use std::{fs, net::{self, TcpStream}};",
                vec!["use", "std::fs", "std::net::self", "std::net::TcpStream"],
            ),
            ("use a::{b::c as d}; e", vec!["use", "a::b::c", "e"]),
            ("::std::fs::read(x)", vec!["std::fs::read", "x"]),
            ("Vec::<u8>::new()", vec!["Vec", "u8", "new"]),
            ("a.b", vec!["a", "b"]),
        ] {
            let tokens = tokens(source);
            let found: Vec<_> = paths(&tokens)
                .into_iter()
                .map(|(path, _)| path.join("::"))
                .collect();
            assert_eq!(found, expected, "{source}");
        }
    }

    #[test]
    fn tests_are_told_from_helpers() {
        for (source, name, is_test) in [
            ("#[test] fn a1_x() {}", "a1_x", true),
            (
                "#[tokio::test(flavor = \"current_thread\")] pub(crate) async fn a1_x() {}",
                "a1_x",
                true,
            ),
            (
                "#[test]\n#[should_panic(expected = \"x\")] fn a1_x() {}",
                "a1_x",
                true,
            ),
            ("proptest! { #[test] fn a1_x(n in 0..9) {} }", "a1_x", true),
            ("#[cfg(test)] fn a1_x() {}", "a1_x", false),
            ("#[test] struct S; fn a1_x() {}", "a1_x", false),
            ("// #[test]\nfn a1_x() {}", "a1_x", false),
            ("extern \"C\" fn a1_x() {}", "a1_x", false),
        ] {
            let tokens = tokens(source);
            let found = functions(&tokens);
            let found: Vec<_> = found.iter().map(|f| (f.name, f.is_test)).collect();
            assert_eq!(found, [(name, is_test)], "{source}");
        }
        assert_eq!(functions(&tokens("let f: fn(u8) = g;")), []);
    }
}
