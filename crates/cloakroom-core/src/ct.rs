use subtle::ConstantTimeEq;

/// Whether `a` and `b` hold the same bytes, in time that depends on their lengths alone.
///
/// Lengths are public: slices of different lengths are told apart at once. Where a Cloakroom
/// crate itself compares secrets it calls this function, so that a reviewer has one place to look at. Tags are compared
/// inside the crates that compute them, `hmac` and the AEADs, in constant time as well.
#[inline]
#[must_use]
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    let ((a_words, a_rest), (b_words, b_rest)) = (a.as_chunks(), b.as_chunks());
    let words = a_words.iter().zip(b_words);
    // A word at a time: for a hash an eighth of the steps.
    let equal = words.fold(a_rest.ct_eq(b_rest), |equal, (a, b)| {
        equal & u64::from_ne_bytes(*a).ct_eq(&u64::from_ne_bytes(*b))
    });
    a.len() == b.len() && equal.into()
}

#[cfg(test)]
mod tests {
    use super::ct_eq;

    #[test]
    fn equal_means_same_length_and_same_bytes() {
        for (a, b, equal) in [
            (&b""[..], &b""[..], true),
            (b"a", b"a", true),
            (b"a", b"b", false),
            (b"a", b"ab", false),
            (b"ab", b"a", false),
            (b"\0", b"", false),
            (b"0123456789abcdef", b"0123456789abcdee", false),
            (b"0123456789abcdef", b"1123456789abcdef", false),
            (b"0123456789abcdef", b"01234567", false),
            (b"0123456789abcdefgh", b"0123456789abcdefgh", true),
            (b"0123456789abcdefgh", b"0123456789abcdefgi", false),
        ] {
            assert_eq!(ct_eq(a, b), equal, "{a:?} and {b:?}");
        }
    }
}
