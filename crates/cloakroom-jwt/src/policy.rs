use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::claims::Registered;
use crate::{Algorithm, InvalidVerifier, Typ};

/// The claims that RFC 9068 section 2.2 requires, but `client_id`.
const ACCESS_TOKEN_CLAIMS: [&str; 6] = ["iss", "exp", "aud", "sub", "iat", "jti"];

/// The greatest leeway and the greatest skew.
const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// The default of [`Policy::max_len`], and what it may be at most.
const DEFAULT_MAX_LEN: usize = 8 * 1024;
const GREATEST_MAX_LEN: usize = 64 * 1024;

/// What a token must say to be accepted. Its keys come with it into a [`Verifier`](crate::Verifier).
///
/// Issuer, audience and type are always asked for, and so is `exp`. What is wrong with a policy is told when a verifier
/// is made of it. There is no default, and no way to turn a check off but those in [`danger`](crate::danger).
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    /// The claim that holds the audience; other than `aud` only by `danger::audience_from`.
    pub(crate) audience_claim: Option<String>,
    pub(crate) typ: Typ,
    pub(crate) subject: Option<String>,
    /// The registered claims that are required, and the other ones.
    pub(crate) registered: Registered,
    pub(crate) required: Vec<String>,
    /// Whether `client_id` is required, as RFC 8693 section 4.3 defines it: a string, and not an empty one.
    pub(crate) has_client: bool,
    pub(crate) leeway: Duration,
    pub(crate) max_age: Option<Duration>,
    pub(crate) max_skew: Option<Duration>,
    pub(crate) max_len: usize,
    pub(crate) expires: bool,
    rsa_algorithm: Option<Algorithm>,
}

impl Policy {
    /// A policy for tokens of this `iss` (compared octet by octet, RFC 7519 section 4.1.1), with this value in `aud`
    /// (section 4.1.3), and of this `typ`.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, typ: Typ) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: [audience.into()].into(),
            audience_claim: None,
            typ,
            subject: None,
            registered: Registered::default(),
            required: Vec::new(),
            has_client: false,
            leeway: Duration::ZERO,
            max_age: None,
            max_skew: None,
            max_len: DEFAULT_MAX_LEN,
            expires: true,
            rsa_algorithm: None,
        }
    }

    /// A policy for OAuth 2.0 access tokens (RFC 9068): the type is `at+jwt`, and `iss`, `exp`, `aud`, `sub`, `client_id`,
    /// `iat` and `jti` are required, each of its type; `client_id` is a string that is not empty.
    pub fn access_token(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let mut policy = Self::new(issuer, audience, Typ::exact("at+jwt")).require(ACCESS_TOKEN_CLAIMS);
        policy.has_client = true;
        policy
    }

    /// Asks for this `sub` (RFC 7519 section 4.1.2).
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Accepts one more value in `aud`: one of them suffices.
    pub fn or_audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// How far the clocks of issuer and verifier may differ: 0 by default, at most 5 minutes. `exp` and the greatest age end
    /// so much later, `nbf` and `iat` are taken for so much earlier; but [`Policy::revocable`] alone says how far ahead `iat`
    /// may be.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Refuses tokens that were issued so long ago, whatever `exp` says; `iat` is required, and rounded down to the second.
    /// At least one second.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// The longest token that is looked at, in characters: 8 KiB by default, at most 64 KiB.
    pub fn max_len(mut self, max_len: usize) -> Self {
        self.max_len = max_len;
        self
    }

    /// Asks for these claims, whose values may be anything but `null`. May be called more than once.
    pub fn require<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        for name in names {
            let name = name.into();
            match Registered::named(&name) {
                Some(registered) => self.registered.insert(registered),
                None => self.required.push(name),
            }
        }
        self
    }

    /// The algorithm of RSA keys whose JWK does not say it. The header of a token never chooses.
    pub fn rsa_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.rsa_algorithm = Some(algorithm);
        self
    }

    /// Makes the policy one whose tokens a revocation check can follow: it needs to know whose token it is, which one, and
    /// for how long denials must be kept. So `sub`, `iat` and `jti` are required, and `max_age` is set.
    ///
    /// `max_skew` is how far the clock of any server in the system is off at most (at most 5 minutes). A token may have been
    /// issued up to twice that and one second after `now`, so that it is not refused right after a cut-off moved its `iat`.
    /// That is so whatever [`Policy::leeway`] says, which goes on to count for `exp`, `nbf` and `max_age`: a token from
    /// further ahead would outlive the cut-off that should end it.
    ///
    /// ```compile_fail,E0061
    /// # use std::time::Duration;
    /// # use cloakroom_jwt::Policy;
    /// // There is no such policy without a greatest age.
    /// let policy = Policy::access_token("issuer", "audience").revocable(Duration::from_secs(2));
    /// ```
    pub fn revocable(mut self, max_age: Duration, max_skew: Duration) -> Self {
        self.max_skew = Some(max_skew);
        self.max_age(max_age).require(["sub", "iat", "jti"])
    }

    /// The `iss` that is asked for.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether [`Policy::revocable`] was called: a revocation check refuses any other policy.
    pub fn is_revocable(&self) -> bool {
        self.max_skew.is_some()
    }

    /// What [`Policy::max_age`] or [`Policy::revocable`] set.
    pub fn greatest_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// What [`Policy::leeway`] set.
    pub fn greatest_leeway(&self) -> Duration {
        self.leeway
    }

    /// What [`Policy::revocable`] set as the greatest skew.
    pub fn greatest_skew(&self) -> Option<Duration> {
        self.max_skew
    }

    /// What [`Policy::max_len`] set, in characters.
    pub fn greatest_len(&self) -> usize {
        self.max_len
    }

    /// What [`Policy::rsa_algorithm`] set.
    pub fn default_rsa_algorithm(&self) -> Option<Algorithm> {
        self.rsa_algorithm
    }

    /// Whether a verifier can be made of it, for a program that gets its keys later.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as of policy 0.
    pub fn check(&self) -> Result<(), InvalidVerifier> {
        match self.problem() {
            None => Ok(()),
            Some((member, problem)) => Err(InvalidVerifier {
                policy: 0,
                member,
                problem,
            }),
        }
    }

    /// How far after `now` a token may have been issued. Where a cut-off may follow, nothing widens it: a token from further
    /// ahead would be newer than the cut-off that should end it.
    pub(crate) fn ahead(&self) -> Duration {
        match self.max_skew {
            Some(skew) => skew * 2 + Duration::from_secs(1),
            None => self.leeway,
        }
    }

    /// The first member that is wrong, and what is wrong with it.
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let one_second = Duration::from_secs(1);
        if self.issuer.is_empty() {
            return Some(("issuer", "is empty"));
        }
        if self.audiences.iter().any(String::is_empty) {
            return Some(("audience", "is empty"));
        }
        if self.audience_claim.as_ref().is_some_and(String::is_empty) {
            return Some(("audience_from", "names a claim without a name"));
        }
        if let Some(problem) = self.typ.problem() {
            return Some(("typ", problem));
        }
        if self.subject.as_ref().is_some_and(String::is_empty) {
            return Some(("subject", "is empty"));
        }
        if self.required.iter().any(String::is_empty) {
            return Some(("require", "names a claim without a name"));
        }
        if self.leeway > MAX_LEEWAY {
            return Some(("leeway", "is more than 5 minutes"));
        }
        if self.max_skew.is_some_and(|skew| skew > MAX_LEEWAY) {
            return Some(("max_skew", "is more than 5 minutes"));
        }
        if self.max_age.is_some_and(|age| age < one_second) {
            return Some(("max_age", "is less than one second"));
        }
        if self.max_len == 0 || self.max_len > GREATEST_MAX_LEN {
            return Some(("max_len", "is not from 1 to 65536"));
        }
        if self.rsa_algorithm.is_some_and(|algorithm| !algorithm.is_rsa()) {
            return Some(("rsa_algorithm", "is no RSA algorithm"));
        }
        None
    }
}
