//! A small fleet, through every fault.

use cloakroom_fleet::{Settings, simulate};

#[test]
fn f7_no_revoked_token_is_accepted_past_the_bound() {
    let report = simulate(Settings::SMALL);
    assert_eq!(report.past_bound, 0);
    assert_eq!(report.wrongly_refused, 0);
    assert_eq!(report.fail_closed_without_fault, 0);
    // It has looked: at both kinds of tokens, and at every fault.
    assert!(report.revoked > 10_000 && report.live > 10_000, "{report}");
    assert!(report.within_bound > 0 && report.fail_closed > 0, "{report}");
    assert!(report.clocks_off > 0, "{report}");
    // At the start, after the restarts, the fail-over and the restored backup.
    let nodes = u64::from(Settings::SMALL.nodes);
    assert!(report.loads >= 3 * nodes + nodes / 8, "{report}");
    // Five polls a second reach the middle within a tenth of one, and all but the slowest messages within two.
    assert!(
        report.percentile(0.5) <= 150 && report.percentile(0.99) <= 300,
        "{report}"
    );
}

#[test]
fn one_seed_is_one_course_of_events() {
    let settings = Settings {
        nodes: 8,
        seconds: 8,
        ..Settings::SMALL
    };
    let first = simulate(settings);
    assert_eq!(first.propagation, simulate(settings).propagation);
    let other = simulate(Settings { seed: 2, ..settings });
    assert_ne!(first.propagation, other.propagation);
}
