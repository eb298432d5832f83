//! See `cloakroom_fuzz::revocation_feed`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::revocation_feed(data));

#[cfg(not(fuzzing))]
fn main() {}
