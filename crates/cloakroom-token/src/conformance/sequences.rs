use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, SubjectTag, TokenHash};
use cloakroom_kit::{History, ORDERS};

use super::Tested;
use super::check::{listed, race};
use super::fixture::{DAY, NOW, Random, after, client, confirmation, family_id, hash, key};
use super::model::Model;
use super::step::Step;
use crate::{AccessToken, Family, NewFamily, Presented, TokenStore};

const SEQUENCES: u64 = 48;
const STEPS: usize = 70;
const ROUNDS: u64 = 120;

/// Forty-eight sequences of seventy operations, drawn at random from a few families of a few subjects whose deadlines and
/// cut-offs are never far: each answer is the one of the [`Model`], and so is what is there in the end.
pub async fn model_and_store_agree_on_any_sequence(tested: impl Tested) {
    let model = Model::new();
    for seed in 0..SEQUENCES {
        run_sequence(tested.store(), &model, seed).await;
    }
}

/// One sequence of [`model_and_store_agree_on_any_sequence`], to look into one that failed, or to run more of them. Both
/// stores hold the same before, and do afterwards; sequences on one store have rising seeds.
pub async fn run_sequence(store: &impl TokenStore, model: &Model, seed: u64) {
    let mut world = World::new(seed);
    for number in 0..STEPS {
        let step = world.draw(model);
        world.note(&number, &step);
        world.take(store, model, &step).await;
    }
    world
        .history
        .compare(&world.see(store).await, &world.see(model).await);
}

/// Operations four at a time, side by side after a few one after the other: there is an order in which the model gives
/// the same answers and comes to the same end.
pub async fn model_and_store_agree_on_operations_side_by_side(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..ROUNDS {
        let (mut world, model) = (World::new(SEQUENCES + round), Model::new());
        // Fewer, so that operations meet.
        world.places.truncate(2);
        world.subjects.truncate(1);
        for place in &mut world.places {
            place.id = family_id(world.subjects[0].tag());
        }
        for number in 0..10 {
            let step = world.draw_one_step(&model);
            world.note(&number, &step);
            world.take(tested.store(), &model, &step).await;
        }
        let mut steps = Vec::new();
        for _ in 0..4 {
            let step = world.draw_one_step(&model);
            world.note(&"beside", &step);
            steps.push((step, world.now));
        }
        let answers = race(
            round,
            steps.clone().into_iter().map(|(step, now)| {
                let tested = Arc::clone(&tested);
                async move { step.apply(tested.store(), now).await }
            }),
        )
        .await;
        let end = world.see(tested.store()).await;
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

/// What a sequence draws from.
struct World {
    random: Random,
    now: UnixTime,
    subjects: Vec<Subject>,
    places: Vec<Place>,
    hashes: Vec<TokenHash>,
    history: History,
}

/// A family that there is, was or will be.
#[derive(Clone)]
struct Place {
    id: Selector,
    secret_hash: TokenHash,
}

/// All that there is to be seen.
#[derive(PartialEq, Debug)]
struct Seen {
    families: Vec<Family>,
    listed: Vec<Family>,
    access: Vec<AccessToken>,
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
        let places = [tag, tag, tag, other].map(|tag| Place {
            id: family_id(tag),
            secret_hash: hash(),
        });
        // The day after that of the sequence before, whose cut-offs end nothing of this one.
        let day = i64::try_from(seed % 100_000).expect("it is small") * DAY;
        Self {
            random,
            now: after(NOW, day),
            subjects,
            places: places.into(),
            hashes: (0..5).map(|_| hash()).collect(),
            history: History::new(seed),
        }
    }

    fn time(&mut self, start: i64, end: i64) -> UnixTime {
        after(self.now, self.random.between(start, end))
    }

    /// A time about the cut-off of this subject, if there is one, or else within the range.
    fn time_near(&mut self, cutoff: Option<UnixTime>, start: i64, end: i64) -> UnixTime {
        match cutoff.filter(|cutoff| *cutoff > after(self.now, -1000)) {
            Some(cutoff) if self.random.one_in(2) => after(cutoff, self.random.between(-2, 3)),
            _ => self.time(start, end),
        }
    }

    fn place(&mut self) -> Place {
        self.random.any(&self.places)
    }

    fn draw(&mut self, model: &Model) -> Step {
        // The clocks of two servers differ by a few milliseconds.
        if !self.random.one_in(3) {
            self.now = self.time(-2, 9);
        }
        let (place, who) = (self.place(), self.random.any(&self.subjects));
        match self.random.below(30) {
            0..=4 => self.draw_family(model),
            5..=15 => self.draw_token(&place, model),
            16 => Step::Load(place.id, place.secret_hash),
            17 => {
                let secret_hash = if self.random.one_in(3) {
                    hash()
                } else {
                    place.secret_hash
                };
                Step::End(
                    place.id,
                    secret_hash,
                    client(self.random.any(&["app", "app", "web"])),
                )
            }
            18 => Step::EndOne(who, place.id),
            19 => {
                let after = self.random.one_in(2).then_some(place.id);
                Step::List(
                    who,
                    after,
                    NonZeroU32::new(self.random.any(&[1, 2, 100])).expect("it is not 0"),
                )
            }
            20 => {
                let cutoff = self.time_near(model.cutoff(&who), -30, 4);
                Step::RevokeSubject(who, cutoff)
            }
            21 => Step::RevokeAll(self.time_near(model.cutoff(&who), -12, 2)),
            22 => Step::Purge(NonZeroU32::new(self.random.any(&[1, 2, 100])).expect("it is not 0")),
            23..=26 => self.draw_access(model),
            27 => Step::EndAccess(
                self.random.any(&self.hashes),
                client(self.random.any(&["app", "app", "web"])),
            ),
            _ => Step::LoadAccess(self.random.any(&self.hashes)),
        }
    }

    /// An operation that every store does at once: a purge goes by batches, a cut-off of the whole store may be set in one
    /// place after the other, and what concerns two rows may read one after the other.
    fn draw_one_step(&mut self, model: &Model) -> Step {
        loop {
            match self.draw(model) {
                Step::Purge(_)
                | Step::RevokeAll(_)
                | Step::List(..)
                | Step::CreateAccess(_)
                | Step::LoadAccess(_)
                | Step::EndAccess(..) => {}
                step => return step,
            }
        }
    }

    fn draw_family(&mut self, model: &Model) -> Step {
        let index = usize::try_from(self.random.below(self.places.len() as u64)).expect("it is small");
        if model.family(&self.places[index].id).is_none() {
            // An id is drawn once: another family never gets it.
            let tag = self.places[index].id.tag();
            self.places[index] = Place {
                id: family_id(tag),
                secret_hash: hash(),
            };
        }
        let place = self.places[index].clone();
        let fitting: Vec<Subject> = self
            .subjects
            .iter()
            .filter(|subject| subject.tag() == place.id.tag())
            .cloned()
            .collect();
        let subject = self.random.any(&fitting);
        let family = NewFamily {
            id: place.id,
            secret_hash: place.secret_hash,
            client: client(self.random.any(&["app", "app", "web"])),
            authenticated_at: self.time_near(model.cutoff(&subject), -15, 3),
            subject,
            confirmation: self.random.any(&[None, None, Some(confirmation(1))]),
            key_id: key(u32::from(self.random.byte())),
            idle_deadline: self.time(1, 150),
            absolute_deadline: self.time(1, 400),
            data: [self.random.byte()].into(),
        };
        Step::Create(family)
    }

    fn draw_token(&mut self, place: &Place, model: &Model) -> Step {
        let row = model.family(&place.id);
        let newest = row.as_ref().map_or(0, |row| row.generation);
        let newest = u32::try_from(newest).expect("nobody rotates that often");
        let behind = self.random.any(&[0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 3]);
        let generation = match self.random.below(20) {
            0 => newest + 1,
            _ => newest.saturating_sub(behind),
        };
        let row = row.filter(|_| !self.random.one_in(8));
        let secret_hash = if self.random.one_in(20) {
            hash()
        } else {
            place.secret_hash
        };
        Step::Rotate(Presented {
            id: place.id,
            secret_hash,
            generation,
            client: row
                .as_ref()
                .map_or_else(|| client("web"), |row| row.client.clone()),
            confirmation: row.map_or(Some(confirmation(2)), |row| row.confirmation),
            next_key: key(u32::from(self.random.byte())),
            idle_deadline: self.time(-10, 150),
            grace: Duration::from_millis(self.random.any(&[0, 4, 8, 30, 60])),
        })
    }

    fn draw_access(&mut self, model: &Model) -> Step {
        let place = self.place();
        let row = model.family(&place.id).filter(|_| !self.random.one_in(3));
        let subject = match &row {
            Some(row) => row.subject.clone(),
            None => self.random.any(&self.subjects),
        };
        Step::CreateAccess(AccessToken {
            hash: self.random.any(&self.hashes),
            client: client(self.random.any(&["app", "app", "web"])),
            authenticated_at: self.time_near(model.cutoff(&subject), -15, 3),
            subject,
            family: row.map(|row| row.id),
            confirmation: self.random.any(&[None, Some(confirmation(1))]),
            issued_at: self.now,
            expires_at: self.time(0, 100),
            data: [self.random.byte()].into(),
        })
    }

    async fn take(&self, store: &impl TokenStore, model: &Model, step: &Step) {
        let answer = step.apply(store, self.now).await;
        if let Err(expected) = step.explain(model, self.now, &answer).await {
            self.history.compare(&answer, &expected);
        }
        self.history
            .compare(&self.see(store).await, &self.see(model).await);
    }

    async fn see(&self, store: &impl TokenStore) -> Seen {
        let (mut families, mut lists, mut access) = (Vec::new(), Vec::new(), Vec::new());
        for place in &self.places {
            families.extend(super::check::ok(
                store.load_family(&place.id, &place.secret_hash, self.now).await,
            ));
        }
        for subject in &self.subjects {
            lists.extend(listed(store, subject, self.now).await);
        }
        for hash in &self.hashes {
            access.extend(super::check::ok(store.load_access(hash, self.now).await));
        }
        Seen {
            families,
            listed: lists,
            access,
        }
    }

    fn note(&mut self, number: &impl Debug, step: &Step) {
        self.history
            .note(format!("{number:?} at {:?}: {step:?}", self.now));
    }
}
