//! See `cloakroom_fuzz::verify`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::verify(data));

#[cfg(not(fuzzing))]
fn main() {}
