//! See `cloakroom_fuzz::open`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::open(data));

#[cfg(not(fuzzing))]
fn main() {}
