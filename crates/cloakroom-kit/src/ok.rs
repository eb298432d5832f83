use std::fmt::Debug;

/// The answer of an operation that has no reason to fail.
///
/// # Panics
///
/// When it failed.
#[track_caller]
pub fn ok<T>(answer: Result<T, impl Debug>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(error) => panic!("the store failed: {error:?}"),
    }
}
