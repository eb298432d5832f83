use cloakroom_cookie::{CookieValue, Cookies, pairs};

/// What `header` holds, a line a segment: name and value with `|` around them, or the error's text. All ways of
/// asking must tell the same.
#[track_caller]
pub(crate) fn check(header: &[u8], expected: &[&str]) {
    let listed: Vec<String> = pairs(header)
        .map(|pair| match pair {
            Ok(pair) => {
                format!(
                    "|{}|{}|",
                    pair.name().escape_ascii(),
                    pair.value().as_bytes().escape_ascii()
                )
            }
            Err(error) => {
                let text = error.to_string();
                assert_eq!(
                    text.rsplit(' ').next().unwrap().parse(),
                    Ok(error.position()),
                    "{text}"
                );
                text
            }
        })
        .collect();
    assert_eq!(listed, expected, "{}", header.escape_ascii());

    let cookies = Cookies::new(header).unwrap();
    assert_eq!(
        cookies.invalid_count(),
        expected.iter().filter(|line| !line.starts_with('|')).count()
    );
    assert_eq!(
        cookies.iter().map(|pair| pair.is_ok()).collect::<Vec<_>>(),
        expected
            .iter()
            .map(|line| line.starts_with('|'))
            .collect::<Vec<_>>()
    );
    for pair in pairs(header).flatten() {
        let values = || {
            pairs(header)
                .flatten()
                .filter(|other| other.name() == pair.name())
        };
        let expected: Vec<_> = values().map(|other| other.value().as_bytes()).collect();
        assert_eq!(all(cookies, pair.name()), expected);
        assert_eq!(first(cookies, pair.name()), Some(expected[0]));
        let [found, absent] = cookies.get_many([pair.name(), b"no such name"]);
        assert_eq!(found.map(CookieValue::as_bytes), Some(expected[0]));
        assert!(absent.is_none());
        match cookies.unique(pair.name()) {
            Ok(Some(value)) => assert_eq!([value.as_bytes()], *expected),
            Ok(None) => panic!("not found"),
            Err(_) => assert!(expected.len() > 1),
        }
    }
}

pub(crate) fn first<'a>(cookies: Cookies<'a>, name: &[u8]) -> Option<&'a [u8]> {
    cookies.first(name).map(CookieValue::as_bytes)
}

pub(crate) fn all<'a>(cookies: Cookies<'a>, name: &[u8]) -> Vec<&'a [u8]> {
    cookies.all(name).map(CookieValue::as_bytes).collect()
}

#[track_caller]
pub(crate) fn absent(header: &[u8], name: &[u8]) {
    let cookies = Cookies::new(header).unwrap();
    assert!(cookies.first(name).is_none());
    assert!(cookies.all(name).next().is_none());
    assert!(cookies.unique(name).unwrap().is_none());
    assert!(cookies.get_many([name])[0].is_none());
}
