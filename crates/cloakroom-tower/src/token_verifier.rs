use cloakroom_core::UnixTime;
use cloakroom_jwt::{Scratch, Verified, Verifier};

use crate::BearerErrorKind;

/// What judges the tokens of a [`BearerVerifier`](crate::BearerVerifier): a [`Verifier`], whose keys the application
/// has.
#[derive(Clone, Debug)]
pub struct TokenVerifier(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Keys(Verifier),
}

/// The keys as they are at one moment, for all tokens of one request.
#[derive(Debug)]
pub(crate) enum Snapshot {
    Keys(Verifier),
}

impl From<Verifier> for TokenVerifier {
    fn from(verifier: Verifier) -> Self {
        Self(Kind::Keys(verifier))
    }
}

impl TokenVerifier {
    pub(crate) fn snapshot(&self) -> Snapshot {
        match &self.0 {
            Kind::Keys(verifier) => Snapshot::Keys(verifier.clone()),
        }
    }
}

impl Snapshot {
    pub(crate) fn verify<'s>(
        &'s self,
        token: &str,
        now: UnixTime,
        scratch: &'s mut Scratch,
    ) -> Result<Verified<'s>, BearerErrorKind> {
        match self {
            Self::Keys(verifier) => verifier
                .verify(token, now, scratch)
                .map_err(BearerErrorKind::Rejected),
        }
    }
}
