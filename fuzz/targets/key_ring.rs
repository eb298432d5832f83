//! See `cloakroom_fuzz::key_ring`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::key_ring(data));

#[cfg(not(fuzzing))]
fn main() {}
