//! The pages about tokens for programs: the form to get one, the token taken apart, what the API makes of it.

mod decoded;
mod form;
mod page;
mod reason;
mod trial;

pub(crate) use form::token_form;
pub(crate) use page::{PATHS, token_page};
pub(crate) use trial::{Change, Resigned, Trial, TrialOutcome};
