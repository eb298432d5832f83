/// A method and a path that a policy names. Both are compared byte for byte: no letter case, no decoding of `%`, no
/// prefix, and the query counts for nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Route {
    method: String,
    path: String,
}

/// Why a method and a path are no route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Method,
    Path,
}

impl Route {
    pub(crate) fn new(method: &str, path: &str) -> Result<Self, Fault> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if method.is_empty() || !method.bytes().all(token) {
            return Err(Fault::Method);
        }
        let visible = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#');
        if !path.starts_with('/') || !path.bytes().all(visible) {
            return Err(Fault::Path);
        }
        Ok(Self {
            method: method.to_owned(),
            path: path.to_owned(),
        })
    }

    pub(crate) fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Route};

    #[test]
    fn a_route_is_a_token_and_an_absolute_path() {
        for (method, path, expected) in [
            ("POST", "/", None),
            ("PATCH", "/a/b%20c/~d", None),
            ("", "/", Some(Fault::Method)),
            ("PO ST", "/", Some(Fault::Method)),
            ("POST", "", Some(Fault::Path)),
            ("POST", "hook", Some(Fault::Path)),
            ("POST", "/hook?key=1", Some(Fault::Path)),
            ("POST", "/hook#a", Some(Fault::Path)),
            ("POST", "/a b", Some(Fault::Path)),
            ("POST", "/b\u{fc}cher", Some(Fault::Path)),
        ] {
            assert_eq!(Route::new(method, path).err(), expected, "{method} {path}");
        }
    }
}
