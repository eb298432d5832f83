use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cloakroom_core::Tick;

/// Wrong passwords that one name may collect inside [`WINDOW`].
const PER_NAME: u32 = 10;
/// How long they count, from the first one on.
const WINDOW: Duration = Duration::from_mins(5);
/// Names remembered at once, so that a flood of names costs at most about a megabyte.
const NAMES: usize = 10_000;

/// Counts log-in attempts by user name, in memory alone: a restart forgets them.
///
/// An attempt is counted before its password is looked at, so that parallel guesses count too, and a right password
/// clears the count. Unknown names are counted like known ones, so the answer does not tell which is which. Somebody
/// who wants to can keep another person out for one window; a real service adds the client's address to the key.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    by_name: Mutex<HashMap<String, Count>>,
}

#[derive(Debug)]
struct Count {
    first: Tick,
    made: u32,
}

impl Attempts {
    /// Counts an attempt on `name`; refuses it, saying for how long, when there were too many.
    pub(crate) fn begin<'a>(&'a self, name: &'a str, now: Tick) -> Result<Attempt<'a>, TooMany> {
        self.add(name, now)?;
        Ok(Attempt {
            attempts: self,
            name,
            counts: false,
        })
    }

    fn add(&self, name: &str, now: Tick) -> Result<(), TooMany> {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_name.get_mut(name) {
            let age = now.saturating_duration_since(count.first);
            if age < WINDOW {
                if count.made >= PER_NAME {
                    return Err(TooMany {
                        retry_after: WINDOW.saturating_sub(age),
                    });
                }
                count.made += 1;
                return Ok(());
            }
            by_name.remove(name);
        }
        if by_name.len() >= NAMES {
            by_name.retain(|_, count| now.saturating_duration_since(count.first) < WINDOW);
        }
        if by_name.len() >= NAMES {
            // Full of live counts: refusing is the answer that gives a flood nothing.
            return Err(TooMany { retry_after: WINDOW });
        }
        by_name.insert(name.to_owned(), Count { first: now, made: 1 });
        Ok(())
    }

    fn give_back(&self, name: &str) {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_name.get_mut(name) {
            count.made -= 1;
            if count.made == 0 {
                by_name.remove(name);
            }
        }
    }

    /// The password was right: the name starts over.
    pub(crate) fn clear(&self, name: &str) {
        self.by_name
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }
}

/// An attempt that has come to no password yet. Dropped like this it is given back, be it because whoever made it hung up.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    name: &'a str,
    counts: bool,
}

impl Attempt<'_> {
    /// Its password is being looked at.
    pub(crate) fn count(mut self) {
        self.counts = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.counts {
            self.attempts.give_back(self.name);
        }
    }
}

/// Too many attempts on one name, or attempts on too many names.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts")]
pub(crate) struct TooMany {
    pub(crate) retry_after: Duration,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cloakroom_core::Tick;

    use super::{Attempt, Attempts, NAMES, PER_NAME, TooMany, WINDOW};

    const START: Tick = Tick::from_millis(7);

    /// An attempt whose password is looked at.
    fn attempt(attempts: &Attempts, name: &str, now: Tick) -> Result<(), TooMany> {
        attempts.begin(name, now).map(Attempt::count)
    }

    #[test]
    fn the_eleventh_attempt_waits_for_the_window_to_end() {
        let attempts = Attempts::default();
        for _ in 0..PER_NAME {
            assert_eq!(attempt(&attempts, "ada", START), Ok(()));
        }
        let almost = START
            .checked_add(WINDOW)
            .and_then(|end| Tick::from_millis(end.as_millis() - 1).checked_add(Duration::ZERO))
            .unwrap();
        assert_eq!(
            attempt(&attempts, "ada", START),
            Err(TooMany { retry_after: WINDOW })
        );
        assert_eq!(
            attempt(&attempts, "ada", almost),
            Err(TooMany {
                retry_after: Duration::from_millis(1)
            })
        );
        assert_eq!(
            attempt(&attempts, "bob", START),
            Ok(()),
            "another name is another count"
        );
        assert_eq!(
            attempt(&attempts, "ada", START.checked_add(WINDOW).unwrap()),
            Ok(())
        );
    }

    #[test]
    fn a_right_password_starts_over() {
        let attempts = Attempts::default();
        for _ in 0..PER_NAME {
            attempt(&attempts, "ada", START).unwrap();
        }
        attempts.clear("ada");
        assert_eq!(attempt(&attempts, "ada", START), Ok(()));
    }

    #[test]
    fn an_attempt_that_came_to_no_password_does_not_count() {
        let attempts = Attempts::default();
        drop(attempts.begin("ada", START).unwrap());
        assert!(attempts.by_name.lock().unwrap().is_empty());
        for _ in 1..PER_NAME {
            attempt(&attempts, "ada", START).unwrap();
        }
        for _ in 0..3 {
            let waiting = attempts.begin("ada", START).unwrap();
            assert_eq!(
                attempt(&attempts, "ada", START),
                Err(TooMany { retry_after: WINDOW })
            );
            drop(waiting);
        }
        assert_eq!(attempt(&attempts, "ada", START), Ok(()));
        assert_eq!(
            attempt(&attempts, "ada", START),
            Err(TooMany { retry_after: WINDOW })
        );
    }

    #[test]
    fn an_attempt_that_is_given_back_after_a_right_password_leaves_nothing() {
        let attempts = Attempts::default();
        let waiting = attempts.begin("ada", START).unwrap();
        attempts.clear("ada");
        drop(waiting);
        assert!(attempts.by_name.lock().unwrap().is_empty());
    }

    #[test]
    fn a_flood_of_names_is_bounded_and_ends_with_its_window() {
        let attempts = Attempts::default();
        for name in 0..NAMES {
            attempt(&attempts, &name.to_string(), START).unwrap();
        }
        assert_eq!(
            attempt(&attempts, "ada", START),
            Err(TooMany { retry_after: WINDOW })
        );
        assert_eq!(
            attempt(&attempts, "0", START),
            Ok(()),
            "a name with a count keeps its own"
        );
        assert_eq!(
            attempt(&attempts, "ada", START.checked_add(WINDOW).unwrap()),
            Ok(())
        );
        assert_eq!(attempts.by_name.lock().unwrap().len(), 1);
    }
}
