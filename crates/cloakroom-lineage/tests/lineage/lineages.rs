use std::sync::Arc;
use std::time::Duration;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_id::{IndexSecret, Selector, Subject, TokenHash, VerifierHash};
use cloakroom_lineage::cloakroom_revocation::{
    Credential, Denial, Denied, Fleet, LOCAL, MemoryRevocationStore, Refused, RevocationStore, StoreErrorKind,
};
use cloakroom_lineage::cloakroom_store::{
    Authentication, Created, MemoryStore, NewRecord, SessionStore as _, Unindexed,
};
use cloakroom_lineage::cloakroom_token::cloakroom_keyring::KeyId;
use cloakroom_lineage::cloakroom_token::{
    self, Client, MemoryTokenStore, NewFamily, Presented, Rotated, TokenStore as _,
};
use cloakroom_lineage::{Lineages, Stamp};

use crate::clock::Clock;
use crate::gates::loaded;

pub(crate) const ISSUER: &str = "https://id.example";

/// A session and a family of one subject, in stores whose lineages end together.
pub(crate) struct Fixture {
    pub(crate) clock: Clock,
    pub(crate) revocations: Arc<MemoryRevocationStore>,
    sessions: Arc<MemoryStore>,
    tokens: Arc<MemoryTokenStore>,
    pub(crate) subject: Subject,
    pub(crate) session: Selector,
    family: NewFamily,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let clock = Clock::default();
        let of_store = clock.clone();
        let revocations = MemoryRevocationStore::new(Fleet::default(), move || of_store.now().wall);
        let secret = IndexSecret::generate().unwrap();
        let subject = Subject::new("ada", &secret).unwrap();
        let selector = |last| {
            let [a, b] = *subject.tag().as_bytes();
            Selector::from_bytes([a, b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last])
        };
        let now = clock.now().wall;
        let end = now.saturating_add(Duration::from_secs(3600));
        let fixture = Self {
            revocations: Arc::new(revocations),
            sessions: Arc::new(MemoryStore::new()),
            tokens: Arc::new(MemoryTokenStore::new()),
            session: selector(1),
            family: NewFamily {
                id: selector(2),
                secret_hash: TokenHash::from_bytes([3; 32]),
                client: Client::new("app").unwrap(),
                subject: subject.clone(),
                authenticated_at: now,
                confirmation: None,
                key_id: KeyId::from_bytes([4; 4]),
                idle_deadline: end,
                absolute_deadline: end,
                data: Arc::from([]),
            },
            clock,
            subject,
        };
        assert_eq!(fixture.create_session(now).await, Created::Done);
        let created = fixture.tokens.create_family(&fixture.family, now).await.unwrap();
        assert_eq!(created, cloakroom_token::Created::Done);
        fixture
    }

    pub(crate) fn lineages(&self) -> Lineages {
        self.lineages_of(Arc::clone(&self.revocations))
    }

    /// The same, over this store of revocations.
    pub(crate) fn lineages_of(&self, revocations: impl RevocationStore) -> Lineages {
        Lineages::new(revocations)
            .sessions(Arc::clone(&self.sessions))
            .tokens(Arc::clone(&self.tokens))
            .issuer(ISSUER)
            .with_clocks(self.clock.clocks())
    }

    async fn create_session(&self, at: UnixTime) -> Created {
        let end = at.saturating_add(Duration::from_secs(3600));
        let authentication = Authentication {
            subject: self.subject.clone(),
            at,
        };
        let hash = VerifierHash::from_bytes([5; 32]);
        let record =
            NewRecord::new(self.session, hash, Some(authentication), end, end, Arc::from([])).unwrap();
        self.sessions
            .create(&record, self.clock.now().wall)
            .await
            .unwrap()
    }

    /// Rotates the family's token of this generation.
    pub(crate) async fn rotate(&self, generation: u32) -> Rotated {
        let family = &self.family;
        let presented = Presented {
            id: family.id,
            secret_hash: family.secret_hash,
            generation,
            client: family.client.clone(),
            confirmation: None,
            next_key: family.key_id,
            idle_deadline: family.idle_deadline,
            grace: Duration::from_secs(10),
        };
        let now = self.clock.now().wall;
        self.tokens.rotate(&presented, now).await.unwrap()
    }

    /// Whether the session and the family are there.
    pub(crate) async fn alive(&self) -> (bool, bool) {
        let now = self.clock.now().wall;
        let family = &self.family;
        (
            self.sessions.load(&self.session, now).await.unwrap().is_some(),
            self.tokens
                .load_family(&family.id, &family.secret_hash, now)
                .await
                .unwrap()
                .is_some(),
        )
    }

    async fn cutoff(&self, issuer: &str) -> Option<UnixTime> {
        let credential = Credential {
            issuer,
            subject: Some("ada"),
            issued_at: None,
            token_id: None,
        };
        self.revocations.look_up(&credential).await.unwrap().cutoff
    }
}

#[tokio::test]
async fn f4_all_that_a_subject_holds_ends_under_one_cutoff() {
    let fixture = Fixture::new().await;
    let lineages = fixture.lineages();
    assert_eq!(fixture.alive().await, (true, true));
    let now = fixture.clock.now().wall;
    let ended = lineages.end_all(&fixture.subject).await.unwrap();
    // Ahead by the skew of the fleet.
    let cutoff = now.saturating_add(Duration::from_secs(2));
    assert_eq!((ended.cutoff, ended.deleted), (cutoff, 2));
    assert_eq!(fixture.alive().await, (false, false));
    for issuer in [LOCAL, ISSUER] {
        assert_eq!(fixture.cutoff(issuer).await, Some(cutoff));
        assert!(lineages.covers(issuer));
    }
    assert_eq!(fixture.cutoff("https://other.example").await, None);
    assert!(!lineages.covers("https://other.example"));
    // Again, to no more effect.
    assert_eq!(lineages.end_all(&fixture.subject).await.unwrap().deleted, 0);
}

#[tokio::test]
async fn f19_a_login_whose_stamp_was_taken_before_leaves_nothing() {
    let fixture = Fixture::new().await;
    let lineages = fixture.lineages();
    let before = lineages.stamp("ada").await.unwrap();
    let ended = lineages.end_all(&fixture.subject).await.unwrap();
    let refused = fixture.create_session(before.authenticated_at()).await;
    assert_eq!(refused, Created::Refused);

    // The next login, once it cannot lie behind a later cut-off any more.
    fixture.clock.advance(1000);
    let after = lineages.stamp("ada").await.unwrap();
    let millis = |stamp: Stamp| stamp.authenticated_at().as_millis();
    assert_eq!(millis(after), ended.cutoff.as_millis() + 1);
    assert!(after.issued_at() > ended.cutoff);
    assert_eq!(
        fixture.create_session(after.authenticated_at()).await,
        Created::Done
    );
    assert_eq!(fixture.alive().await, (true, false));
    // Nobody else's stamp moves.
    let other = lineages.stamp("grace").await.unwrap();
    assert_eq!(other.authenticated_at(), fixture.clock.now().wall);
}

#[tokio::test]
async fn f19_logging_out_everywhere_races_a_refresh_and_leaves_nothing() {
    // A refresh takes a stamp, rotates, and mints an access token by the stamp. Everything ends before its step of this
    // number, or after the last one.
    for step in 0..4 {
        let fixture = Fixture::new().await;
        let lineages = fixture.lineages();
        let end_before = async |number| {
            if step == number {
                let ended = lineages.end_all(&fixture.subject).await.unwrap();
                assert!(ended.cutoff > fixture.clock.now().wall);
                // So long that a stamp taken now need not wait.
                fixture.clock.advance(1000);
            }
        };
        end_before(0).await;
        let stamp = lineages.stamp("ada").await.unwrap();
        end_before(1).await;
        let rotated = fixture.rotate(0).await;
        if step < 2 {
            assert_eq!(rotated, Rotated::Gone, "step {step}: nothing is minted");
        } else {
            assert!(matches!(rotated, Rotated::Done(_)), "step {step}: {rotated:?}");
            end_before(2).await;
            let minted = Credential {
                issuer: ISSUER,
                subject: Some("ada"),
                issued_at: Some(stamp.issued_at()),
                token_id: Some("minted"),
            };
            if step == 3 {
                let (_, gate) = loaded(&fixture.clock, &fixture.revocations).await;
                assert_eq!(gate.check(&minted).await, Ok(()));
            }
            end_before(3).await;
            // At once, and when the clock has passed the cut-off.
            for _ in 0..2 {
                let (_, gate) = loaded(&fixture.clock, &fixture.revocations).await;
                assert_eq!(gate.check(&minted).await, Err(Refused::CutOff), "step {step}");
                fixture.clock.advance(5000);
            }
        }
        // Neither a retry of that refresh nor a refresh by its answer finds the family.
        assert_eq!(fixture.rotate(0).await, Rotated::Gone);
        assert_eq!(fixture.rotate(1).await, Rotated::Gone);
        assert_eq!(fixture.alive().await, (false, false));
    }
}

#[tokio::test]
async fn one_session_can_be_spared() {
    let fixture = Fixture::new().await;
    let ended = fixture
        .lineages()
        .end_others(&fixture.subject, &fixture.session)
        .await;
    assert_eq!(ended.unwrap().deleted, 1);
    assert_eq!(fixture.alive().await, (true, false));
}

#[tokio::test]
async fn f4_a_store_that_fails_spares_none_of_the_others() {
    let fixture = Fixture::new().await;
    let lineages = Lineages::new(Arc::clone(&fixture.revocations))
        .sessions(Unindexed(Arc::clone(&fixture.sessions)))
        .tokens(Arc::clone(&fixture.tokens))
        .with_clocks(fixture.clock.clocks());
    let error = lineages.end_all(&fixture.subject).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    assert_eq!(fixture.alive().await, (true, false));
    assert_ne!(fixture.cutoff(LOCAL).await, None);

    let fixture = Fixture::new().await;
    let lineages = Lineages::new(Arc::clone(&fixture.revocations))
        .sessions(Unindexed(Arc::clone(&fixture.sessions)))
        .tokens(Arc::clone(&fixture.tokens))
        .with_clocks(fixture.clock.clocks());
    let error = lineages.revoke_all().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    assert_eq!(fixture.alive().await, (true, false));
}

#[tokio::test]
async fn everything_ends_after_a_restored_backup() {
    let fixture = Fixture::new().await;
    let cutoff = fixture.lineages().revoke_all().await.unwrap();
    assert_eq!(fixture.alive().await, (false, false));
    assert_eq!(fixture.cutoff("https://other.example").await, Some(cutoff));
}

#[tokio::test]
async fn f6_one_credential_can_be_denied() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now().wall;
    let end = now.saturating_add(Duration::from_secs(3600));
    let denial = Denial::new(LOCAL, "ada", "ticket", now, end).unwrap();
    assert_eq!(fixture.lineages().deny(&denial).await.unwrap(), Denied::Token);
    let credential = |id| Credential {
        issuer: LOCAL,
        subject: Some("ada"),
        issued_at: Some(now),
        token_id: Some(id),
    };
    for (id, denied) in [("ticket", true), ("another", false)] {
        assert_eq!(
            fixture.revocations.look_up(&credential(id)).await.unwrap().denied,
            denied
        );
    }
    assert_eq!(fixture.alive().await, (true, true));
}
