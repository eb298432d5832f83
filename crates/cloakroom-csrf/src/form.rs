use std::borrow::Cow;

use crate::TokenError;

/// The value of the field `name` in the body of a form, `application/x-www-form-urlencoded`.
///
/// # Errors
///
/// [`TokenError::Missing`] when it has no such field, [`TokenError::Rejected`] when it has two.
pub fn form_field<'a>(body: &'a [u8], name: &str) -> Result<Cow<'a, str>, TokenError> {
    let mut found = form_urlencoded::parse(body).filter(|(field, _)| field == name);
    match (found.next(), found.next()) {
        (None, _) => Err(TokenError::Missing),
        (Some((_, value)), None) => Ok(value),
        (Some(_), Some(_)) => Err(TokenError::Rejected),
    }
}

#[cfg(test)]
mod tests {
    use crate::{TokenError, form_field};

    #[test]
    fn one_field_of_the_name_counts() {
        for (body, expected) in [
            (&b"csrf_token=abc"[..], Ok("abc")),
            (b"a=1&csrf_token=a%2Db&b=2", Ok("a-b")),
            (b"csrf%5Ftoken=abc", Ok("abc")),
            (b"csrf_token=", Ok("")),
            (b"csrf_token", Ok("")),
            (b"csrf_token=%ff", Ok("\u{fffd}")),
            (b"", Err(TokenError::Missing)),
            (b"CSRF_TOKEN=abc", Err(TokenError::Missing)),
            (b"csrf_token=a&csrf_token=a", Err(TokenError::Rejected)),
        ] {
            let found = form_field(body, "csrf_token");
            assert_eq!(found.as_deref().map_err(|error| *error), expected);
        }
    }
}
