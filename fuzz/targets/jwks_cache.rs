//! See `cloakroom_fuzz::jwks_cache`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::jwks_cache(data));

#[cfg(not(fuzzing))]
fn main() {}
