//! The cases that sessions must pass on every store.
