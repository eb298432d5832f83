//! `RedisSessionStore` against a real server: the kit that every store must pass, and what it promises beyond.

mod cost;
mod crash;
mod faults;
mod kit;
mod open;
mod place;
mod raw;
mod replicas;
mod scripts;
