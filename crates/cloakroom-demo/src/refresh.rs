use std::sync::{Arc, PoisonError, RwLock};

use cloakroom_keyring::KeyRing;
use cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_token::{Client, InvalidSettings, RefreshSettings, RefreshTokens};

use crate::token_store::AnyTokenStore;

/// Refresh tokens under the key ring that is in force. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    store: AnyTokenStore,
    index: IndexSecret,
    current: Arc<RwLock<Arc<RefreshTokens<AnyTokenStore>>>>,
}

impl Refresh {
    pub(crate) fn new(
        store: AnyTokenStore,
        ring: &KeyRing,
        index: IndexSecret,
    ) -> Result<Self, InvalidSettings> {
        let current = Arc::new(RwLock::new(tokens(&store, ring, &index)?));
        Ok(Self {
            store,
            index,
            current,
        })
    }

    /// What issues, rotates and ends them, for one request.
    pub(crate) fn tokens(&self) -> Arc<RefreshTokens<AnyTokenStore>> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the keys of `ring` from the next request on.
    pub(crate) fn replace(&self, ring: &KeyRing) -> Result<(), InvalidSettings> {
        let tokens = tokens(&self.store, ring, &self.index)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = tokens;
        Ok(())
    }

    /// Who is given them (RFC 6749 section 2.2): the program in the page `/app`.
    pub(crate) fn client() -> Client {
        Client::new("app").expect("three letters are a client's id")
    }
}

fn tokens(
    store: &AnyTokenStore,
    ring: &KeyRing,
    index: &IndexSecret,
) -> Result<Arc<RefreshTokens<AnyTokenStore>>, InvalidSettings> {
    let tokens = RefreshTokens::new(store.clone(), ring, RefreshSettings::default(), index.clone())?;
    Ok(Arc::new(tokens))
}
