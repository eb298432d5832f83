//! See `cloakroom_fuzz::cookie_date`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cloakroom_fuzz::cookie_date(data));

#[cfg(not(fuzzing))]
fn main() {}
