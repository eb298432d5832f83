//! `RedisRevocationStore`: the kit that every store must pass, and what it promises beyond.

mod cost;
mod faults;
mod hints;
mod kit;
mod place;
mod raw;
mod reload;
