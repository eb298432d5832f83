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

mod cancel;
mod check;
mod create;
mod cutoffs;
mod deadlines;
mod delete;
mod faulty;
pub mod fixture;
mod loads;
mod model;
mod payloads;
mod prepared;
mod purge;
mod rotate;
mod sequences;
mod step;
mod subjects;
mod touch;
mod update;

pub use cancel::*;
pub use create::*;
pub use cutoffs::*;
pub use deadlines::*;
pub use delete::*;
pub use faulty::{Fault, Faulty, Operation, Pause};
pub use loads::*;
pub use model::Model;
pub use payloads::*;
pub use prepared::Prepared;
pub use purge::*;
pub use rotate::*;
pub use sequences::*;
pub use subjects::*;
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
            d4_updates_and_rotations_side_by_side_are_all_kept,
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
            d9_a_list_in_parts_shows_what_stays,
            d9_a_list_shows_what_is_live_now,
            d9_a_spared_session_keeps_what_is_written_beside,
            d9_an_exception_keeps_exactly_one,
            d9_an_exception_of_somebody_else_is_none,
            d9_ended_sessions_are_not_counted,
            d9_no_creation_survives_a_deletion_beside_it,
            d9_no_write_survives_a_deletion_beside_it,
            d9_similar_subjects_are_kept_apart,
            d9_ten_thousand_sessions_of_one_subject,
            d10_a_purge_deletes_what_is_cut_off,
            d10_a_purge_goes_by_the_deadline_of_now,
            d10_a_purge_respects_its_batch,
            d10_purgers_side_by_side_do_not_fight,
            d16_a_dropped_creation_is_done_or_not,
            d16_a_dropped_deletion_by_subject_is_done_or_not,
            d16_a_dropped_deletion_is_done_or_not,
            d16_a_dropped_load_harms_no_load_beside_it,
            d16_a_dropped_purge_leaves_the_rest,
            d16_a_dropped_read_changes_nothing,
            d16_a_dropped_revocation_can_be_repeated,
            d16_a_dropped_rotation_is_done_or_not,
            d16_a_dropped_touch_is_done_or_not,
            d16_a_dropped_update_is_done_or_not,
            d20_a_subject_deletes_only_its_own,
            d22_a_creation_at_or_before_the_cut_off_is_refused,
            d22_a_rotation_at_or_before_the_cut_off_is_refused,
            d22_nothing_live_is_as_old_as_the_cut_off,
            d24_a_spared_session_ends_with_the_others,
            d24_an_exception_does_not_bring_an_ended_session_back,
            d24_both_cut_offs_count,
            d24_no_creation_survives_a_revocation_beside_it,
            d24_revoke_all_ends_what_is_earlier,
            d24_revoke_all_only_moves_forward,
            loads_at_once_answer_what_loads_do,
            loads_show_what_was_answered_before_them,
            loads_side_by_side_each_get_their_own,
            model_and_store_agree_on_any_sequence,
            model_and_store_agree_on_operations_side_by_side,
            payload_beyond_the_greatest_is_too_large,
            payload_of_all_bytes_comes_back,
            payload_of_any_size_comes_back,
            rotate_by_a_stale_verifier_changes_nothing,
            rotate_keeps_the_verifier_before_it,
            rotate_never_creates,
            rotate_refuses_an_authentication_of_a_visitor,
            rotate_swaps_data_with_the_verifier,
            rotate_takes_a_fresh_authentication,
            rotate_without_authentication_extends_nothing,
            times_are_kept_exactly_or_refused,
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
