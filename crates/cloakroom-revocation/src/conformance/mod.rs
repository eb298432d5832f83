//! The cases that every store of revocations must pass, to be run by anyone who writes one.
//!
//! ```
//! # mod hidden { // A macro that makes test functions shows nothing in an example.
//! use cloakroom_revocation::MemoryRevocationStore;
//! use cloakroom_revocation::cloakroom_core::UnixTime;
//!
//! cloakroom_revocation::conformance_tests! { |fleet| MemoryRevocationStore::new(fleet, UnixTime::now) }
//! # }
//! ```
//!
//! The expression stands in an async function, so it may `.await`, and it is evaluated once a case: each must find a
//! store of its own, empty, and of the fleet that it is given. It gives a store with its feed, or a pair of one and of
//! something to be kept until the end of the case, such as a temporary directory. The crate that uses the macro needs
//! `tokio` among its own `dev-dependencies`, with the features `macros` and `rt-multi-thread`.
//!
//! The clock of the operations is fake: their time is an argument, about 2100-01-01, and about 2020-01-01 where something is
//! purged. What answers carry as the store's own time is real, and this machine's. So the fake time is what cut-offs count
//! by, and purges; some cases have it the other way round.
//!
//! Whoever writes a store finds here what the traits leave open:
//!
//! - An entry is live while `keep_until + max_skew > now`, by the caller's clock. What is not live is not counted, and stays until it is purged.
//! - A denial is new when there is no live entry of its id. Only a new one becomes a cut-off, and then even in the place
//!   of an entry that is not live.
//! - A cap counts live denials and live cut-offs of subjects, and not that of everything.
//! - Purging is no step.
//! - The first step has the position 1. One operation after the other, each step has one entry.

#![allow(
    clippy::missing_panics_doc,
    reason = "a case that fails panics, and cannot without failing"
)]

mod check;
mod cutoffs;
mod deny;
mod feed;
pub mod fixture;
mod limits;
mod model;
mod names;
mod prepared;
mod purge;
mod races;
mod sequences;
mod settled;

pub use cutoffs::*;
pub use deny::*;
pub use feed::*;
pub use limits::*;
pub use names::*;
pub use prepared::{Prepared, Revocations};
pub use purge::*;
pub use races::*;
pub use sequences::*;
pub use settled::*;

/// One test for each case of the [kit](crate::conformance), on the stores that the expression gives for a fleet.
#[macro_export]
macro_rules! conformance_tests {
    (|$fleet:ident| $store:expr $(,)?) => {
        $crate::conformance_tests! { @ ($fleet, FLEET, $store)
            f6_a_cut_off_lies_the_skew_ahead_and_never_goes_back,
            f6_a_denial_holds_until_it_is_purged,
            f6_a_purge_counts_by_the_earlier_clock,
            f6_a_denial_is_kept_until_the_end_or_the_greatest_age,
            f6_a_denial_keeps_the_later_time,
            f6_a_purge_respects_its_batch,
            f6_a_denial_is_dropped_only_after_its_time_and_the_skew,
            f6_parallel_denials_of_one_subject_are_counted,
            f6_parallel_repetitions_are_one_step,
            f6_purgers_side_by_side_count_each_entry_once,
            f6_the_65th_denial_becomes_a_cut_off,
            f6_the_cut_off_in_place_of_a_denial_covers_the_credential,
            f6_the_cut_off_of_everything_covers_everybody,
            f6_what_is_prolonged_is_not_purged,
            f7_a_bootstrap_shows_everything,
            f7_a_bootstrap_beside_writers_misses_nothing,
            f7_a_poll_brings_what_came_after_its_cursor,
            f7_each_change_is_one_step_and_nothing_else_is,
            f7_time_is_the_stores_own,
            f10_a_reader_that_polls_all_the_time_sees_every_step,
            f10_cut_offs_beside_each_other_reach_a_reader,
            f11_a_cursor_of_another_feed_reloads,
            f11_a_purge_leaves_the_newest_steps,
            f13_a_cut_off_counts_by_the_later_clock,
            f14_issuers_and_names_are_kept_apart,
            f14_what_a_credential_lacks_is_not_looked_for,
            f15_a_cut_off_is_dropped_only_after_the_greatest_age,
            f19_a_settled_look_up_lacks_no_cut_off_from_before_its_time,
            model_and_store_agree_on_any_sequence,
            model_and_store_agree_on_any_sequence_in_the_past,
            names_of_any_text_come_back,
            names_that_cannot_be_are_unsupported,
        }
        $crate::conformance_tests! { @ ($fleet, BRIEF, $store)
            f15_a_cut_off_is_dropped_by_the_stores_clock,
        }
        $crate::conformance_tests! { @ ($fleet, SMALL, $store)
            f6_a_full_store_cuts_off,
            f6_parallel_denials_do_not_pass_the_cap,
            model_and_full_store_agree_on_any_sequence,
        }
    };
    (@ ($fleet:ident, $given:ident, $store:expr) $($case:ident,)*) => { $(
        #[::tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $case() {
            let $fleet = $crate::conformance::fixture::$given;
            let (store, _kept) = $crate::conformance::Prepared::prepared($store);
            $crate::conformance::$case(store).await;
        }
    )* };
}
