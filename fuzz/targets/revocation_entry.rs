//! See `cloakroom_fuzz::revocation_entry`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::revocation_entry(data));

#[cfg(not(fuzzing))]
fn main() {}
