use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt as jwt;
use cloakroom_jwt::danger::claims_without_verification;
use serde_json::value::RawValue;

/// What anybody can read in a JWT without a key. It is shown and never relied upon: until the signature has verified,
/// whoever sent it chose these bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DecodedToken {
    /// The JOSE header as it is spelled. A second reader of it could take it for another than the verifier does.
    pub(crate) header: String,
    /// The claims as the verifier reads them, or why it reads none.
    pub(crate) claims: Result<Vec<Claim>, jwt::Error>,
    /// Bytes of the signature.
    pub(crate) signature: usize,
}

/// One member of the claims set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) name: String,
    /// As JSON, as it is spelled.
    pub(crate) value: String,
    /// For a time: seconds since 1970.
    pub(crate) seconds: Option<i64>,
}

impl DecodedToken {
    /// The parts of a compact JWS whose header is text.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let [header, claims, signature] = parts(token)?;
        let octets = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header = String::from_utf8(octets(header)?).ok()?;
        octets(claims)?;
        let signature = octets(signature)?.len();
        let claim = |(name, value): (String, Box<RawValue>)| Claim {
            seconds: match &*name {
                "exp" | "iat" | "nbf" | "auth_time" => value.get().parse().ok(),
                _ => None,
            },
            value: value.get().to_owned(),
            name,
        };
        (!header.is_empty()).then(|| Self {
            header,
            claims: self::claims(claims).map(|claims| claims.into_iter().map(claim).collect()),
            signature,
        })
    }
}

/// A part of a token that two tokens have differently.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) part: String,
    pub(crate) was: String,
    pub(crate) is: String,
    /// For a time: seconds since 1970, as it is.
    pub(crate) seconds: Option<i64>,
}

impl DecodedToken {
    /// In what `sent` differs from this: the header, claims that both have, the signature's length.
    pub(crate) fn differences(&self, sent: &Self) -> Vec<Difference> {
        let fixed = [
            ("header", self.header.clone(), sent.header.clone()),
            ("signature", bytes(self.signature), bytes(sent.signature)),
        ];
        let fixed = fixed.into_iter().map(|(part, was, is)| Difference {
            part: part.to_owned(),
            was,
            is,
            seconds: None,
        });
        let claims = sent.claims.iter().flatten().filter_map(|claim| {
            let was = self.claims.iter().flatten().find(|was| was.name == claim.name)?;
            Some(Difference {
                part: claim.name.clone(),
                was: was.value.clone(),
                is: claim.value.clone(),
                seconds: claim.seconds,
            })
        });
        fixed.chain(claims).filter(|part| part.was != part.is).collect()
    }
}

/// Header, claims and signature, still encoded.
pub(crate) fn parts(token: &str) -> Option<[&str; 3]> {
    let mut parts = token.split('.');
    let all = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(all)
}

/// The claims in a token's second part, as strictly as the verifier reads them. What the header asks for is another matter,
/// so another header stands in for it: `{"alg":"EdDSA"}`.
pub(crate) fn claims(part: &str) -> Result<BTreeMap<String, Box<RawValue>>, jwt::Error> {
    claims_without_verification(&format!("eyJhbGciOiJFZERTQSJ9.{part}."))
}

fn bytes(count: usize) -> String {
    format!("{count} bytes")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use cloakroom_jwt::ErrorKind;

    use super::{Claim, DecodedToken};

    /// `{"alg":"HS256"}`, `{"exp":1,"name":"ada"}`, three bytes.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEsIm5hbWUiOiJhZGEifQ.AAAA";

    fn claim(name: &str, value: &str, seconds: Option<i64>) -> Claim {
        Claim {
            name: name.to_owned(),
            value: value.to_owned(),
            seconds,
        }
    }

    fn token(header: &str, claims: &str) -> String {
        format!(
            "{}.{}.AAAA",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        )
    }

    #[test]
    fn the_parts_are_shown() {
        let expected = DecodedToken {
            header: "{\"alg\":\"HS256\"}".to_owned(),
            claims: Ok(vec![claim("exp", "1", Some(1)), claim("name", "\"ada\"", None)]),
            signature: 3,
        };
        assert_eq!(DecodedToken::read(TOKEN), Some(expected));
    }

    #[test]
    fn the_header_and_every_value_are_shown_as_they_are_spelled() {
        for header in [
            r#"{"alg":"none","alg":"EdDSA"}"#,
            "{ \"alg\" :\t\"\\u0045dDSA\"}",
            "[]",
            "no JSON",
            &"[".repeat(3000),
        ] {
            let shown = DecodedToken::read(&token(header, "{}")).unwrap();
            assert_eq!((&*shown.header, shown.claims), (header, Ok(Vec::new())));
        }
        let spelled = r#"{"a":1e0,"b":12345678901234567890123,"c":{"x": [1, 2]},"iat":1.5}"#;
        let expected = vec![
            claim("a", "1e0", None),
            claim("b", "12345678901234567890123", None),
            claim("c", "{\"x\": [1, 2]}", None),
            claim("iat", "1.5", None),
        ];
        assert_eq!(
            DecodedToken::read(&token("{}", spelled)).unwrap().claims,
            Ok(expected)
        );
    }

    #[test]
    fn claims_that_the_verifier_refuses_are_not_shown() {
        for claims in [
            r#"{"name":"ada","name":"bob"}"#,
            r#"{"name":"ada","\u006eame":"bob"}"#,
            "[]",
            "",
            "{} ,",
        ] {
            let shown = DecodedToken::read(&token("{}", claims)).unwrap();
            assert_eq!(shown.claims.unwrap_err().kind(), ErrorKind::Claims, "{claims}");
        }
    }

    #[test]
    fn anything_else_shows_nothing() {
        for token in [
            "",
            ".",
            "..",
            "a.b.c",
            "e30.e30",
            "e30.e30.AA.AA",
            "e30.e30.AB",
            "e30.e30.AA=",
            "e31.e30.AA",
            "e30.!.AA",
            "_w.e30.AA",
        ] {
            assert_eq!(DecodedToken::read(token), None, "{token}");
        }
        assert!(DecodedToken::read("e30.e30.AA").is_some());
    }

    #[test]
    fn two_tokens_differ_in_parts_of_the_same_name() {
        let other = DecodedToken::read(&token("{}", r#"{"exp":2,"name":"ada","sub":"u"}"#)).unwrap();
        let differences = DecodedToken::read(TOKEN).unwrap().differences(&other);
        let shown: Vec<_> = differences
            .iter()
            .map(|part| (&*part.part, &*part.was, &*part.is, part.seconds))
            .collect();
        assert_eq!(
            shown,
            [
                ("header", "{\"alg\":\"HS256\"}", "{}", None),
                ("exp", "1", "2", Some(2)),
            ]
        );
    }
}
