use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, SubjectTag};
use cloakroom_kit::{History, ORDERS};

use super::check::{listed_by, ok, race};
use super::fixture::{HOUR, NOW, Random, after, selector, verifier_hash};
use super::model::{Model, is_of};
use super::step::Step;
use crate::{
    Authentication, Change, NewRecord, Rotation, RotationReason, SessionStore as _, Stored, Subject,
    SubjectIndex, Version,
};

const SEQUENCES: u64 = 64;
const STEPS: usize = 60;

/// Sixty-four sequences of sixty operations, drawn at random from a few sessions of a few subjects whose deadlines and
/// cut-offs are never far: each answer is the one of the [`Model`], and so is what is there in the end.
pub async fn model_and_store_agree_on_any_sequence(store: impl SubjectIndex) {
    let model = Model::new();
    for seed in 0..SEQUENCES {
        run_sequence(&store, &model, seed).await;
    }
}

/// One sequence of [`model_and_store_agree_on_any_sequence`], to look into one that failed, or to run more of them.
/// Both stores hold the same before, and do afterwards; sequences on one store have rising seeds.
pub async fn run_sequence(store: &impl SubjectIndex, model: &Model, seed: u64) {
    let mut world = World::new(seed);
    for number in 0..STEPS {
        let step = world.draw(model);
        let now = world.now;
        world.history.note(format!("{number:2} at {now:?}: {step:?}"));
        world.take(store, model, &step).await;
    }
    for selector in world.selectors.clone() {
        world.compare_loads(store, model, &selector).await;
    }
    for subject in world.subjects.clone() {
        world.compare_lists(store, model, &subject, 2).await;
    }
}

/// Operations of the same kind four at a time, side by side after a few one after the other: there is an order in which
/// the model gives the same answers and comes to the same end.
pub async fn model_and_store_agree_on_operations_side_by_side(store: impl SubjectIndex) {
    let store = Arc::new(store);
    for round in 0..ROUNDS {
        let (mut world, model) = (World::new(SEQUENCES + round), Model::new());
        // Fewer, so that operations meet.
        world.selectors.truncate(2);
        for _ in 0..10 {
            let step = world.draw_one_of_one_subject(&model);
            world.history.note(format!("first at {:?}: {step:?}", world.now));
            world.take(&*store, &model, &step).await;
        }
        let mut steps = Vec::new();
        for _ in 0..4 {
            let step = world.draw_one_of_one_subject(&model);
            world
                .history
                .note(format!("side by side at {:?}: {step:?}", world.now));
            steps.push((Arc::new(step), world.now));
        }
        let answers = race(
            round,
            steps.clone().into_iter().map(|(step, now)| {
                let store = Arc::clone(&store);
                async move { step.apply(&*store, now).await }
            }),
        )
        .await;
        let end = world.see(&*store).await;
        let mut explained = false;
        for order in ORDERS {
            let (model, mut fits) = (model.clone(), true);
            for number in order {
                let (step, now) = &steps[number];
                fits &= step.fits(&model, *now, &answers[number]).await;
            }
            explained = explained || (fits && world.see(&model).await == end);
        }
        world.history.expect(explained, || {
            format!("no order explains the answers\n  {answers:?}\nand the end\n  {end:?}")
        });
    }
}

const ROUNDS: u64 = 150;

/// What a sequence draws from.
struct World {
    random: Random,
    now: UnixTime,
    subjects: Vec<Subject>,
    selectors: Vec<Selector>,
    history: History,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let tag = SubjectTag::from_bytes([random.byte(), random.byte()]);
        let other = SubjectTag::from_bytes([tag.as_bytes()[0], random.byte()]);
        let subjects = [("ann", tag), ("Ann", tag), ("ben", other)]
            .map(|(name, tag)| {
                Subject::from_parts(&format!("{name} {seed}"), tag).expect("there can be such subjects")
            })
            .into();
        let selectors = [tag, tag, tag, tag, other, other].map(selector).into();
        // The day after that of the sequence before, whose cut-offs end nothing of this one.
        let day = i64::try_from(seed % 100_000).expect("it is small") * 24 * HOUR;
        Self {
            random,
            now: after(NOW, day),
            subjects,
            selectors,
            history: History::new(seed),
        }
    }

    fn time(&mut self, start: i64, end: i64) -> UnixTime {
        after(self.now, self.random.between(start, end))
    }

    /// A time about the cut-off of this authentication, if there is one, or else within the range.
    fn time_near(&mut self, cutoff: Option<UnixTime>, start: i64, end: i64) -> UnixTime {
        match cutoff {
            Some(cutoff) if self.random.one_in(2) => after(cutoff, self.random.between(-2, 3)),
            _ => self.time(start, end),
        }
    }

    fn selector(&mut self) -> Selector {
        self.random.any(&self.selectors)
    }

    fn subject(&mut self) -> Subject {
        self.random.any(&self.subjects)
    }

    /// The version of the row, mostly.
    fn version(&mut self, row: Option<&Stored>) -> Version {
        let current = row.map_or(Version::FIRST, |row| row.version);
        if self.random.one_in(4) {
            Version::from_number(self.random.below(current.number() + 3))
        } else {
            current
        }
    }

    fn payload(&mut self) -> Vec<u8> {
        let length = self.random.below(20);
        (0..length).map(|_| self.random.byte()).collect()
    }

    fn draw(&mut self, model: &Model) -> Step {
        // The clocks of two servers differ by a few milliseconds.
        let cutoff = model.cutoff(None).filter(|cutoff| self.time(-20, -19) < *cutoff);
        self.now = match (self.random.below(6), cutoff) {
            (0..=1, _) => self.now,
            (2, Some(cutoff)) => after(cutoff, self.random.between(-1, 2)),
            _ => self.time(-2, 12),
        };
        let selector = self.selector();
        let row = model.row(&selector);
        match self.random.below(26) {
            0..=5 => self.draw_creation(selector, model),
            6..=7 => Step::Load(selector),
            8..=11 => {
                let expect = self.version(row.as_ref());
                let payload = self.payload().into();
                let idle_deadline = self.time(-20, 120);
                Step::Update(
                    selector,
                    expect,
                    Change {
                        payload,
                        idle_deadline,
                    },
                )
            }
            12..=13 => Step::Touch(selector, self.time(-20, 200)),
            14..=17 => self.draw_rotation(selector, row.as_ref(), model),
            18 => Step::Delete(selector),
            19 => {
                let sizes = [1, 2, 3, 100].map(|size| NonZeroU32::new(size).expect("it is not 0"));
                Step::Purge(self.random.any(&sizes))
            }
            20 => Step::List(self.subject(), self.random.any(&[1, 2, 100])),
            21 => Step::DeleteOne(self.subject(), selector),
            22..=24 => {
                let (subject, time) = (self.subject(), self.time(-30, 4));
                // Whether a row of the subject's own that is not live is spared does not show, but in a purge.
                let own: Vec<Selector> = self
                    .selectors
                    .iter()
                    .copied()
                    .filter(|selector| model.row(selector).is_some_and(|row| is_of(&row, &subject)))
                    .collect();
                let except = match own.as_slice() {
                    [_, ..] if !self.random.one_in(3) => Some(self.random.any(&own)),
                    _ => (!self.random.one_in(2)).then_some(selector),
                };
                let dead =
                    |selector: &Selector| own.contains(selector) && model.live(selector, time).is_none();
                Step::DeleteBySubject(subject, except.filter(|selector| !dead(selector)), time)
            }
            _ if self.random.one_in(2) => Step::RevokeAll(self.time_near(model.cutoff(None), -8, 4)),
            _ => Step::Load(selector),
        }
    }

    fn draw_creation(&mut self, selector: Selector, model: &Model) -> Step {
        let fitting: Vec<Subject> = self
            .subjects
            .iter()
            .filter(|subject| subject.tag() == selector.tag())
            .cloned()
            .collect();
        let authentication = (!self.random.one_in(4)).then(|| {
            let subject = self.random.any(&fitting);
            let mut known = Authentication {
                subject,
                at: self.now,
            };
            known.at = self.time_near(model.cutoff(Some(&known)), -15, 3);
            known
        });
        let (idle, absolute) = (self.time(1, 200), self.time(1, 400));
        let payload = self.payload().into();
        let record = NewRecord::new(selector, verifier_hash(), authentication, idle, absolute, payload);
        Step::Create(record.expect("the subject fits the selector"))
    }

    fn draw_rotation(&mut self, selector: Selector, row: Option<&Stored>, model: &Model) -> Step {
        let old = match row {
            Some(row) if !self.random.one_in(6) => row.verifier_hash,
            _ => verifier_hash(),
        };
        let cutoff = model.cutoff(row.and_then(|row| row.authentication.as_ref()));
        let authenticated_at = self.random.one_in(2).then(|| self.time_near(cutoff, -15, 2));
        let later = self.time(-50, 600);
        let data = if self.random.one_in(2) {
            Some((self.version(row), self.payload().into()))
        } else {
            None
        };
        let rotation = Rotation {
            verifier_hash: verifier_hash(),
            reason: if authenticated_at.is_some() {
                RotationReason::Authentication
            } else {
                RotationReason::Periodic
            },
            authenticated_at,
            idle_deadline: self.time(-20, 200),
            absolute_deadline: (!self.random.one_in(3)).then_some(later),
            data,
        };
        Step::Rotate(selector, old, rotation)
    }

    async fn take(&self, store: &impl SubjectIndex, model: &Model, step: &Step) {
        match step {
            Step::Purge(size) => loop {
                // Which rows go first is the store's business, so both go on until there is none.
                let left = ok(store.purge_expired(self.now, *size).await);
                let right = ok(model.purge_expired(self.now, *size).await);
                self.history.compare(&left, &right);
                if right == 0 {
                    return;
                }
            },
            Step::List(subject, limit) => return self.compare_lists(store, model, subject, *limit).await,
            _ => {}
        }
        let answer = step.apply(store, self.now).await;
        if let Err(expected) = step.explain(model, self.now, &answer).await {
            self.history.compare(&answer, &expected);
        }
        match step {
            Step::DeleteBySubject(..) | Step::RevokeAll(_) => {
                for subject in &self.subjects {
                    self.compare_lists(store, model, subject, 100).await;
                }
            }
            _ => {
                for selector in &self.selectors {
                    self.compare_loads(store, model, selector).await;
                }
            }
        }
    }

    /// An operation that every store does at once: a purge goes by batches, and a cut-off of the whole store may be set
    /// in one place after the other.
    fn draw_one_of_one_subject(&mut self, model: &Model) -> Step {
        loop {
            match self.draw(model) {
                Step::Purge(_) | Step::List(..) | Step::RevokeAll(_) => {}
                step => return step,
            }
        }
    }

    /// All that there is to be seen.
    async fn see(&self, store: &impl SubjectIndex) -> Vec<Stored> {
        let mut seen = Vec::new();
        for selector in &self.selectors {
            seen.extend(ok(store.load(selector, self.now).await));
        }
        for subject in &self.subjects {
            seen.extend(listed_by(store, subject, 100, self.now).await);
        }
        seen
    }

    async fn compare_loads(&self, store: &impl SubjectIndex, model: &Model, selector: &Selector) {
        let (left, right) = (
            store.load(selector, self.now).await,
            model.load(selector, self.now).await,
        );
        self.history.compare(&ok(left), &ok(right));
    }

    async fn compare_lists(&self, store: &impl SubjectIndex, model: &Model, subject: &Subject, limit: u32) {
        let left = listed_by(store, subject, limit, self.now).await;
        let right = listed_by(model, subject, limit, self.now).await;
        self.history.compare(&left, &right);
    }
}
