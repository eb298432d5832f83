use std::fmt;
use std::sync::Arc;

use cloakroom_lineage::cloakroom_id::{IndexSecret, Subject};
use cloakroom_lineage::{Gate, Lineages};
use http::HeaderValue;

use crate::identity_carrier::Carrier;
use crate::{Error, IdentityError, IdentityErrorKind, Observer};

/// What an [`IdentityLayer`](crate::IdentityLayer) was given.
#[derive(Clone)]
pub(crate) struct Settings {
    /// In the order in which they were configured.
    pub(crate) carriers: Vec<Arc<dyn Carrier>>,
    pub(crate) gate: Option<Gate>,
    pub(crate) ends: Option<Ends>,
    pub(crate) realm: Option<String>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// What it takes to end logins.
#[derive(Clone)]
pub(crate) struct Ends {
    pub(crate) lineages: Lineages,
    pub(crate) index: IndexSecret,
}

impl Settings {
    pub(crate) const fn new() -> Self {
        Self {
            carriers: Vec::new(),
            gate: None,
            ends: None,
            realm: None,
            observer: None,
        }
    }

    pub(crate) fn lineages(&self) -> Result<&Lineages, Error> {
        match &self.ends {
            Some(ends) => Ok(&ends.lineages),
            None => Err(not_configured(
                "this needs `with_lineages` of the IdentityLayer's builder",
            )),
        }
    }

    pub(crate) fn subject(&self, id: &str) -> Result<Subject, Error> {
        let subject = self
            .ends
            .as_ref()
            .and_then(|ends| Subject::new(id, &ends.index).ok());
        subject.ok_or_else(|| not_configured("the identity's subject is none whose logins can be ended"))
    }

    pub(crate) fn required(&self) -> Error {
        let challenge = self.challenge("");
        IdentityError::new(IdentityErrorKind::Required, challenge).into()
    }

    pub(crate) fn rejected(&self) -> Error {
        let kind = IdentityErrorKind::Rejected;
        let challenge = self.challenge(&format!("error=\"invalid_token\", error_description=\"{kind}\""));
        IdentityError::new(kind, challenge).into()
    }

    /// The `Bearer` challenge (RFC 6750 section 3) where a token may come in Authorization; for cookies alone that of
    /// [`Error::Required`].
    fn challenge(&self, error: &str) -> Option<HeaderValue> {
        let mut cookies = self.carriers.iter().filter_map(|carrier| carrier.cookie());
        let takes_authorization = self.carriers.iter().any(|carrier| carrier.takes_authorization());
        let text = match cookies.next() {
            Some(cookie) if !takes_authorization => format!("Cookie cookie-name=\"{cookie}\""),
            _ => {
                let realm = self.realm.as_ref().map(|realm| format!("realm=\"{realm}\""));
                let parameters = [realm.as_deref().unwrap_or_default(), error];
                let parameters: Vec<_> = parameters.into_iter().filter(|one| !one.is_empty()).collect();
                format!("Bearer {}", parameters.join(", ")).trim_end().to_owned()
            }
        };
        // A cookie-name, a realm that was checked, and our own texts.
        HeaderValue::try_from(text).ok()
    }
}

pub(crate) fn not_configured(what: &'static str) -> Error {
    IdentityError::from(IdentityErrorKind::NotConfigured(what)).into()
}

/// Prints what carries identities, by their cookies' names, and nothing of the keys.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("carriers", &self.carriers)
            .field("has_gate", &self.gate.is_some())
            .field("has_lineages", &self.ends.is_some())
            .finish_non_exhaustive()
    }
}
