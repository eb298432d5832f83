//! For each mistake the case that is there for it fails.

use cloakroom_token::conformance;

use crate::mistake::Mistake;
use crate::mistake::Mistake::*;
use crate::wrong::Wrong;

mod right {
    use crate::mistake::Mistake;
    use crate::wrong::Wrong;

    cloakroom_token::conformance_tests! { Wrong::new(Mistake::None) }
}

/// Whether the case fails on a store with that mistake.
fn fails<F: Future<Output = ()>>(case: impl FnOnce(Wrong) -> F, mistake: Mistake) -> bool {
    cloakroom_kit::fails(|| case(Wrong::new(mistake)))
}

cloakroom_kit::caught! { fails, conformance,
    CreateOverwrites: create_leaves_an_existing_family_as_it_is;
    CreateReplacesTheEnded: f5_an_ended_family_exists_until_it_is_purged;
    CreateIgnoresTheCutOff: f4_both_cut_offs_count, f4_a_creation_at_or_before_the_cut_off_is_refused;
    CreateIgnoresTheTag: create_of_a_family_of_another_tag_fails;
    CreateKeepsALongIdleDeadline: f5_continuous_use_ends_at_the_absolute_deadline;
    TornCreate: create_of_64_side_by_side_is_done_once;
    CutOffIsExclusive: f4_a_creation_at_or_before_the_cut_off_is_refused, f4_revoke_all_ends_what_is_earlier;
    DataHasNoEnd: create_of_too_much_data_is_too_large;
    DataIsText: create_keeps_all_of_a_family;
    TimesAreSeconds: create_keeps_all_of_a_family, f5_a_family_ends_at_its_idle_deadline;
    LoadIgnoresTheSecret: create_keeps_all_of_a_family;
    LoadAtTheDeadline: f5_a_family_ends_at_its_idle_deadline;
    LoadIgnoresTheCutOff: f4_revoke_all_ends_what_is_earlier;
    RotateRevivesTheEnded: f5_a_family_ends_at_its_idle_deadline, f4_revoke_all_ends_what_is_earlier;
    RotateIgnoresTheSecret: f17_a_wrong_secret_is_refused_and_ends_nothing;
    RotateIgnoresTheClient: f3_another_client_rotates_and_ends_nothing;
    RotateFoldsTheClientsCase: f3_another_client_rotates_and_ends_nothing;
    RotateIgnoresTheKey: f18_the_bound_key_is_asked_for_on_rotation_and_retry;
    RetryIgnoresTheKey: f18_the_bound_key_is_asked_for_on_rotation_and_retry;
    RotateAsksUnboundForNone: f18_an_unbound_family_ignores_a_key;
    WrongSecretEnds: f17_a_wrong_secret_is_refused_and_ends_nothing;
    WrongClientEnds: f3_another_client_rotates_and_ends_nothing;
    WrongKeyEnds: f18_the_bound_key_is_asked_for_on_rotation_and_retry;
    AheadEnds: f18_a_token_above_the_newest_is_ahead;
    AheadIsReuse: f18_a_token_above_the_newest_is_ahead;
    GraceIsInclusive: f2_the_token_before_is_reuse_past_grace, f2_the_token_two_before_is_late_inside_grace;
    GraceCoversAncestors: f2_any_older_token_is_reuse_even_inside_grace;
    GraceEndsNever: f2_the_token_before_is_reuse_past_grace;
    GraceCountsFromCreation: f2_a_rotation_begins_a_new_grace;
    GraceOfNothingIsSome: f5_a_grace_of_nothing_is_none;
    LateEnds: f2_the_token_two_before_is_late_inside_grace;
    LateIsRetry: f2_the_token_two_before_is_late_inside_grace;
    ReuseIsOnlyRefused: f2_the_token_before_is_reuse_past_grace, f2_reuse_beside_rotations_ends_the_family;
    RetryRotates: f2_the_token_before_is_a_retry_inside_grace, f1_of_64_parallel_rotations_one_is_done_and_63_retry;
    RetryChangesTheKey: f2_the_token_before_is_a_retry_inside_grace;
    RetryMovesTheDeadline: f2_the_token_before_is_a_retry_inside_grace;
    RotateKeepsTheKey: f2_the_newest_token_rotates;
    RotateShortens: f2_the_newest_token_rotates;
    RotatePassesTheAbsoluteDeadline: f2_the_newest_token_rotates, f5_continuous_use_ends_at_the_absolute_deadline;
    RotateForgetsTheTime: f2_the_newest_token_rotates;
    GenerationIsSigned: f18_generation_2_pow_31_rotates_like_any_other;
    GenerationIsAFloat: f18_generation_2_pow_31_rotates_like_any_other;
    GenerationWraps: f18_the_last_generation_ends_the_family;
    ExhaustedStays: f18_the_last_generation_ends_the_family;
    TornRotate: f1_of_64_parallel_rotations_one_is_done_and_63_retry, f4_an_end_beside_rotations_wins;
    EndIgnoresTheSecret: f3_a_family_is_ended_by_its_own_client_and_secret;
    EndIgnoresTheClient: f3_a_family_is_ended_by_its_own_client_and_secret;
    EndSparesTheExpired: f3_an_expired_family_can_be_ended;
    EndOneIgnoresTheSubject: f3_a_subject_ends_only_its_own_families;
    EndAnswersTrue: f3_a_family_is_ended_by_its_own_client_and_secret;
    TornEnd: f4_one_of_parallel_ends_did_it;
    ListGoesByTheTag: list_shows_what_is_live_in_parts;
    ListFoldsCase: model_and_store_agree_on_any_sequence;
    ListRepeatsTheMark: list_shows_what_is_live_in_parts;
    ListIsUnordered: list_shows_what_is_live_in_parts;
    ListIgnoresTheMost: list_shows_what_is_live_in_parts;
    ListShowsGhosts: list_shows_what_is_live_in_parts, f5_a_family_ends_at_its_idle_deadline;
    RevokeSetsNoCutOff: f4_a_creation_at_or_before_the_cut_off_is_refused,
        f4_revoking_a_subject_beside_creations_and_rotations_wins;
    RevokeMovesTheCutOffBack: f4_a_cut_off_of_a_subject_only_moves_forward;
    RevokeSparesTheNewer: f4_revoking_a_subject_ends_all_it_has;
    RevokeCountsTheEnded: f4_revoking_a_subject_ends_all_it_has;
    RevokeAllDoesNothing: f4_revoke_all_ends_what_is_earlier,
        f4_revoke_all_beside_creations_and_rotations_wins;
    RevokeAllGoesBack: f4_revoke_all_ends_what_is_earlier;
    RevokeAllReplacesTheSubjects: f4_both_cut_offs_count;
    TornRevoke: f4_revoking_a_subject_beside_creations_and_rotations_wins;
    AccessOutlivesItsFamily: f4_access_tokens_end_with_their_family,
        f5_an_access_token_ends_with_its_family_s_deadline;
    AccessOutlivesItsSubject: f4_revoking_a_subject_ends_all_it_has;
    AccessAtItsEnd: f5_an_access_token_ends_at_its_end;
    AccessOverwrites: create_leaves_an_existing_access_token_as_it_is;
    AccessOfAnEndedFamily: f4_access_tokens_end_with_their_family;
    EndAccessIgnoresTheClient: f20_an_access_token_is_ended_by_its_own_client;
    PurgeIgnoresItsMost: purge_deletes_what_is_not_live;
    PurgeTakesTheLive: purge_deletes_what_is_not_live;
    PurgeLeavesTheCutOff: purge_deletes_what_is_not_live;
    PurgeLeavesAccess: purge_deletes_what_is_not_live;
    PurgeDropsTheCutOffs: f4_a_purge_keeps_the_cut_offs;
    TornPurge: purge_side_by_side_counts_each_row_once;
}

/// Of these, the random sequences alone find each: what goes wrong in operations one after the other.
#[test]
fn sequences_find_what_is_wrong_one_after_the_other() {
    let passed: Vec<Mistake> = [
        CreateOverwrites,
        CreateIgnoresTheCutOff,
        CutOffIsExclusive,
        LoadAtTheDeadline,
        LoadIgnoresTheCutOff,
        RotateRevivesTheEnded,
        RotateIgnoresTheSecret,
        RotateIgnoresTheClient,
        RotateIgnoresTheKey,
        RotateAsksUnboundForNone,
        WrongSecretEnds,
        WrongClientEnds,
        WrongKeyEnds,
        AheadEnds,
        AheadIsReuse,
        GraceIsInclusive,
        GraceCoversAncestors,
        GraceEndsNever,
        LateEnds,
        LateIsRetry,
        ReuseIsOnlyRefused,
        RetryRotates,
        RetryChangesTheKey,
        RetryMovesTheDeadline,
        RotateKeepsTheKey,
        RotateShortens,
        RotatePassesTheAbsoluteDeadline,
        RotateForgetsTheTime,
        EndIgnoresTheSecret,
        EndIgnoresTheClient,
        EndOneIgnoresTheSubject,
        ListGoesByTheTag,
        ListFoldsCase,
        ListShowsGhosts,
        RevokeSetsNoCutOff,
        RevokeMovesTheCutOffBack,
        RevokeAllDoesNothing,
        RevokeAllGoesBack,
        AccessOutlivesItsFamily,
        AccessOutlivesItsSubject,
        AccessAtItsEnd,
        AccessOverwrites,
        EndAccessIgnoresTheClient,
        PurgeTakesTheLive,
        PurgeDropsTheCutOffs,
        TimesAreSeconds,
        DataIsText,
    ]
    .into_iter()
    .filter(|mistake| !fails(conformance::model_and_store_agree_on_any_sequence, *mistake))
    .collect();
    assert!(passed.is_empty(), "{passed:?}");
}
