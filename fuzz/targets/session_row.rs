//! See `cloakroom_fuzz::session_row`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::session_row(data));

#[cfg(not(fuzzing))]
fn main() {}
