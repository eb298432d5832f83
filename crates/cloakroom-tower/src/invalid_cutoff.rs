/// [`Sealer::raise_cutoff`](crate::Sealer::raise_cutoff) was given a time that no cut-off can be.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the cut-off is before 1970, or 2^48 milliseconds or more after it")]
pub struct InvalidCutoff(pub(crate) ());
