//! For each mistake the case that is there for it fails.

use cloakroom_store::conformance;

use crate::mistake::Mistake;
use crate::mistake::Mistake::*;
use crate::wrong::Wrong;

mod right {
    use crate::mistake::Mistake;
    use crate::wrong::Wrong;

    cloakroom_store::conformance_tests! { Wrong::new(Mistake::None) }
}

/// Whether the case fails on a store with that mistake.
fn fails<F: Future<Output = ()>>(case: impl FnOnce(Wrong) -> F, mistake: Mistake) -> bool {
    cloakroom_kit::fails(|| case(Wrong::new(mistake)))
}

cloakroom_kit::caught! { fails, conformance,
    CreateOverwrites: d5_an_existing_row_is_left_as_it_is, d5_of_64_parallel_creations_one_wins;
    CreateReplacesTheEnded: d5_an_ended_row_still_exists_until_it_is_purged;
    CreateIgnoresTheCutOff: d22_a_creation_at_or_before_the_cut_off_is_refused,
        d24_revoke_all_ends_what_is_earlier, d24_both_cut_offs_count;
    CreateForgetsThatVisitorsAreRevoked: d24_revoke_all_ends_what_is_earlier;
    CutOffIsExclusive: d22_a_creation_at_or_before_the_cut_off_is_refused,
        d24_revoke_all_ends_what_is_earlier;
    CreateKeepsNoAuthentication: d20_a_subject_deletes_only_its_own, d9_a_list_shows_what_is_live_now;
    TornCreate: model_and_store_agree_on_operations_side_by_side, d5_of_64_parallel_creations_one_wins;
    LoadGoesByIdleAlone: d6_a_load_ends_at_the_deadline, d6_continuous_use_ends_at_the_absolute_deadline;
    LoadGoesByAbsoluteAlone: d6_a_load_ends_at_the_deadline, d6_a_list_ends_at_the_deadline,
        d6_an_update_ends_at_the_deadline, d6_a_touch_ends_at_the_deadline, d6_a_rotation_ends_at_the_deadline;
    LoadAtTheDeadline: d6_a_load_ends_at_the_deadline, d6_a_list_ends_at_the_deadline,
        d6_an_update_ends_at_the_deadline, d6_a_touch_ends_at_the_deadline, d6_a_rotation_ends_at_the_deadline;
    LoadIgnoresTheCutOff: d24_revoke_all_ends_what_is_earlier, d24_revoke_all_only_moves_forward;
    LoadNowForgetsTheDeadlines: loads_at_once_answer_what_loads_do;
    LoadNowForgetsTheCutOff: loads_at_once_answer_what_loads_do;
    LoadWithinForgetsTheDeadlines: loads_at_once_answer_what_loads_do;
    LoadWithinForgetsTheCutOff: loads_at_once_answer_what_loads_do;
    UpdateResurrects: d1_a_late_write_does_not_bring_a_deleted_session_back,
        d1_no_write_beside_a_deletion_brings_the_session_back;
    UpdateOfTheEnded: d6_an_update_ends_at_the_deadline;
    UpdateIgnoresTheVersion: d4_an_update_replaces_the_version_it_names, d4_parallel_increments_add_up;
    UpdateForgetsToTouch: d4_an_update_replaces_the_version_it_names;
    UpdateCountsByTwo: d4_an_update_replaces_the_version_it_names, d4_parallel_increments_add_up;
    ConflictOfTheEnded: d6_an_update_ends_at_the_deadline;
    ConflictIsStale: d4_parallel_increments_add_up;
    ConflictWrites: d4_an_update_replaces_the_version_it_names, d4_parallel_increments_add_up;
    TornUpdate: model_and_store_agree_on_operations_side_by_side, d4_parallel_increments_add_up, d4_updates_and_rotations_side_by_side_are_all_kept, d1_no_write_beside_a_deletion_brings_the_session_back;
    LostConflict: d4_parallel_increments_add_up;
    TouchShortens: d7_a_touch_moves_the_idle_deadline_only_forward;
    TouchPassesTheAbsoluteDeadline: d7_a_touch_moves_the_idle_deadline_only_forward;
    TouchCreates: d7_a_touch_never_creates, d1_a_late_write_does_not_bring_a_deleted_session_back;
    TouchRevives: d6_a_touch_ends_at_the_deadline;
    TouchBumpsTheVersion: d7_a_touch_moves_the_idle_deadline_only_forward, d7_a_touch_never_disturbs_an_update;
    TouchForgetsTheTime: d7_a_touch_moves_the_idle_deadline_only_forward;
    TouchGoesBackInTime: d7_a_touch_moves_the_idle_deadline_only_forward;
    TornTouch: model_and_store_agree_on_operations_side_by_side, d4_updates_and_rotations_side_by_side_are_all_kept, d7_a_touch_never_disturbs_an_update, d1_no_write_beside_a_deletion_brings_the_session_back;
    RotateIgnoresTheVerifier: rotate_by_a_stale_verifier_changes_nothing;
    RotateTakesThePreviousVerifier: rotate_by_a_stale_verifier_changes_nothing;
    RotateIgnoresTheVersion: rotate_swaps_data_with_the_verifier;
    RotateKeepsNoPrevious: rotate_keeps_the_verifier_before_it;
    RotateForgetsTheReason: rotate_takes_a_fresh_authentication;
    RotateShortensTheLife: rotate_takes_a_fresh_authentication;
    RotateExtendsUnasked: rotate_without_authentication_extends_nothing;
    RotateForgetsTheAuthentication: rotate_takes_a_fresh_authentication;
    RotateMovesTheLineageBack: rotate_takes_a_fresh_authentication;
    RotateIgnoresTheCutOff: d22_a_rotation_at_or_before_the_cut_off_is_refused;
    RotateRevivesTheCutOff: d24_revoke_all_ends_what_is_earlier;
    RotateAuthenticatesVisitors: rotate_refuses_an_authentication_of_a_visitor;
    TornRotate: model_and_store_agree_on_operations_side_by_side, d4_updates_and_rotations_side_by_side_are_all_kept, d2_of_64_parallel_rotations_one_wins, d1_no_write_beside_a_deletion_brings_the_session_back;
    RotateByDeleting: model_and_store_agree_on_operations_side_by_side, d16_a_dropped_rotation_is_done_or_not;
    DeleteAnswersTrue: d1_a_late_write_does_not_bring_a_deleted_session_back,
        d1_one_of_parallel_deletions_did_it;
    SoftDelete: d1_a_late_write_does_not_bring_a_deleted_session_back;
    DeleteOneIgnoresTheSubject: d20_a_subject_deletes_only_its_own;
    DeleteOneGoesByTheTag: d20_a_subject_deletes_only_its_own;
    DeleteOneTakesVisitors: d20_a_subject_deletes_only_its_own;
    ListSkipsAtThePage: d9_a_list_in_parts_shows_what_stays, d9_a_list_shows_what_is_live_now, d9_ten_thousand_sessions_of_one_subject;
    ListRepeatsAtThePage: d9_a_list_shows_what_is_live_now, d9_ten_thousand_sessions_of_one_subject;
    ListGoesByTheTag: d9_similar_subjects_are_kept_apart, d9_ten_thousand_sessions_of_one_subject;
    ListFoldsCase: d9_similar_subjects_are_kept_apart;
    ListShowsGhosts: d6_a_list_ends_at_the_deadline, d9_a_list_shows_what_is_live_now,
        d24_revoke_all_ends_what_is_earlier;
    ListIsUnordered: d9_a_list_shows_what_is_live_now;
    ListIgnoresTheLimit: d9_a_list_shows_what_is_live_now, d9_ten_thousand_sessions_of_one_subject;
    EndAllSetsNoCutOff: d22_a_creation_at_or_before_the_cut_off_is_refused,
        d22_nothing_live_is_as_old_as_the_cut_off, d9_no_creation_survives_a_deletion_beside_it;
    EndAllMovesTheCutOffBack: d22_a_creation_at_or_before_the_cut_off_is_refused;
    EndAllGoesByTheTag: d9_similar_subjects_are_kept_apart, d9_an_exception_of_somebody_else_is_none;
    EndAllSparesAnything: d9_an_exception_of_somebody_else_is_none;
    EndAllSparesNothing: d9_an_exception_keeps_exactly_one, d9_ten_thousand_sessions_of_one_subject;
    EndAllForgetsTheLineage: d9_an_exception_keeps_exactly_one;
    EndAllMovesTheLineageBack: d9_an_exception_keeps_exactly_one;
    EndAllRevivesTheSpared: d24_an_exception_does_not_bring_an_ended_session_back;
    EndAllReplacesTheSpared: model_and_store_agree_on_operations_side_by_side, d9_a_spared_session_keeps_what_is_written_beside,
        d16_a_dropped_deletion_by_subject_is_done_or_not;
    EndAllCountsTheEnded: d9_ended_sessions_are_not_counted;
    TornEndAll: model_and_store_agree_on_operations_side_by_side, d9_no_creation_survives_a_deletion_beside_it, d22_nothing_live_is_as_old_as_the_cut_off,
        d24_no_creation_survives_a_revocation_beside_it;
    RevokeAllDoesNothing: d24_revoke_all_ends_what_is_earlier, d24_revoke_all_only_moves_forward,
        d16_a_dropped_revocation_can_be_repeated;
    RevokeAllSparesVisitors: d24_revoke_all_ends_what_is_earlier;
    RevokeAllGoesBack: d24_revoke_all_only_moves_forward;
    RevokeAllReplacesTheSubjects: d24_both_cut_offs_count;
    PurgeIgnoresItsBatch: d10_a_purge_respects_its_batch;
    PurgeTakesTheLive: d10_a_purge_respects_its_batch, d10_a_purge_goes_by_the_deadline_of_now;
    PurgeGoesByAbsoluteAlone: d10_a_purge_respects_its_batch;
    PurgeLeavesTheCutOff: d10_a_purge_deletes_what_is_cut_off;
    PurgeDropsTheCutOffs: d10_a_purge_deletes_what_is_cut_off;
    TornPurge: d10_purgers_side_by_side_do_not_fight;
    PayloadIsText: payload_of_all_bytes_comes_back;
    PayloadIsShorter: payload_of_any_size_comes_back;
    PayloadHasNoEnd: payload_beyond_the_greatest_is_too_large;
    TooLargeIsOther: payload_beyond_the_greatest_is_too_large;
    TimesAreSeconds: times_are_kept_exactly_or_refused, d6_a_load_ends_at_the_deadline;
    TimesAreClamped: times_are_kept_exactly_or_refused;
}

/// Of these, the random sequences alone find each: what goes wrong in operations one after the other.
#[test]
fn sequences_find_what_is_wrong_one_after_the_other() {
    let passed: Vec<Mistake> = [
        CreateOverwrites,
        CreateReplacesTheEnded,
        CreateIgnoresTheCutOff,
        CreateForgetsThatVisitorsAreRevoked,
        CutOffIsExclusive,
        CreateKeepsNoAuthentication,
        LoadGoesByIdleAlone,
        LoadGoesByAbsoluteAlone,
        LoadAtTheDeadline,
        LoadIgnoresTheCutOff,
        UpdateResurrects,
        UpdateOfTheEnded,
        UpdateIgnoresTheVersion,
        UpdateForgetsToTouch,
        UpdateCountsByTwo,
        ConflictOfTheEnded,
        ConflictIsStale,
        ConflictWrites,
        LostConflict,
        TouchShortens,
        TouchPassesTheAbsoluteDeadline,
        TouchCreates,
        TouchRevives,
        TouchBumpsTheVersion,
        TouchForgetsTheTime,
        TouchGoesBackInTime,
        RotateIgnoresTheVerifier,
        RotateIgnoresTheVersion,
        RotateKeepsNoPrevious,
        RotateForgetsTheReason,
        RotateShortensTheLife,
        RotateExtendsUnasked,
        RotateForgetsTheAuthentication,
        RotateMovesTheLineageBack,
        RotateIgnoresTheCutOff,
        RotateRevivesTheCutOff,
        RotateAuthenticatesVisitors,
        DeleteAnswersTrue,
        SoftDelete,
        DeleteOneIgnoresTheSubject,
        DeleteOneGoesByTheTag,
        DeleteOneTakesVisitors,
        ListSkipsAtThePage,
        ListGoesByTheTag,
        ListFoldsCase,
        ListShowsGhosts,
        ListIsUnordered,
        ListIgnoresTheLimit,
        EndAllSetsNoCutOff,
        EndAllMovesTheCutOffBack,
        EndAllGoesByTheTag,
        EndAllSparesAnything,
        EndAllSparesNothing,
        EndAllForgetsTheLineage,
        EndAllMovesTheLineageBack,
        EndAllCountsTheEnded,
        RevokeAllDoesNothing,
        RevokeAllSparesVisitors,
        RevokeAllGoesBack,
        RevokeAllReplacesTheSubjects,
        PurgeIgnoresItsBatch,
        PurgeGoesByAbsoluteAlone,
        PurgeLeavesTheCutOff,
        PurgeDropsTheCutOffs,
        PayloadIsText,
        TimesAreSeconds,
    ]
    .into_iter()
    .filter(|mistake| !fails(conformance::model_and_store_agree_on_any_sequence, *mistake))
    .collect();
    assert!(passed.is_empty(), "{passed:?}");
}
