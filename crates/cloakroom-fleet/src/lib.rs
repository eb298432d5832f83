#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts and milliseconds of a simulation are far below 2^52"
)]

mod clock;
mod node;
mod ready;
mod report;
mod settings;
mod world;

pub use report::Report;
pub use settings::Settings;
pub use world::simulate;
