//! Placeholder: the store in memory.
/// How much a store in memory takes.
#[derive(Debug)]
pub struct MemoryLimits;
/// Sessions in this process's memory.
#[derive(Debug)]
pub struct MemoryStore;
