//! `PostgresTokenStore`.

mod hostile;
mod interleaved;
mod kit;
mod migrate;
mod plans;
mod raw;
mod round_trips;
