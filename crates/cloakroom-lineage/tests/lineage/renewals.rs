//! What rests on a lineage while the lineage is being ended, and an end whose caller stops waiting.

use std::task::Poll;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_revocation::{Credential, LOCAL, Refused};
use cloakroom_lineage::cloakroom_token::Rotated;

use crate::gates::loaded;
use crate::lineages::{Fixture, ISSUER};
use crate::parked_store::ParkedStore;

#[tokio::test]
async fn f19_a_refresh_between_the_cutoff_and_the_end_of_its_family_mints_nothing() {
    // The cut-off of the one issuer alone, and those of both.
    for issuer in [LOCAL, ISSUER] {
        let fixture = Fixture::new().await;
        let authenticated_at = fixture.clock.now().wall;
        let parked = ParkedStore::new(&fixture.revocations, issuer);
        let ending = tokio::spawn({
            let (lineages, subject) = (fixture.lineages_of(parked.clone()), fixture.subject.clone());
            async move { lineages.end_all(&subject).await }
        });
        parked.written.notified().await;
        // So long that a stamp taken now need not wait.
        fixture.clock.advance(1000);

        // The family lives, and even rotates.
        assert_eq!(fixture.alive().await, (true, true));
        assert!(matches!(fixture.rotate(0).await, Rotated::Done(_)));
        let lineages = fixture.lineages();
        let renewal = lineages.renewal_stamp("ada", authenticated_at).await.unwrap();
        assert_eq!(renewal, None, "{issuer:?}");
        // A login with a password counts, and what rests on that lineage, too.
        let login = lineages.stamp("ada").await.unwrap();
        let renewal = lineages.renewal_stamp("ada", login.authenticated_at()).await;
        assert_eq!(renewal.unwrap(), Some(login));

        parked.go.notify_one();
        let cutoff = ending.await.unwrap().unwrap().cutoff;
        assert_eq!(fixture.alive().await, (false, false));
        // The other issuer's cut-off came later, after that login.
        assert_eq!(login.authenticated_at() > cutoff, issuer == ISSUER);
    }
}

#[tokio::test]
async fn f19_a_lineage_is_over_at_its_cutoff_and_not_a_millisecond_after() {
    let fixture = Fixture::new().await;
    let lineages = fixture.lineages();
    let before = fixture.clock.now().wall;
    assert!(lineages.renewal_stamp("ada", before).await.unwrap().is_some());
    let cutoff = lineages.end_all(&fixture.subject).await.unwrap().cutoff;
    // Who is refused does not wait, though the clock stands still.
    assert_eq!(lineages.renewal_stamp("ada", before).await.unwrap(), None);
    fixture.clock.advance(1000);
    for (millis, lives) in [(-1, false), (0, false), (1, true)] {
        let at = UnixTime::from_millis(cutoff.as_millis() + millis);
        let renewal = lineages.renewal_stamp("ada", at).await.unwrap();
        assert_eq!(renewal.is_some(), lives, "{millis}");
    }
    assert!(lineages.renewal_stamp("grace", before).await.unwrap().is_some());
    // The same holds when everybody was ended.
    let at = UnixTime::from_millis(cutoff.as_millis() + 1);
    let cutoff = lineages.revoke_all().await.unwrap();
    assert!(cutoff > at);
    assert_eq!(lineages.renewal_stamp("ada", at).await.unwrap(), None);
    assert_eq!(lineages.renewal_stamp("grace", before).await.unwrap(), None);
}

#[tokio::test]
async fn f19_what_a_renewal_minted_before_the_cutoff_ends_with_it() {
    let fixture = Fixture::new().await;
    let lineages = fixture.lineages();
    let at = fixture.clock.now().wall;
    let stamp = lineages.renewal_stamp("ada", at).await.unwrap().unwrap();
    let parked = ParkedStore::new(&fixture.revocations, LOCAL);
    let ending = tokio::spawn({
        let (lineages, subject) = (fixture.lineages_of(parked.clone()), fixture.subject.clone());
        async move { lineages.end_all(&subject).await }
    });
    parked.written.notified().await;
    assert!(matches!(fixture.rotate(0).await, Rotated::Done(_)));
    parked.go.notify_one();
    ending.await.unwrap().unwrap();
    let minted = Credential {
        issuer: ISSUER,
        subject: Some("ada"),
        issued_at: Some(stamp.issued_at()),
        token_id: Some("minted"),
    };
    let (_, gate) = loaded(&fixture.clock, &fixture.revocations).await;
    assert_eq!(gate.check(&minted).await, Err(Refused::CutOff));
}

#[tokio::test]
async fn f19_a_session_that_was_spared_is_logged_in_anew_unless_something_ended_it_since() {
    let fixture = Fixture::new().await;
    let lineages = fixture.lineages();
    let ended = lineages
        .end_others(&fixture.subject, &fixture.session)
        .await
        .unwrap();
    // By its old time no JWT is minted any more.
    let old = fixture.clock.now().wall;
    assert_eq!(lineages.renewal_stamp("ada", old).await.unwrap(), None);
    fixture.clock.advance(1000);
    let at = lineages.kept_at("ada", &ended).await.unwrap().unwrap();
    assert_eq!(at.as_millis(), ended.cutoff.as_millis() + 1);
    lineages.end_all(&fixture.subject).await.unwrap();
    assert_eq!(lineages.kept_at("ada", &ended).await.unwrap(), None);
}

/// Polls once, with the store parked, and drops: who asked has gone away.
async fn asked_and_gone<T>(asked: impl Future<Output = T>) {
    let mut asked = Box::pin(asked);
    let first = std::future::poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending()));
    assert!(first.await);
}

/// On the one thread of a test this is time for every task that can go on; none of the stores makes one wait.
async fn others_have_run() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn d16_who_goes_away_while_all_others_are_ended_stops_nothing() {
    let fixture = Fixture::new().await;
    let parked = ParkedStore::new(&fixture.revocations, LOCAL);
    let lineages = fixture.lineages_of(parked.clone());
    asked_and_gone(lineages.end_others(&fixture.subject, &fixture.session)).await;
    parked.written.notified().await;
    assert_eq!(fixture.alive().await, (true, true));
    parked.go.notify_one();
    others_have_run().await;
    assert_eq!(fixture.alive().await, (true, false));
    let at = fixture.clock.now().wall;
    assert_eq!(lineages.renewal_stamp("ada", at).await.unwrap(), None);
}

#[tokio::test]
async fn d16_who_goes_away_while_everything_ends_stops_nothing() {
    let fixture = Fixture::new().await;
    let parked = ParkedStore::new(&fixture.revocations, LOCAL);
    let lineages = fixture.lineages_of(parked.clone());
    asked_and_gone(lineages.end_all(&fixture.subject)).await;
    parked.written.notified().await;
    parked.go.notify_one();
    others_have_run().await;
    assert_eq!(fixture.alive().await, (false, false));

    let fixture = Fixture::new().await;
    let parked = ParkedStore::new(&fixture.revocations, LOCAL);
    let lineages = fixture.lineages_of(parked.clone());
    asked_and_gone(lineages.revoke_all()).await;
    parked.written.notified().await;
    assert_eq!(fixture.alive().await, (true, true));
    parked.go.notify_one();
    others_have_run().await;
    assert_eq!(fixture.alive().await, (false, false));
}
