use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::UnixTime;
use cloakroom_jwt::{
    self as jwt, Ed25519SigningKey, InvalidKey, InvalidVerifier, NumericDate, Policy, SignError, Signer,
    SigningKey, Verifier, jwk_set_json,
};
use cloakroom_tower::BearerVerifier;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How long an access token lives. Nothing ends it earlier but the end of the server, so it is short.
pub(crate) const LIFE: Duration = Duration::from_mins(5);
/// What every token may do: ask who it is about.
const SCOPE: &str = "me:read";
/// What a token may do besides when that is asked for at the log-in.
pub(crate) const KEYS_SCOPE: &str = "keys:read";
/// The one client that there is (RFC 9068 section 2.2 asks for its name).
const CLIENT_ID: &str = "cloakroom-demo";

/// Makes access tokens (RFC 9068) and verifies them: issuer and resource server in one, as in many an application.
///
/// The key is made when the server starts and lies in memory alone, so a restart ends every token, at most [`LIFE`]
/// early. Its fresh key id tells such a token from a forged one.
#[derive(Debug)]
pub(crate) struct Tokens {
    signer: Signer,
    verifier: Verifier,
    bearer_verifier: BearerVerifier<AccessClaims>,
    /// `http://127.0.0.1:8990`, which the issuer's and the audience's names begin with.
    origin: String,
    issuer: String,
    audience: String,
    key_set: String,
}

/// The claims of an access token: those of RFC 9068 section 2.2, and the name for the page to greet with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    iat: NumericDate,
    exp: NumericDate,
    /// When the password was given.
    auth_time: NumericDate,
    jti: String,
    pub(crate) scope: String,
    pub(crate) name: String,
}

/// What a log-in gives: the token and what it may do.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) scope: String,
}

impl Tokens {
    pub(crate) fn new(address: SocketAddr) -> Result<Self, TokensError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        let key = SigningKey::from(Ed25519SigningKey::from_seed(&seed)).with_kid(random_text()?);
        let origin = format!("http://{address}");
        let (issuer, audience) = (format!("{origin}/"), format!("{origin}/api"));
        let policy = Policy::access_token(&issuer, &audience).max_age(LIFE);
        let public = key.verifying_key();
        let key_set = jwk_set_json([&public])?;
        let verifier = Verifier::one(policy, [public])?;
        Ok(Self {
            signer: Signer::new(key, "at+jwt")?,
            bearer_verifier: BearerVerifier::from_authorization(verifier.clone()),
            verifier,
            origin,
            issuer,
            audience,
            key_set,
        })
    }

    /// What the API's routes verify with.
    pub(crate) fn bearer_verifier(&self) -> BearerVerifier<AccessClaims> {
        self.bearer_verifier.clone()
    }

    /// The public key as a JWK set (RFC 7517 section 5): whoever has it can verify, and nobody can sign.
    pub(crate) fn key_set(&self) -> &str {
        &self.key_set
    }

    /// Where the server answers, as a program has to be told.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// A token for a person whose password was proven just now.
    pub(crate) fn issue(
        &self,
        subject: &str,
        name: &str,
        with_keys: bool,
        now: UnixTime,
    ) -> Result<Issued, TokensError> {
        let scope = if with_keys {
            format!("{SCOPE} {KEYS_SCOPE}")
        } else {
            SCOPE.to_owned()
        };
        let token = self.signer.sign(&AccessClaims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: subject.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            iat: now.into(),
            exp: now.saturating_add(LIFE).into(),
            auth_time: now.into(),
            jti: random_text()?,
            scope: scope.clone(),
            name: name.to_owned(),
        })?;
        Ok(Issued { token, scope })
    }

    /// The same token as it will be a minute after its end. Only its issuer can make one, and it is good for nothing.
    pub(crate) fn grown_old(&self, token: &str, now: UnixTime) -> Result<String, TokensError> {
        let mut claims = self.claims(token, now)?;
        let end = UnixTime::from_millis(now.as_millis().saturating_sub(60_000));
        let start = UnixTime::from_millis(end.as_millis().saturating_sub(millis(LIFE)));
        claims.exp = end.into();
        (claims.iat, claims.auth_time) = (start.into(), start.into());
        Ok(self.signer.sign(&claims)?)
    }

    /// The same token for the API of another server, which this one must not take. No such server trusts this issuer.
    pub(crate) fn for_another(&self, token: &str, now: UnixTime) -> Result<String, TokensError> {
        let mut claims = self.claims(token, now)?;
        "https://another.example/api".clone_into(&mut claims.aud);
        Ok(self.signer.sign(&claims)?)
    }

    /// Nothing is signed again that was not good as it came.
    fn claims(&self, token: &str, now: UnixTime) -> Result<AccessClaims, TokensError> {
        let verified = self.verifier.verify_owned(token, now);
        Ok(verified.map_err(TokensError::Token)?.into_claims())
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokensError {
    #[error("the system gave no randomness to make a token with")]
    Random(#[from] getrandom::Error),
    #[error("the policy for access tokens cannot be: {0}")]
    Verifier(#[from] InvalidVerifier),
    #[error("the key for access tokens cannot be: {0}")]
    Key(#[from] InvalidKey),
    #[error("cannot sign a token: {0}")]
    Sign(#[from] SignError),
    /// The token that was to be made into another one is not good itself.
    #[error("{0}")]
    Token(jwt::Error),
}

/// 128 random bits.
fn random_text() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use cloakroom_core::UnixTime;
    use cloakroom_jwt::ErrorKind;

    use super::{Tokens, TokensError};

    const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_999);

    fn tokens() -> Tokens {
        Tokens::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 8990))).unwrap()
    }

    #[track_caller]
    fn kind(tokens: &Tokens, token: &str, now: UnixTime) -> Option<ErrorKind> {
        match tokens.claims(token, now) {
            Ok(_) => None,
            Err(TokensError::Token(error)) => Some(error.kind()),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_token_lives_for_five_minutes_and_for_this_audience() {
        let tokens = tokens();
        let token = tokens.issue("u1", "ada", true, NOW).unwrap().token;
        let claims = tokens.claims(&token, NOW).unwrap();
        assert_eq!((&*claims.sub, &*claims.name), ("u1", "ada"));
        assert_eq!(
            (&*claims.iss, &*claims.aud),
            ("http://127.0.0.1:8990/", "http://127.0.0.1:8990/api")
        );
        assert_eq!(claims.scope, "me:read keys:read");
        // Whole seconds: the second in which it was made counts.
        for (millis, expected) in [(299_000, None), (299_001, Some(ErrorKind::Expired))] {
            let now = UnixTime::from_millis(NOW.as_millis() + millis);
            assert_eq!(kind(&tokens, &token, now), expected, "{millis}");
        }
        for (made, expected) in [
            (tokens.grown_old(&token, NOW), ErrorKind::Expired),
            (tokens.for_another(&token, NOW), ErrorKind::Audience),
        ] {
            assert_eq!(kind(&tokens, &made.unwrap(), NOW), Some(expected));
        }
    }

    #[test]
    fn nothing_is_signed_again_that_was_not_good() {
        let ours = tokens();
        let theirs = tokens().issue("u1", "ada", true, NOW).unwrap().token;
        assert_eq!(
            kind(&ours, &theirs, NOW),
            Some(ErrorKind::UnknownKey),
            "as after a restart"
        );
        for token in [&*theirs, "", "a.b.c"] {
            assert!(matches!(ours.grown_old(token, NOW), Err(TokensError::Token(_))));
            assert!(matches!(ours.for_another(token, NOW), Err(TokensError::Token(_))));
        }
    }
}
