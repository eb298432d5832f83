//! `PostgresRevocationStore`.

mod commits;
mod hint;
mod hostile;
mod kit;
mod plans;
mod restored;
mod round_trips;
mod settled;
mod steps;
mod together;
