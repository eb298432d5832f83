//! The pages about the log-in that the server remembers.

mod act;
mod clock;
mod confirm;
mod devices;
mod form;
mod page;

pub(crate) use act::Act;
pub(crate) use clock::clock_style;
pub(crate) use confirm::confirm_page;
pub(crate) use form::{SessionForm, session_form};
pub(crate) use page::{SessionPage, session_page};
