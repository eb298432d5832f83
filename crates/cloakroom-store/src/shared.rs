use std::sync::Arc;

use crate::forward::{forward_session_store, forward_subject_index};
use crate::{SessionStore, SubjectIndex};

/// The store that is shared.
impl<S: SessionStore> SessionStore for Arc<S> {
    forward_session_store!(self => (**self));
}

impl<S: SubjectIndex> SubjectIndex for Arc<S> {
    forward_subject_index!(self => (**self));
}
