#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod caught;
mod history;
mod ok;
mod orders;
mod race;
mod random;
mod task;
mod time;
mod unique;

/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures here.
pub use cloakroom_core;

pub use caught::fails;
pub use history::History;
pub use ok::ok;
pub use orders::ORDERS;
pub use race::{race, together};
pub use random::Random;
pub use task::{Task, task};
pub use time::{DAY, HOUR, MINUTE, NOW, SECOND, after, at};
pub use unique::unique;
