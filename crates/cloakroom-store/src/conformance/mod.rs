//! The cases that every store must pass, to be run by anyone who writes one.
//!
//! ```
//! # mod hidden { // A macro that makes test functions shows nothing in an example.
//! cloakroom_store::conformance_tests! { cloakroom_store::conformance::Model::new() }
//! # }
//! ```
//!
//! The expression stands in an async function, so it may `.await`, and it is evaluated once a case: each must find a
//! store of its own, and empty. It gives a [`SubjectIndex`](crate::SubjectIndex), or a pair of one and of something to
//! be kept until the end of the case, such as a temporary directory. The crate that uses the macro needs `tokio` among
//! its own `dev-dependencies`, with the features `macros` and `rt-multi-thread`.
//!
//! The clock is fake: the time is an argument of each operation, about 2026-01-01. A store that leaves rows to a
//! server's own clock (a time to live) has to count from the `now` it is given.

#![allow(
    clippy::missing_panics_doc,
    reason = "a case that fails panics, and the drafts of cases cannot"
)]

mod check;
mod create;
mod deadlines;
mod delete;
mod faulty;
pub mod fixture;
mod model;
mod prepared;
mod rotate;
mod touch;
mod update;

pub use create::*;
pub use deadlines::*;
pub use delete::*;
pub use faulty::{Fault, Faulty, Operation, Pause};
pub use model::Model;
pub use prepared::Prepared;
pub use rotate::*;
pub use touch::*;
pub use update::*;

/// One test for each case of the [kit](crate::conformance), on the stores that the expression gives.
#[macro_export]
macro_rules! conformance_tests {
    ($store:expr $(,)?) => {
        $crate::conformance_tests! { @ ($store)
            d1_a_late_write_does_not_bring_a_deleted_session_back,
            d1_no_write_beside_a_deletion_brings_the_session_back,
            d1_one_of_parallel_deletions_did_it,
            d2_of_64_parallel_rotations_one_wins,
            d4_an_update_never_creates,
            d4_an_update_replaces_the_version_it_names,
            d4_parallel_increments_add_up,
            d5_an_ended_row_still_exists_until_it_is_purged,
            d5_an_existing_row_is_left_as_it_is,
            d5_of_64_parallel_creations_one_wins,
            d6_a_list_ends_at_the_deadline,
            d6_a_load_ends_at_the_deadline,
            d6_a_rotation_ends_at_the_deadline,
            d6_a_touch_ends_at_the_deadline,
            d6_an_update_ends_at_the_deadline,
            d6_continuous_use_ends_at_the_absolute_deadline,
            d7_a_touch_moves_the_idle_deadline_only_forward,
            d7_a_touch_never_creates,
            d7_a_touch_never_disturbs_an_update,
            d20_a_subject_deletes_only_its_own,
            rotate_by_a_stale_verifier_changes_nothing,
            rotate_keeps_the_verifier_before_it,
            rotate_never_creates,
            rotate_refuses_an_authentication_of_a_visitor,
            rotate_swaps_data_with_the_verifier,
            rotate_takes_a_fresh_authentication,
        }
    };
    (@ ($store:expr) $($case:ident,)*) => { $(
        #[::tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $case() {
            let (store, _kept) = $crate::conformance::Prepared::prepared($store);
            $crate::conformance::$case(store).await;
        }
    )* };
}
