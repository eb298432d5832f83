//! See `cloakroom_fuzz::introspection_request`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::introspection_request(data));

#[cfg(not(fuzzing))]
fn main() {}
