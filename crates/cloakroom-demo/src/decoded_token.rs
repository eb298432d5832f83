use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// What anybody can read in a JWT without a key. It is shown and never relied upon: until the signature has verified,
/// whoever sent it chose these bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DecodedToken {
    /// The JOSE header, indented.
    pub(crate) header: String,
    pub(crate) claims: Vec<Claim>,
    /// Bytes of the signature.
    pub(crate) signature: usize,
}

/// One member of the claims set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) name: String,
    /// As JSON.
    pub(crate) value: String,
    /// For a time: seconds since 1970.
    pub(crate) seconds: Option<i64>,
}

impl DecodedToken {
    /// The parts of a compact JWS whose first two are JSON objects.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let object = |part: &str| match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?) {
            Ok(Value::Object(object)) => Some(object),
            _ => None,
        };
        let header = serde_json::to_string_pretty(&object(header)?).ok()?;
        let claims = object(claims)?.into_iter().map(|(name, value)| Claim {
            seconds: match &*name {
                "exp" | "iat" | "nbf" | "auth_time" => value.as_i64(),
                _ => None,
            },
            value: value.to_string(),
            name,
        });
        Some(Self {
            header,
            claims: claims.collect(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?.len(),
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
        let claims = sent.claims.iter().filter_map(|claim| {
            let was = self.claims.iter().find(|was| was.name == claim.name)?;
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

fn bytes(count: usize) -> String {
    format!("{count} bytes")
}

/// The token as a forger would have it: another name in the claims, the signature as it was. What has no claims to
/// change gets another last character.
pub(crate) fn tampered(token: &str) -> String {
    forged(token).unwrap_or_else(|| {
        let mut text = token.to_owned();
        let last = text.pop();
        text.push(if last == Some('A') { 'B' } else { 'A' });
        text
    })
}

/// The token as one that needs no signature (RFC 7515 appendix A.5), with the same claims.
pub(crate) fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap_or_default();
    let header = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\",\"typ\":\"at+jwt\"}");
    format!("{header}.{claims}.")
}

fn forged(token: &str) -> Option<String> {
    let (header, rest) = token.split_once('.')?;
    let (claims, signature) = rest.split_once('.')?;
    let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let Value::Object(mut claims) = claims else {
        return None;
    };
    claims.insert("name".to_owned(), Value::from("somebody else"));
    let claims = URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string());
    Some(format!("{header}.{claims}.{signature}"))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{Claim, DecodedToken, tampered, unsigned};

    /// `{"alg":"HS256"}`, `{"exp":1,"name":"ada"}`, three bytes.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEsIm5hbWUiOiJhZGEifQ.AAAA";

    #[test]
    fn the_parts_are_shown() {
        let claim = |name: &str, value: &str, seconds| Claim {
            name: name.to_owned(),
            value: value.to_owned(),
            seconds,
        };
        let expected = DecodedToken {
            header: "{\n  \"alg\": \"HS256\"\n}".to_owned(),
            claims: vec![claim("exp", "1", Some(1)), claim("name", "\"ada\"", None)],
            signature: 3,
        };
        assert_eq!(DecodedToken::read(TOKEN), Some(expected));
    }

    #[test]
    fn anything_else_shows_nothing() {
        let deep = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode("[".repeat(3000)));
        for token in [
            "",
            ".",
            "..",
            "a.b.c",
            "e30.e30",
            "e30.e30.AA.AA",
            "W10.e30.AA",
            "e30.W10.AA",
            &deep,
        ] {
            assert_eq!(DecodedToken::read(token), None, "{token}");
        }
        assert!(DecodedToken::read("e30.e30.AA").is_some());
    }

    #[test]
    fn a_forgery_says_something_else_under_the_same_signature() {
        let forged = tampered(TOKEN);
        let shown = DecodedToken::read(&forged).unwrap();
        assert_eq!(shown.claims[1].value, "\"somebody else\"");
        assert!(forged.starts_with("eyJhbGciOiJIUzI1NiJ9.") && forged.rsplit('.').next() == Some("AAAA"));
        for (token, expected) in [("", "A"), ("xA", "xB"), ("a.b.c", "a.b.A"), ("\u{e4}", "A")] {
            assert_eq!(tampered(token), expected);
        }
        let differences = DecodedToken::read(TOKEN).unwrap().differences(&shown);
        assert_eq!(differences.len(), 1);
        assert_eq!(
            (&*differences[0].part, &*differences[0].was, &*differences[0].is),
            ("name", "\"ada\"", "\"somebody else\"")
        );
        let unsigned = unsigned(TOKEN);
        let parts: Vec<_> = DecodedToken::read(TOKEN)
            .unwrap()
            .differences(&DecodedToken::read(&unsigned).unwrap())
            .into_iter()
            .map(|difference| difference.part)
            .collect();
        assert_eq!(parts, ["header", "signature"]);
        assert!(
            unsigned.ends_with(".eyJleHAiOjEsIm5hbWUiOiJhZGEifQ."),
            "{unsigned}"
        );
    }
}
