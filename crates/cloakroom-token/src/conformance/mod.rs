//! The cases that every store of tokens must pass, to be run by anyone who writes one.
//!
//! ```
//! # mod hidden { // A macro that makes test functions shows nothing in an example.
//! cloakroom_token::conformance_tests! { cloakroom_token::MemoryTokenStore::new() }
//! # }
//! ```
//!
//! The expression stands in an async function, so it may `.await`, and it is evaluated once a case: each must find a
//! store of its own, and empty. It gives something [`Tested`]: a store, and beside it a way to write the generation of a
//! row, which no operation of a store does. The crate that uses the macro needs `tokio` among its own `dev-dependencies`,
//! with the features `macros` and `rt-multi-thread`.
//!
//! The clock is fake: the time is an argument of each operation, about 2026-01-01. A store that leaves rows to a
//! server's own clock (a time to live) has to count from the `now` it is given.
//!
//! Where two refusals of a creation are true at once, `Exists` and `Refused`, a store may answer either.

#![allow(
    clippy::missing_panics_doc,
    reason = "a case that fails panics, and the values of cases cannot"
)]

mod check;
mod create;
mod cutoffs;
mod deadlines;
mod end;
pub mod fixture;
mod generations;
mod model;
mod races;
mod rotate;
mod sequences;
mod step;
mod tested;

pub use create::*;
pub use cutoffs::*;
pub use deadlines::*;
pub use end::*;
pub use generations::*;
pub use model::Model;
pub use races::*;
pub use rotate::*;
pub use sequences::*;
pub use tested::Tested;

/// One test for each case of the [kit](crate::conformance), on the stores that the expression gives.
#[macro_export]
macro_rules! conformance_tests {
    ($store:expr $(,)?) => {
        $crate::conformance_tests! { @ ($store)
            create_keeps_all_of_a_family,
            create_keeps_all_of_an_access_token,
            create_leaves_an_existing_access_token_as_it_is,
            create_leaves_an_existing_family_as_it_is,
            create_of_64_side_by_side_is_done_once,
            create_of_a_family_of_another_tag_fails,
            create_of_too_much_data_is_too_large,
            f1_of_64_parallel_rotations_one_is_done_and_63_retry,
            f2_a_rotation_begins_a_new_grace,
            f2_any_older_token_is_reuse_even_inside_grace,
            f2_reuse_beside_rotations_ends_the_family,
            f2_the_newest_token_rotates,
            f2_the_token_before_is_a_retry_inside_grace,
            f2_the_token_before_is_reuse_past_grace,
            f2_the_token_two_before_is_late_inside_grace,
            f3_a_family_is_ended_by_its_own_client_and_secret,
            f3_a_subject_ends_only_its_own_families,
            f3_an_expired_family_can_be_ended,
            f3_an_unknown_family_is_gone,
            f3_another_client_rotates_and_ends_nothing,
            f3_wrong_tokens_beside_a_rotation_end_nothing,
            f4_a_creation_at_or_before_the_cut_off_is_refused,
            f4_a_cut_off_of_a_subject_only_moves_forward,
            f4_a_purge_keeps_the_cut_offs,
            f4_access_tokens_end_with_their_family,
            f4_an_end_beside_rotations_wins,
            f4_both_cut_offs_count,
            f4_one_of_parallel_ends_did_it,
            f4_revoke_all_beside_creations_and_rotations_wins,
            f4_revoke_all_ends_what_is_earlier,
            f4_revoking_a_subject_beside_creations_and_rotations_wins,
            f4_revoking_a_subject_ends_all_it_has,
            f5_a_family_ends_at_its_idle_deadline,
            f5_a_grace_of_nothing_is_none,
            f5_an_access_token_ends_at_its_end,
            f5_an_access_token_ends_with_its_family_s_deadline,
            f5_an_ended_family_exists_until_it_is_purged,
            f5_continuous_use_ends_at_the_absolute_deadline,
            f17_a_wrong_secret_is_refused_and_ends_nothing,
            f18_a_token_above_the_newest_is_ahead,
            f18_an_unbound_family_ignores_a_key,
            f18_generation_2_pow_31_rotates_like_any_other,
            f18_reuse_is_found_at_the_last_generation,
            f18_the_bound_key_is_asked_for_on_rotation_and_retry,
            f18_the_last_generation_ends_the_family,
            f20_an_access_token_is_ended_by_its_own_client,
            list_shows_what_is_live_in_parts,
            model_and_store_agree_on_any_sequence,
            model_and_store_agree_on_operations_side_by_side,
            purge_deletes_what_is_not_live,
            purge_side_by_side_counts_each_row_once,
        }
    };
    (@ ($store:expr) $($case:ident,)*) => { $(
        #[::tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $case() {
            $crate::conformance::$case($store).await;
        }
    )* };
}
