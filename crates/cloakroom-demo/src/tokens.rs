use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::UnixTime;
use cloakroom_jwt::{
    self as jwt, InvalidKey, InvalidVerifier, NumericDate, Policy, SignError, Signer, SigningKey, Verifier,
    jwk_set_json,
};
use cloakroom_lineage::Stamp;
use cloakroom_revocation::{Credential, Denial, InvalidDenial};
use cloakroom_tower::BearerVerifier;
use serde::{Deserialize, Serialize};

use crate::fleet::MAX_SKEW;
use crate::signing_seed::SigningSeed;

/// The longest that an access token may live, by whichever server of those that share the key.
pub(crate) const LONGEST_LIFE: Duration = Duration::from_hours(1);
/// Who issues, whichever server does: all that share the key are one issuer, on their different ports. Nobody looks the name
/// up (RFC 6761 section 6.3).
const ISSUER: &str = "https://cloakroom-demo.localhost/";
const AUDIENCE: &str = "https://cloakroom-demo.localhost/api";
/// What every token may do: ask who it is about.
const SCOPE: &str = "me:read";
/// What a token may do besides when that is asked for at the log-in.
pub(crate) const KEYS_SCOPE: &str = "keys:read";
/// The one client that there is (RFC 9068 section 2.2 asks for its name).
const CLIENT_ID: &str = "cloakroom-demo";

/// Makes access tokens (RFC 9068) and verifies them: issuer and resource server in one, as in many an application.
///
/// The key lies in a file, so a token outlives a restart, and servers that share the file take each other's tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    signer: Signer,
    verifier: Verifier,
    bearer_verifier: BearerVerifier<AccessClaims>,
    /// `http://127.0.0.1:8990`
    origin: String,
    life: Duration,
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

impl AccessClaims {
    /// The token as the gate looks at it.
    pub(crate) fn credential(&self) -> Credential<'_> {
        Credential {
            issuer: &self.iss,
            subject: Some(&self.sub),
            issued_at: Some(self.iat.into()),
            token_id: Some(&self.jti),
        }
    }

    /// What ends it.
    pub(crate) fn denial(&self) -> Result<Denial, InvalidDenial> {
        Denial::new(&self.iss, &self.sub, &self.jti, self.iat.into(), self.exp.into())
    }
}

/// Whom a token is for, and on what it rests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenGrant<'a> {
    pub(crate) subject: &'a str,
    pub(crate) name: &'a str,
    pub(crate) with_keys: bool,
    /// Taken before whatever the token rests on was looked at.
    pub(crate) stamp: Stamp,
    /// When the password was given; a refresh does not change it.
    pub(crate) authenticated_at: UnixTime,
}

/// What a log-in gives: the token and what it may do.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) scope: String,
}

impl Tokens {
    pub(crate) fn new(address: SocketAddr, seed: &SigningSeed, life: Duration) -> Result<Self, TokensError> {
        let key = SigningKey::from(seed.key());
        // The same for all who have the key, and another for another key (RFC 7638).
        let kid = key.verifying_key().thumbprint_text().unwrap_or_default();
        let key = key.with_kid(kid);
        let policy = Policy::access_token(ISSUER, AUDIENCE).revocable(LONGEST_LIFE, MAX_SKEW);
        let public = key.verifying_key();
        let key_set = jwk_set_json([&public])?;
        let verifier = Verifier::one(policy, [public])?;
        Ok(Self {
            signer: Signer::new(key, "at+jwt")?,
            bearer_verifier: BearerVerifier::from_authorization(verifier.clone()),
            verifier,
            origin: format!("http://{address}"),
            life,
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

    /// How long a token lives.
    pub(crate) fn life(&self) -> Duration {
        self.life
    }

    /// The `iss` of every token.
    #[expect(clippy::unused_self, reason = "it is that of these tokens")]
    pub(crate) fn issuer(&self) -> &'static str {
        ISSUER
    }

    /// Where the server answers, as a program has to be told.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// A token for a person whose log-in was proven just now, by a password or by a refresh token.
    pub(crate) fn issue(&self, grant: &TokenGrant<'_>) -> Result<Issued, TokensError> {
        let scope = if grant.with_keys {
            format!("{SCOPE} {KEYS_SCOPE}")
        } else {
            SCOPE.to_owned()
        };
        let issued_at = grant.stamp.issued_at();
        let token = self.signer.sign(&AccessClaims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: grant.subject.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            iat: issued_at.into(),
            exp: issued_at.saturating_add(self.life).into(),
            auth_time: grant.authenticated_at.into(),
            jti: random_text()?,
            scope: scope.clone(),
            name: grant.name.to_owned(),
        })?;
        Ok(Issued { token, scope })
    }

    /// The same token as it will be a minute after its end. Only its issuer can make one, and it is good for nothing.
    pub(crate) fn grown_old(&self, token: &str, now: UnixTime) -> Result<String, TokensError> {
        let mut claims = self.claims(token, now)?;
        let end = UnixTime::from_millis(now.as_millis().saturating_sub(60_000));
        let start = UnixTime::from_millis(end.as_millis().saturating_sub(millis(self.life)));
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

    /// What a token says that is good by itself; whether it has been ended, the gate knows.
    pub(crate) fn held(&self, token: &str, now: UnixTime) -> Option<AccessClaims> {
        self.claims(token, now).ok()
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
    use std::time::Duration;

    use cloakroom_core::UnixTime;
    use cloakroom_jwt::ErrorKind;
    use cloakroom_lineage::{Clocks, Lineages, Stamp};
    use cloakroom_revocation::{MemoryRevocationStore, Moment};

    use super::{TokenGrant, Tokens, TokensError};
    use crate::fleet::FLEET;
    use crate::secret_file::Lasting as _;
    use crate::signing_seed::SigningSeed;

    const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_999);
    const LIFE: Duration = Duration::from_mins(5);

    fn tokens(seed: &SigningSeed, port: u16) -> Tokens {
        Tokens::new(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), seed, LIFE).unwrap()
    }

    fn seed() -> SigningSeed {
        SigningSeed::generate().unwrap()
    }

    async fn stamp() -> Stamp {
        let tick = cloakroom_core::Tick::from_millis(0);
        let clocks = Clocks::of(move || Moment { wall: NOW, tick });
        let lineages = Lineages::new(MemoryRevocationStore::new(FLEET, || NOW)).with_clocks(clocks);
        lineages.stamp("u1").await.unwrap()
    }

    async fn token(tokens: &Tokens) -> String {
        let stamp = stamp().await;
        let grant = TokenGrant {
            subject: "u1",
            name: "ada",
            with_keys: true,
            stamp,
            authenticated_at: stamp.authenticated_at(),
        };
        tokens.issue(&grant).unwrap().token
    }

    #[track_caller]
    fn kind(tokens: &Tokens, token: &str, now: UnixTime) -> Option<ErrorKind> {
        match tokens.claims(token, now) {
            Ok(_) => None,
            Err(TokensError::Token(error)) => Some(error.kind()),
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn a_token_lives_for_its_time_and_for_this_audience() {
        let tokens = tokens(&seed(), 8990);
        let token = token(&tokens).await;
        let claims = tokens.claims(&token, NOW).unwrap();
        assert_eq!((&*claims.sub, &*claims.name), ("u1", "ada"));
        assert_eq!(
            (&*claims.iss, &*claims.aud),
            (
                "https://cloakroom-demo.localhost/",
                "https://cloakroom-demo.localhost/api"
            )
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

    #[tokio::test]
    async fn servers_that_share_the_key_take_each_others_tokens() {
        let seed = seed();
        let token = token(&tokens(&seed, 8990)).await;
        assert_eq!(kind(&tokens(&seed, 8991), &token, NOW), None);
    }

    #[tokio::test]
    async fn nothing_is_signed_again_that_was_not_good() {
        let ours = tokens(&seed(), 8990);
        let theirs = token(&tokens(&seed(), 8990)).await;
        assert_eq!(kind(&ours, &theirs, NOW), Some(ErrorKind::UnknownKey));
        for token in [&*theirs, "", "a.b.c"] {
            assert!(matches!(ours.grown_old(token, NOW), Err(TokensError::Token(_))));
            assert!(matches!(ours.for_another(token, NOW), Err(TokensError::Token(_))));
        }
    }
}
