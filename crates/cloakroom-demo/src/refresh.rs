use std::sync::{Arc, PoisonError, RwLock};

use cloakroom_keyring::KeyRing;
use cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_token::{InvalidSettings, RefreshSettings, RefreshTokens};

use crate::token_store::AnyTokenStore;

/// Refresh tokens under the key ring that is in force.
#[derive(Debug)]
pub(crate) struct Refresh {
    store: AnyTokenStore,
    index: IndexSecret,
    current: RwLock<Arc<RefreshTokens<AnyTokenStore>>>,
}

impl Refresh {
    pub(crate) fn new(
        store: AnyTokenStore,
        ring: &KeyRing,
        index: IndexSecret,
    ) -> Result<Self, InvalidSettings> {
        let current = RwLock::new(tokens(&store, ring, &index)?);
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
}

fn tokens(
    store: &AnyTokenStore,
    ring: &KeyRing,
    index: &IndexSecret,
) -> Result<Arc<RefreshTokens<AnyTokenStore>>, InvalidSettings> {
    let tokens = RefreshTokens::new(store.clone(), ring, RefreshSettings::default(), index.clone())?;
    Ok(Arc::new(tokens))
}
