//! The cases that sessions must pass on every store, to be run by anyone who writes one. They stand on
//! [`cloakroom_store::conformance`], whose own cases a store passes first.
//!
//! ```
//! # mod hidden { // A macro that makes test functions shows nothing in an example.
//! cloakroom_session::conformance_tests! { cloakroom_session::cloakroom_store::MemoryStore::new() }
//! # }
//! ```
//!
//! The expression is evaluated once a case, in an async function, and gives an empty
//! [`SubjectIndex`](cloakroom_store::SubjectIndex), or a pair of one and of something to be kept until the end of the case.
//! The crate that uses the macro needs `tokio` among its `dev-dependencies`, with the features `macros` and
//! `rt-multi-thread`.

#![allow(
    clippy::missing_panics_doc,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    reason = "a case that fails panics"
)]

mod asvs;
mod desk;
mod ending;
mod faults;
mod login;
mod merging;
mod renewal;
mod schedules;
mod time;
mod tokens;
mod trips;

pub use asvs::*;
pub use ending::*;
pub use faults::*;
pub use login::*;
pub use merging::*;
pub use renewal::*;
pub use schedules::*;
pub use time::*;
pub use tokens::*;
pub use trips::*;

#[doc(hidden)]
pub use cloakroom_store::conformance::Prepared;

/// One test for each case of the [kit](crate::conformance), on the stores that the expression gives.
#[macro_export]
macro_rules! conformance_tests {
    ($store:expr $(,)?) => {
        $crate::conformance_tests! { @ ($store)
            a6_of_several_tokens_the_one_that_opens_a_session_counts,
            d1_a_late_write_beside_a_logout_is_dropped,
            d1_a_late_write_beside_a_revocation_is_dropped,
            d1_a_write_on_its_way_during_a_logout_is_dropped,
            d1_no_order_of_operations_brings_a_session_back,
            d1_nothing_that_races_with_a_logout_brings_the_session_back,
            d2_a_late_tab_is_served_in_the_grace_and_gets_no_cookie,
            d2_of_parallel_renewals_one_wins,
            d2_there_is_no_grace_after_an_authentication,
            d3_a_renewal_that_is_dropped_leaves_a_session,
            d3_a_store_that_fails_in_a_renewal_costs_no_session,
            d3_a_store_that_fails_in_an_authentication_costs_no_session,
            d3_no_order_of_operations_loses_a_session,
            d3_no_renewal_without_a_success,
            d4_a_change_is_replayed_three_times,
            d4_each_change_is_applied_to_what_is_stored,
            d4_handles_of_one_request_add_up,
            d4_no_order_of_operations_loses_an_increment,
            d4_no_change_is_replayed_upon_another_authentication,
            d4_parallel_increments_add_up,
            d6_a_persistent_session_has_its_own_deadlines,
            d6_a_session_ends_at_its_deadline,
            d6_a_session_that_ends_during_a_request_is_not_written,
            d6_continuous_use_ends_at_the_absolute_deadline,
            d7_a_failed_touch_fails_no_request,
            d7_a_thousand_requests_cost_one_write_a_window,
            d7_of_parallel_requests_one_touches,
            d8_a_record_holds_neither_token_nor_verifier,
            d11_a_payload_that_cannot_be_read_is_corrupt,
            d11_a_store_that_does_not_answer_times_out,
            d11_each_failing_operation_fails_the_commit,
            d11_no_failure_of_the_store_makes_a_request_anonymous,
            d13_a_token_that_opens_nothing_removes_nothing,
            d14_every_login_and_authentication_has_a_new_token,
            d15_a_device_is_told_by_its_client,
            d15_a_login_too_many_ends_the_one_unused_for_longest,
            d15_asvs_7_3_1_inactivity_ends_a_session,
            d15_asvs_7_3_2_a_session_has_a_greatest_lifetime,
            d15_asvs_7_4_1_an_ended_session_is_of_no_use,
            d15_asvs_7_4_2_a_disabled_account_has_no_sessions,
            d15_asvs_7_4_3_a_changed_password_ends_the_other_sessions,
            d15_asvs_7_4_5_an_administrator_ends_sessions,
            d15_asvs_7_5_1_sensitive_changes_ask_for_a_recent_authentication,
            d15_asvs_7_5_2_users_see_and_end_their_sessions,
            d16_a_dropped_authentication_leaves_the_session,
            d16_a_dropped_change_is_stored_or_not,
            d16_a_dropped_end_of_others_takes_place,
            d16_a_dropped_login_leaves_a_session,
            d16_a_dropped_logout_takes_place,
            d17_a_planted_token_never_opens_the_session_of_the_login,
            d17_a_planted_token_that_outlives_the_login_opens_a_visitors_session,
            d17_no_schedule_lets_a_visitors_write_into_the_login,
            d18_a_login_as_another_subject_leaves_nothing_of_the_first,
            d18_a_login_takes_what_is_carried_over_and_nothing_else,
            d18_an_unknown_selector_is_never_adopted,
            d19_a_login_that_does_not_succeed_gives_nothing,
            d19_a_logout_takes_place_in_any_case,
            d19_after_a_logout_everything_is_new,
            d19_nothing_is_changed_after_the_commit,
            d19_the_end_of_other_sessions_takes_place_in_any_case,
            d19_values_are_dropped_with_a_handler_that_does_not_answer,
            d20_a_selector_of_another_subject_ends_nothing,
            d21_wrong_verifiers_change_nothing,
            d22_a_login_is_refused_when_all_sessions_end_before_it_is_done,
            d22_no_login_slips_past_the_end_of_all_sessions,
            d23_a_bearer_is_handed_its_token_once_and_no_cookie,
            d24_after_revoke_all_nothing_earlier_opens,
            trips_are_as_few_as_promised,
            trips_of_visitors_are_none_until_they_write,
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
