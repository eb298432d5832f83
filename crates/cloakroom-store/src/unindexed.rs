//! Placeholder: opts out of the subject index.
/// A store without an index of subjects, by name.
#[derive(Debug)]
pub struct Unindexed<S>(pub S);
