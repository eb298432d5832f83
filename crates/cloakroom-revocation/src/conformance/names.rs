use super::check::{assert_all, denied, found, head, ok, steps, subject, token};
use super::fixture::{ISSUER, KEPT, MINUTE, NOW, SKEW, at, denial_of};
use super::prepared::Revocations;
use crate::{Entry, StoreErrorKind};

/// Every text that may be a name comes back as it was, through the look-up and through the feed.
pub async fn names_of_any_text_come_back(store: impl Revocations) {
    let longest = "x".repeat(Entry::MAX_LEN);
    let wide = "\u{10ffff}".repeat(Entry::MAX_LEN / 4);
    let controls: String = ('\u{1}'..='\u{9f}').filter(|char| char.len_utf8() == 1).collect();
    let mut expected = Vec::new();
    for text in [
        "a",
        " ",
        "'; drop table x; --",
        "a:b|c/d\\e%f_g*h?[i]",
        "{tag}",
        "\u{feff}\u{202e}\u{0301}",
        "e\u{301}\u{e9}",
        &controls,
        &wide,
        &longest,
    ] {
        assert!(text.len() <= Entry::MAX_LEN);
        denied(&store, &denial_of(text, text, text, at(MINUTE)), NOW).await;
        assert_eq!(ok(store.cut_off(text, text, NOW).await), at(SKEW));
        expected.push(token(text, text, at(2 * MINUTE)));
        expected.push(subject(text, text, at(SKEW), at(SKEW + KEPT)));
        let known = found(&store, text, text, text).await;
        assert_eq!((known.denied, known.cutoff), (true, Some(at(SKEW))), "{text:?}");
    }
    assert_all(&store, expected).await;
}

/// What is no name is refused, and changes nothing.
pub async fn names_that_cannot_be_are_unsupported(store: impl Revocations) {
    let before = head(&store).await;
    let long = "x".repeat(Entry::MAX_LEN + 1);
    for text in ["", "a\0", &long] {
        for (issuer, subject) in [(ISSUER, text), (text, "alice"), (text, text)] {
            let error = store
                .cut_off(issuer, subject, NOW)
                .await
                .expect_err("it is no name");
            assert_eq!(error.kind(), StoreErrorKind::Unsupported, "{} bytes", text.len());
        }
    }
    assert_eq!(head(&store).await, before);
    assert_eq!(
        steps(&store, 1, store.cut_off(ISSUER, "alice", NOW)).await,
        at(SKEW)
    );
}
