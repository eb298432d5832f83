use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloakroom_core::Tick;
use cloakroom_store::cloakroom_id::Selector;
use zeroize::Zeroizing;

/// How long a stolen token is kept.
const LIFE: Duration = Duration::from_mins(1);
/// Thieves at once.
const MOST: usize = 100;

/// What the thieves hold that this server plays: the newest token of each family that was robbed, for a minute, in memory
/// alone. An application keeps no refresh token at all.
#[derive(Debug, Default)]
pub(crate) struct Loot(Mutex<HashMap<Selector, Stolen>>);

/// A refresh token in a thief's hands.
pub(crate) struct Stolen {
    pub(crate) token: Zeroizing<String>,
    pub(crate) generation: u64,
    at: Tick,
}

impl Loot {
    /// Keeps a token in the place of an older one of its family, and of the oldest of all when there are too many.
    pub(crate) fn keep(&self, family: Selector, token: Zeroizing<String>, generation: u64, now: Tick) {
        let mut held = self.fresh(now);
        if held.len() >= MOST {
            let oldest = held
                .iter()
                .min_by_key(|(_, stolen)| stolen.at)
                .map(|(family, _)| *family);
            oldest.map(|oldest| held.remove(&oldest));
        }
        let at = now;
        held.insert(
            family,
            Stolen {
                token,
                generation,
                at,
            },
        );
    }

    /// Takes the token of a family out.
    pub(crate) fn take(&self, family: &Selector, now: Tick) -> Option<Stolen> {
        self.fresh(now).remove(family)
    }

    /// Without what has lain here for too long.
    fn fresh(&self, now: Tick) -> MutexGuard<'_, HashMap<Selector, Stolen>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, stolen| now.saturating_duration_since(stolen.at) < LIFE);
        held
    }
}

/// Prints nothing of the token.
impl std::fmt::Debug for Stolen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stolen")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_core::Tick;
    use cloakroom_store::cloakroom_id::Selector;
    use zeroize::Zeroizing;

    use super::{Loot, MOST};

    fn family(number: usize) -> Selector {
        Selector::from_bytes((number as u128).to_be_bytes())
    }

    fn keep(loot: &Loot, number: usize, generation: u64, at: u64) {
        let token = Zeroizing::new(format!("token {number}"));
        loot.keep(family(number), token, generation, Tick::from_millis(at));
    }

    fn take(loot: &Loot, number: usize, at: u64) -> Option<(String, u64)> {
        let stolen = loot.take(&family(number), Tick::from_millis(at))?;
        Some((stolen.token.to_string(), stolen.generation))
    }

    #[test]
    fn a_token_is_taken_once_and_within_a_minute() {
        let loot = Loot::default();
        keep(&loot, 1, 3, 0);
        keep(&loot, 1, 6, 1000);
        keep(&loot, 2, 9, 2000);
        assert_eq!(take(&loot, 3, 2000), None);
        assert_eq!(take(&loot, 1, 60_999), Some(("token 1".to_owned(), 6)));
        assert_eq!(take(&loot, 1, 60_999), None);
        assert_eq!(take(&loot, 2, 62_000), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let loot = Loot::default();
        for number in 0..=MOST {
            keep(&loot, number, 0, number as u64);
        }
        assert_eq!(take(&loot, 0, 200), None);
        assert!(take(&loot, 1, 200).is_some() && take(&loot, MOST, 200).is_some());
    }
}
