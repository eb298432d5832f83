//! What a rotation writes, and what many of them leave behind.

use cloakroom_token::conformance::fixture::{NOW, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore as _};

use crate::place::Place;

/// Every write to a row of the store's tables, counted behind its back.
const COUNTERS: &str = "
    CREATE TABLE written (what TEXT NOT NULL);
    CREATE TRIGGER f1 AFTER INSERT ON cloakroom_token_family BEGIN INSERT INTO written VALUES ('other'); END;
    CREATE TRIGGER f2 AFTER UPDATE ON cloakroom_token_family BEGIN INSERT INTO written VALUES ('family'); END;
    CREATE TRIGGER f3 AFTER DELETE ON cloakroom_token_family BEGIN INSERT INTO written VALUES ('other'); END;
    CREATE TRIGGER a1 AFTER INSERT ON cloakroom_access_token BEGIN INSERT INTO written VALUES ('other'); END;
    CREATE TRIGGER a2 AFTER UPDATE ON cloakroom_access_token BEGIN INSERT INTO written VALUES ('other'); END;
    CREATE TRIGGER a3 AFTER DELETE ON cloakroom_access_token BEGIN INSERT INTO written VALUES ('other'); END;
    CREATE TRIGGER c1 AFTER INSERT ON cloakroom_token_cutoff BEGIN INSERT INTO written VALUES ('other'); END;
    CREATE TRIGGER c2 AFTER UPDATE ON cloakroom_token_cutoff BEGIN INSERT INTO written VALUES ('other'); END;
    CREATE TRIGGER c3 AFTER DELETE ON cloakroom_token_cutoff BEGIN INSERT INTO written VALUES ('other'); END;
";

/// The bytes of all columns whose length can differ.
const BYTES: &str = "SELECT sum(length(id) + length(secret) + length(CAST(client AS BLOB)) \
    + length(CAST(subject AS BLOB)) + coalesce(length(confirmation), 0) + length(key_id) + length(data)) \
    FROM cloakroom_token_family";

#[tokio::test]
async fn a_rotation_writes_one_row_and_a_hundred_leave_no_more_than_one() {
    let place = Place::new();
    let store = place.store().await;
    let new = family(&subject("ada"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let rotate = async |generation: u32| {
        let now = at(i64::from(generation) + 1);
        let rotated = store.rotate(&presented(&new, generation), now).await;
        assert!(matches!(rotated.unwrap(), Rotated::Done(_)), "{generation}");
    };
    let kept = async || {
        (
            place.number("SELECT count(*) FROM cloakroom_token_family").await,
            place.number("SELECT count(*) FROM cloakroom_access_token").await,
            place.number("SELECT count(*) FROM cloakroom_token_cutoff").await,
            place.number(BYTES).await,
            place.number("SELECT page_count FROM pragma_page_count").await,
        )
    };
    rotate(0).await;
    let after_one = kept().await;
    assert_eq!((after_one.0, after_one.1, after_one.2), (1, 0, 0));
    for generation in 1..100 {
        rotate(generation).await;
    }
    assert_eq!(kept().await, after_one);

    place.run(COUNTERS).await;
    for generation in 100..110 {
        rotate(generation).await;
    }
    let written = "SELECT count(*) FROM written WHERE what =";
    assert_eq!(place.number(&format!("{written} 'family'")).await, 10);
    assert_eq!(place.number(&format!("{written} 'other'")).await, 0);
}
