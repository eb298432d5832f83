//! Tokens as somebody would have them who has no key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::to_raw_value;

use crate::decoded_token::{claims, parts};

/// What was changed in a token under its signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tampering {
    /// The name in the claims.
    Renamed,
    /// Claims without a name got one.
    Named,
    /// There are no claims that could be read, so it was its last character.
    LastCharacter,
}

/// The token with another name in the claims and the signature as it was. What has no claims to change gets another last
/// character.
pub(crate) fn tampered(token: &str) -> (Tampering, String) {
    renamed(token).unwrap_or_else(|| {
        let mut text = token.to_owned();
        let last = text.pop();
        text.push(if last == Some('A') { 'B' } else { 'A' });
        (Tampering::LastCharacter, text)
    })
}

/// The token as one that needs no signature (RFC 7515 appendix A.5), with the same claims.
pub(crate) fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap_or_default();
    let header = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\",\"typ\":\"at+jwt\"}");
    format!("{header}.{claims}.")
}

fn renamed(token: &str) -> Option<(Tampering, String)> {
    let [header, part, signature] = parts(token)?;
    let mut claims = claims(part).ok()?;
    let name = to_raw_value("somebody else").ok()?;
    let tampering = match claims.insert("name".to_owned(), name) {
        Some(_) => Tampering::Renamed,
        None => Tampering::Named,
    };
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).ok()?);
    Some((tampering, format!("{header}.{claims}.{signature}")))
}

#[cfg(test)]
mod tests {
    use super::{Tampering, tampered, unsigned};
    use crate::decoded_token::DecodedToken;

    /// `{"alg":"HS256"}`, `{"exp":1,"name":"ada"}`, three bytes.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEsIm5hbWUiOiJhZGEifQ.AAAA";

    /// Names of the parts in which the second token differs.
    fn changed(token: &str, forged: &str) -> Vec<String> {
        let forged = DecodedToken::read(forged).unwrap();
        let differences = DecodedToken::read(token).unwrap().differences(&forged);
        differences
            .into_iter()
            .map(|difference| difference.part)
            .collect()
    }

    #[test]
    fn a_forgery_says_something_else_under_the_same_signature() {
        let (tampering, forged) = tampered(TOKEN);
        assert_eq!(tampering, Tampering::Renamed);
        assert_eq!(changed(TOKEN, &forged), ["name"]);
        let claims = DecodedToken::read(&forged).unwrap().claims.unwrap();
        assert_eq!(claims[1].value, "\"somebody else\"");
        assert!(forged.starts_with("eyJhbGciOiJIUzI1NiJ9.") && forged.rsplit('.').next() == Some("AAAA"));
        let (tampering, forged) = tampered("e30.e30.AA");
        assert_eq!(tampering, Tampering::Named);
        let claims = DecodedToken::read(&forged).unwrap().claims.unwrap();
        assert_eq!(claims[0].value, "\"somebody else\"");
    }

    #[test]
    fn without_claims_to_change_it_is_the_last_character() {
        for (token, expected) in [
            ("", "A"),
            ("xA", "xB"),
            ("a.b.c", "a.b.A"),
            ("e30.e30.AA.AA", "e30.e30.AA.AB"),
            // `{"name":"a","name":"b"}`.
            (
                "e30.eyJuYW1lIjoiYSIsIm5hbWUiOiJiIn0.AB",
                "e30.eyJuYW1lIjoiYSIsIm5hbWUiOiJiIn0.AA",
            ),
            ("\u{e4}", "A"),
        ] {
            assert_eq!(tampered(token), (Tampering::LastCharacter, expected.to_owned()));
        }
    }

    #[test]
    fn an_unsigned_token_has_the_same_claims() {
        let unsigned = unsigned(TOKEN);
        assert_eq!(changed(TOKEN, &unsigned), ["header", "signature"]);
        assert!(
            unsigned.ends_with(".eyJleHAiOjEsIm5hbWUiOiJhZGEifQ."),
            "{unsigned}"
        );
    }
}
