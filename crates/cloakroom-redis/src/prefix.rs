/// What all keys of a store begin with.
#[derive(Clone, Debug)]
pub(crate) struct Prefix(Box<str>);

impl Prefix {
    /// `None` when it would confuse hash tags or patterns.
    pub(crate) fn new(prefix: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/".contains(&byte);
        (!prefix.is_empty() && prefix.len() <= 64 && prefix.bytes().all(plain)).then(|| Self(prefix.into()))
    }

    /// It alone.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_plain() {
        for prefix in ["", "a{b", "a*", "a b", "é", &"x".repeat(65)] {
            assert!(Prefix::new(prefix).is_none(), "{prefix}");
        }
    }
}
