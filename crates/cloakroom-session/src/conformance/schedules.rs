//! Two requests at the same time, in every order in which their operations can reach the store.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::conformance::{Fault, Faulty, Pause};
use cloakroom_store::{DynSessionStore, SubjectIndex};
use tokio::task::JoinHandle;

use super::desk::{Desk, HOUR, MS};
use crate::{Answer, Carried, Client, Session, SessionError, Sessions};

type Outcome = Result<Carried, SessionError>;

/// What a request does with the session that both share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    /// Adds one to a value.
    Count,
    /// Only reads, when it is time for a new token.
    Read,
    Logout,
    Everywhere,
    /// Ends the others, from another session of the subject: so it ends the shared one.
    EndFromElsewhere,
    /// Proves the same subject anew.
    Authenticate,
    /// Logs in as somebody else.
    Switch,
}

impl Act {
    fn ends(self) -> bool {
        matches!(
            self,
            Self::Logout | Self::Everywhere | Self::EndFromElsewhere | Self::Switch
        )
    }

    async fn run(self, session: Session, commit: crate::Commit) -> Outcome {
        match self {
            Self::Count => {
                session
                    .update("total", |old: Option<u64>| Some(old.unwrap_or(0) + 1))
                    .await?;
            }
            Self::Read => {
                session.subject().await?;
            }
            Self::Logout => session.logout()?,
            Self::Everywhere => session.logout_everywhere()?,
            Self::EndFromElsewhere => session.logout_others()?,
            Self::Authenticate => {
                let subject = session.subject().await?.ok_or(SessionError::LoginRequired)?;
                session.login(&subject)?;
            }
            Self::Switch => session.login("somebody else")?,
        }
        commit.finish(Answer::Succeeded).await
    }
}

/// D1 and D3: whatever ends a session beside whatever else, in every order.
pub async fn d1_no_order_of_operations_brings_a_session_back(store: impl SubjectIndex) {
    let stage = Stage::new(store);
    for end in [Act::Logout, Act::Everywhere, Act::EndFromElsewhere, Act::Switch] {
        for other in [Act::Count, Act::Read, Act::Authenticate, Act::Logout] {
            stage.every_order(end, other).await;
        }
    }
}

/// D2, D3: new tokens beside whatever else, in every order.
pub async fn d3_no_order_of_operations_loses_a_session(store: impl SubjectIndex) {
    let stage = Stage::new(store);
    for (renewal, other) in [
        (Act::Read, Act::Read),
        (Act::Read, Act::Count),
        (Act::Read, Act::Authenticate),
        (Act::Authenticate, Act::Authenticate),
        (Act::Authenticate, Act::Count),
    ] {
        stage.every_order(renewal, other).await;
    }
}

/// D4: two increments, in every order.
pub async fn d4_no_order_of_operations_loses_an_increment(store: impl SubjectIndex) {
    Stage::new(store).every_order(Act::Count, Act::Count).await;
}

struct Stage<S> {
    desk: Desk<S>,
    actors: [Actor; 2],
}

/// A server of its own, each of whose operations waits for its turn.
struct Actor {
    sessions: Sessions,
    pause: Pause,
}

impl<S: SubjectIndex> Stage<S> {
    fn new(store: S) -> Self {
        let desk = Desk::with(store, |settings| settings.renew_every(HOUR / 4));
        let actor = || {
            let store = Faulty::new(DynSessionStore::new(desk.store.clone()));
            let pause = Pause::new();
            store.always_all(&Fault::PauseBefore(pause.clone()));
            Actor {
                sessions: desk.sessions_on(store),
                pause,
            }
        };
        let actors = [actor(), actor()];
        Self { desk, actors }
    }

    async fn every_order(&self, first: Act, second: Act) {
        let mut order = Vec::new();
        let mut runs = 0;
        loop {
            self.in_order([first, second], &mut order).await;
            runs += 1;
            assert!(runs < 1_000, "the orders of {first:?} and {second:?} do not end");
            // The next order: the last choice that was for the first request goes to the second.
            while order.last() == Some(&1) {
                order.pop();
            }
            match order.last_mut() {
                Some(choice) => *choice = 1,
                None => return,
            }
        }
    }

    /// Runs both with the choices of `order`, and completes it by those that it had to make.
    async fn in_order(&self, acts: [Act; 2], order: &mut Vec<usize>) {
        self.desk.advance(MS);
        let (shared, elsewhere) = (self.desk.login("alice").await, self.desk.login("alice").await);
        self.desk.advance(HOUR / 4);
        let mut running = Vec::new();
        for (actor, act) in self.actors.iter().zip(acts) {
            let token = if act == Act::EndFromElsewhere {
                &elsewhere
            } else {
                &shared
            };
            let (session, commit) = actor.sessions.begin([token.clone()], Client::default());
            running.push(Running::start(tokio::spawn(act.run(session, commit)), &actor.pause).await);
        }
        let mut made = 0;
        loop {
            let turn = match (running[0].outcome.is_some(), running[1].outcome.is_some()) {
                (true, true) => break,
                (false, true) => 0,
                (true, false) => 1,
                (false, false) => {
                    if made == order.len() {
                        order.push(0);
                    }
                    made += 1;
                    order[made - 1]
                }
            };
            running[turn].step(&self.actors[turn].pause).await;
        }
        let outcomes: Vec<_> = running
            .into_iter()
            .filter_map(|running| running.outcome)
            .collect();
        let case = format!("{acts:?} in order {order:?}: {outcomes:?}");
        self.check(&acts, &outcomes, &shared, &case).await;
    }

    async fn check(&self, acts: &[Act; 2], outcomes: &[Outcome], shared: &SessionToken, case: &str) {
        let row = self.desk.row(shared.selector()).await;
        let mut tokens = vec![shared];
        let (mut ended, mut counted) = (false, 0);
        // Whoever comes after a new authentication in another tab, with the token from before it, is anonymous.
        let outrun = acts.contains(&Act::Authenticate) && row.is_some();
        for (&act, outcome) in acts.iter().zip(outcomes) {
            match outcome {
                Ok(carried) => {
                    ended |= act.ends() && (act == Act::EndFromElsewhere || !outrun);
                    if let Carried::Set { token, .. } = carried {
                        if token.selector() == shared.selector() {
                            assert!(
                                matches!(act, Act::Read | Act::Authenticate | Act::Count),
                                "{case}"
                            );
                            tokens.push(token);
                        } else {
                            self.check_other(act, token, case).await;
                        }
                    }
                    // With a cookie for another session, it was a visitor's: the shared one was over.
                    counted += u64::from(
                        act == Act::Count
                            && !matches!(carried, Carried::Set { token, .. } if token.selector() != shared.selector()),
                    );
                }
                Err(SessionError::Superseded) => assert!(!act.ends(), "{case}"),
                // The session was over when it was read; or the proof was given before all sessions were ended.
                Err(SessionError::LoginRequired | SessionError::Refused) => {
                    assert_eq!(act, Act::Authenticate, "{case}");
                }
                // Nobody had to give up for another reason.
                Err(error) => panic!("{error}: {case}"),
            }
        }
        match row {
            Some(row) => {
                assert!(!ended, "{case}");
                assert!(
                    tokens
                        .iter()
                        .any(|token| token.verifier_hash() == row.verifier_hash),
                    "{case}"
                );
                let session = self.desk.sessions.inner.settings.codec.decode(Arc::new(row));
                let session = session.expect("it was written here");
                let total = session.get("total").expect("it was written here");
                assert_eq!(total.unwrap_or("0"), counted.to_string(), "{case}");
            }
            None => assert!(ended, "{case}"),
        }
    }

    /// A token of another session than the shared one.
    async fn check_other(&self, act: Act, token: &SessionToken, case: &str) {
        let subject = self.desk.row(token.selector()).await.map(|row| {
            assert_eq!(row.verifier_hash, token.verifier_hash(), "{case}");
            row.authentication.map(|known| known.subject.as_str().to_owned())
        });
        match act {
            Act::Switch => assert_eq!(subject, Some(Some("somebody else".to_owned())), "{case}"),
            // Its token was no session's any more when it was read.
            Act::Count => assert_eq!(subject, Some(None), "{case}"),
            // The session that ended the others had its own token renewed.
            Act::EndFromElsewhere => assert_eq!(subject, Some(Some("alice".to_owned())), "{case}"),
            _ => panic!("{case}"),
        }
    }
}

/// A request that waits before its next operation, or is done.
struct Running {
    task: JoinHandle<Outcome>,
    outcome: Option<Outcome>,
}

impl Running {
    async fn start(task: JoinHandle<Outcome>, pause: &Pause) -> Self {
        let mut running = Self { task, outcome: None };
        running.wait(pause).await;
        running
    }

    async fn step(&mut self, pause: &Pause) {
        pause.resume();
        self.wait(pause).await;
    }

    async fn wait(&mut self, pause: &Pause) {
        let mut reached = pin!(pause.reached());
        self.outcome = poll_fn(|context| {
            if let Poll::Ready(outcome) = pin!(&mut self.task).poll(context) {
                return Poll::Ready(Some(outcome.expect("a request does not panic")));
            }
            reached.as_mut().poll(context).map(|()| None)
        })
        .await;
    }
}
