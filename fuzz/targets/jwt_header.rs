//! See `cloakroom_fuzz::jwt_header`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::jwt_header(data));

#[cfg(not(fuzzing))]
fn main() {}
