//! For each mistake the case that is there for it fails.

use cloakroom_revocation::conformance::fixture::{BRIEF, FLEET, SMALL};
use cloakroom_revocation::{Fleet, conformance};

use crate::wrong::Mistake::*;
use crate::wrong::{Mistake, Wrong};

mod right {
    use crate::wrong::{Mistake, Wrong};

    cloakroom_revocation::conformance_tests! { |fleet| Wrong::new(Mistake::None, fleet) }
}

/// Whether the case fails on a store with that mistake.
fn fails<F: Future<Output = ()>>(case: impl FnOnce(Wrong) -> F, fleet: Fleet, mistake: Mistake) -> bool {
    cloakroom_kit::fails(|| case(Wrong::new(mistake, fleet)))
}

cloakroom_kit::caught! { fails, conformance,
    FLEET DenyNeverProlongs: f6_a_denial_keeps_the_later_time, f6_what_is_prolonged_is_not_purged,
        model_and_store_agree_on_any_sequence;
    FLEET DenyShortens: f6_a_denial_keeps_the_later_time, model_and_store_agree_on_any_sequence;
    FLEET DenyAlwaysSteps: f6_a_denial_keeps_the_later_time, f6_parallel_repetitions_are_one_step,
        f7_each_change_is_one_step_and_nothing_else_is;
    FLEET DenyIgnoresTheGreatestAge: f6_a_denial_is_kept_until_the_end_or_the_greatest_age;
    FLEET DenyCountsTheDead: f6_the_65th_denial_becomes_a_cut_off, model_and_store_agree_on_any_sequence;
    FLEET DenyCountsRepetitions: f6_the_65th_denial_becomes_a_cut_off;
    FLEET DenyCountsTo63: f6_the_65th_denial_becomes_a_cut_off, f6_parallel_denials_of_one_subject_are_counted;
    FLEET DenyCutsOffByNow: f6_the_cut_off_in_place_of_a_denial_covers_the_credential;
    FLEET DenyNeverCutsOff: f6_the_65th_denial_becomes_a_cut_off, model_and_store_agree_on_any_sequence;
    SMALL DenyIgnoresTheCap: f6_a_full_store_cuts_off, f6_parallel_denials_do_not_pass_the_cap,
        model_and_full_store_agree_on_any_sequence;
    SMALL CapCountsTheCutOffOfAll: f6_a_full_store_cuts_off, model_and_full_store_agree_on_any_sequence;
    FLEET TornCount: f6_parallel_denials_of_one_subject_are_counted;
    SMALL TornCount: f6_parallel_denials_do_not_pass_the_cap;
    FLEET CutOffLiesNow: f6_a_cut_off_lies_the_skew_ahead_and_never_goes_back;
    FLEET CutOffCountsByTheCaller: f13_a_cut_off_counts_by_the_later_clock,
        model_and_store_agree_on_any_sequence_in_the_past;
    FLEET CutOffCountsByTheStore: f6_a_cut_off_lies_the_skew_ahead_and_never_goes_back;
    FLEET CutOffGoesBack: f6_a_cut_off_lies_the_skew_ahead_and_never_goes_back,
        f6_the_cut_off_of_everything_covers_everybody, f10_cut_offs_beside_each_other_reach_a_reader;
    FLEET CutOffIsKeptShorter: f6_a_cut_off_lies_the_skew_ahead_and_never_goes_back,
        f15_a_cut_off_is_dropped_only_after_the_greatest_age;
    BRIEF CutOffIsKeptShorter: f15_a_cut_off_is_dropped_by_the_stores_clock;
    FLEET LookUpForgetsAll: f6_the_cut_off_of_everything_covers_everybody;
    FLEET NamesFoldCase: f14_issuers_and_names_are_kept_apart;
    FLEET NamesForgetTheIssuer: f14_issuers_and_names_are_kept_apart;
    FLEET NamesAreNotChecked: names_that_cannot_be_are_unsupported;
    FLEET PurgeAtTheBound: f6_a_denial_is_dropped_only_after_its_time_and_the_skew;
    FLEET PurgeCountsByTheCaller: f6_a_purge_counts_by_the_earlier_clock,
        f15_a_cut_off_is_dropped_only_after_the_greatest_age;
    FLEET PurgeCountsByTheStore: f6_a_purge_counts_by_the_earlier_clock;
    FLEET PurgeForgetsTheSkew: f6_a_denial_is_dropped_only_after_its_time_and_the_skew;
    BRIEF PurgeForgetsTheSkew: f15_a_cut_off_is_dropped_by_the_stores_clock;
    FLEET PurgeDropsAll: f15_a_cut_off_is_dropped_only_after_the_greatest_age;
    FLEET PurgeIgnoresItsBatch: f6_a_purge_respects_its_batch;
    FLEET PurgeIsAStep: f6_a_purge_respects_its_batch, f7_each_change_is_one_step_and_nothing_else_is;
    FLEET PurgeForgetsSteps: f11_a_purge_leaves_the_newest_steps, f6_a_purge_respects_its_batch;
    FLEET PollSkipsAtItsEnd: f7_a_poll_brings_what_came_after_its_cursor,
        f10_a_reader_that_polls_all_the_time_sees_every_step;
    FLEET PollIsUnordered: f7_a_poll_brings_what_came_after_its_cursor;
    FLEET PollIgnoresTheTag: f11_a_cursor_of_another_feed_reloads;
    FLEET PollIgnoresTheFeed: f11_a_cursor_of_another_feed_reloads;
    FLEET PollBelievesAnyPosition: f11_a_cursor_of_another_feed_reloads;
    FLEET PollLeavesChangesAtTheirOldPlace: f7_a_poll_brings_what_came_after_its_cursor,
        f10_cut_offs_beside_each_other_reach_a_reader, model_and_store_agree_on_any_sequence;
    FLEET PageSkipsAtItsEnd: f7_a_bootstrap_shows_everything;
    FLEET TimeIsThatOfTheOperations: f7_time_is_the_stores_own;
    FLEET TornStep: f10_a_reader_that_polls_all_the_time_sees_every_step;
    FLEET TornCutOff: f19_a_settled_look_up_lacks_no_cut_off_from_before_its_time;
}
