//! Placeholder: the boxing store.
/// A store behind one pointer.
#[derive(Debug)]
pub struct DynSessionStore;
