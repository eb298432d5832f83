//! See `cloakroom_fuzz::refresh_token`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::refresh_token(data));

#[cfg(not(fuzzing))]
fn main() {}
