//! See `cloakroom_fuzz::jwk`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::jwk(data));

#[cfg(not(fuzzing))]
fn main() {}
