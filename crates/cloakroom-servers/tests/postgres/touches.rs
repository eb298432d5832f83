//! Touches leave the indexes alone.

use cloakroom_store::conformance::fixture::{HOUR, MINUTE, NOW, at, of, subject};
use cloakroom_store::{Created, SessionStore, Touched};

use crate::place::Place;

#[tokio::test]
async fn touches_are_hot() {
    let place = Place::new();
    let store = place.store().await;
    let mut selectors = Vec::new();
    for number in 0..300 {
        let record = of(&subject(&format!("user {number}")))
            .payload([7; 200])
            .absolute(at(100 * HOUR))
            .build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        selectors.push(record.selector());
    }
    // Sessions in use for hours, touched every quarter of an hour, which is as seldom as half an idle timeout allows.
    for round in 1..=24 {
        let now = at(round * 15 * MINUTE);
        for selector in &selectors {
            let deadline = at((round + 2) * 15 * MINUTE);
            assert_eq!(store.touch(selector, deadline, now).await.unwrap(), Touched::Done);
        }
    }
    let statistics = "SELECT n_tup_hot_upd * 10000 / GREATEST(n_tup_upd, 1) FROM pg_stat_user_tables \
                      WHERE schemaname = '{s}' AND relname = 'sessions' AND n_tup_upd >= 7200";
    // A server tells its statistics a moment after the fact, and nothing else changes them.
    let exists = format!("SELECT count(*) FROM ({statistics}) AS found");
    while place.number(&exists).await == 0 {}
    let hot = place.number(statistics).await;
    println!("HOT touches: {hot} of 10,000");
    assert!(hot >= 9500, "{hot} of 10,000 touches were HOT");
}
