/// The store of one kind that was opened: in memory or in one of three databases. A clone is the same store.
#[derive(Clone, Debug)]
pub(crate) enum AnyStore<M, S, P, R> {
    Memory(M),
    Sqlite(S),
    Postgres(P),
    Redis(R),
}

/// Asks the one that it is.
macro_rules! each {
    ($any:expr, $store:ident => $answer:expr) => {
        match $any {
            Self::Memory($store) => $answer,
            Self::Sqlite($store) => $answer,
            Self::Postgres($store) => $answer,
            Self::Redis($store) => $answer,
        }
    };
}

pub(crate) use each;
