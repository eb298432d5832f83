//! See `cloakroom_fuzz::csrf_decision`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::csrf_decision(data));

#[cfg(not(fuzzing))]
fn main() {}
