#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod node;
mod ready;
mod report;
mod settings;
mod world;

pub use report::Report;
pub use settings::Settings;
pub use world::simulate;
