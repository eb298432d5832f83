//! What the scripts of the feed answer.

use cloakroom_core::UnixTime;
use cloakroom_error::{StoreError, StoreErrorKind};
use cloakroom_revocation::{Cursor, Entry, FeedId, Found, Head, Page, PageMark, Polled};
use redis::Value;

use crate::server::unexpected;

/// Where a step stands among the others, and what was drawn with it: 8 bytes each.
pub(super) fn step_bytes(cursor: &Cursor) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (position, tag) = bytes.split_at_mut(8);
    position.copy_from_slice(&cursor.position.to_be_bytes());
    tag.copy_from_slice(&cursor.tag);
    bytes
}

pub(super) fn head(answer: Value) -> Result<Head, StoreError> {
    let [feed, step, time] = <[Value; 3]>::try_from(array(answer)?).map_err(|_| unexpected())?;
    let feed = FeedId(exactly(&bytes(feed)?)?);
    Ok(Head {
        cursor: cursor(feed, &bytes(step)?)?,
        time: server_time(time)?,
    })
}

pub(super) fn page(answer: Value) -> Result<Page, StoreError> {
    let mut answers = array(answer)?.into_iter();
    let (Some(time), Some(next)) = (answers.next(), answers.next()) else {
        return Err(unexpected());
    };
    let next = bytes(next)?;
    Ok(Page {
        entries: entries(answers)?,
        next: (!next.is_empty()).then(|| PageMark(next.into())),
        time: server_time(time)?,
    })
}

pub(super) fn polled(feed: FeedId, answer: Value) -> Result<Polled, StoreError> {
    if answer == Value::Int(0) {
        return Ok(Polled::Reload);
    }
    let mut answers = array(answer)?.into_iter();
    let (Some(time), Some(step), Some(Value::Int(more))) = (answers.next(), answers.next(), answers.next())
    else {
        return Err(unexpected());
    };
    Ok(Polled::Entries {
        entries: entries(answers)?,
        cursor: cursor(feed, &bytes(step)?)?,
        more: more != 0,
        time: server_time(time)?,
    })
}

/// What was found of a token, a subject and everything.
pub(super) fn found(answer: Value) -> Result<Found, StoreError> {
    let [time, token, subject, all] = <[Value; 4]>::try_from(array(answer)?).map_err(|_| unexpected())?;
    let entry = |value: Value| -> Result<Option<Entry>, StoreError> {
        let bytes = bytes(value)?;
        (!bytes.is_empty()).then(|| decode(&bytes)).transpose()
    };
    let denied = match entry(token)? {
        None => false,
        Some(Entry::Token { .. }) => true,
        Some(_) => return Err(corrupt("an entry under another's name")),
    };
    let cutoff = |found: Option<Entry>| match found {
        None => Ok(None),
        Some(Entry::Subject { at, .. } | Entry::All { at }) => Ok(Some(at)),
        Some(Entry::Token { .. }) => Err(corrupt("an entry under another's name")),
    };
    Ok(Found {
        denied,
        cutoff: cutoff(entry(subject)?)?.max(cutoff(entry(all)?)?),
        time: server_time(time)?,
    })
}

/// A cut-off: a time as rows have it.
pub(super) fn cutoff(answer: Value) -> Result<UnixTime, StoreError> {
    let time = exactly(&bytes(answer)?)?;
    Ok(UnixTime::from_millis(i64::from_be_bytes(time)))
}

fn entries(answers: impl Iterator<Item = Value>) -> Result<Vec<Entry>, StoreError> {
    answers.map(|answer| decode(&bytes(answer)?)).collect()
}

fn decode(bytes: &[u8]) -> Result<Entry, StoreError> {
    Entry::decode(bytes).map_err(corrupt)
}

fn cursor(feed: FeedId, step: &[u8]) -> Result<Cursor, StoreError> {
    let step: [u8; 16] = exactly(step)?;
    let (position, tag) = step.split_at(8);
    Ok(Cursor {
        feed,
        position: u64::from_be_bytes(exactly(position)?),
        tag: exactly(tag)?,
    })
}

/// Seconds and microseconds, each as text.
fn server_time(answer: Value) -> Result<UnixTime, StoreError> {
    let [seconds, micros] = <[Value; 2]>::try_from(array(answer)?).map_err(|_| unexpected())?;
    let number = |value: Value| -> Result<i64, StoreError> {
        let text = String::from_utf8(bytes(value)?).map_err(|_| unexpected())?;
        text.parse().map_err(|_| unexpected())
    };
    let seconds = number(seconds)?.checked_mul(1000);
    let millis = seconds.and_then(|millis| millis.checked_add(number(micros).ok()? / 1000));
    millis.map(UnixTime::from_millis).ok_or_else(unexpected)
}

fn array(value: Value) -> Result<Vec<Value>, StoreError> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(unexpected()),
    }
}

fn bytes(value: Value) -> Result<Vec<u8>, StoreError> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(unexpected()),
    }
}

/// What somebody has written may be of any length.
fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes
        .try_into()
        .map_err(|_| corrupt("an id, a step or a cut-off of another length"))
}

fn corrupt(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, what)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FEED: FeedId = FeedId([1; 16]);

    fn text(text: &[u8]) -> Value {
        Value::BulkString(text.into())
    }

    fn time() -> Value {
        Value::Array(vec![text(b"1767225600"), text(b"123999")])
    }

    #[test]
    fn a_poll_is_read_as_it_was_written() {
        let entry = Entry::All {
            at: UnixTime::from_millis(7),
        };
        let mut step = [0; 16];
        step[7] = 9;
        step[8..].fill(2);
        let answer = Value::Array(vec![time(), text(&step), Value::Int(1), text(&entry.encode())]);
        let cursor = Cursor {
            feed: FEED,
            position: 9,
            tag: [2; 8],
        };
        assert_eq!(step_bytes(&cursor), step);
        let expected = Polled::Entries {
            entries: vec![entry],
            cursor,
            more: true,
            time: UnixTime::from_millis(1_767_225_600_123),
        };
        assert_eq!(polled(FEED, answer).unwrap(), expected);
        assert_eq!(polled(FEED, Value::Int(0)).unwrap(), Polled::Reload);
    }

    #[test]
    fn entries_and_steps_that_are_none_are_corrupt() {
        let kind = |answer: Vec<Value>| polled(FEED, Value::Array(answer)).unwrap_err().kind();
        let step = [0; 16];
        let answers = [
            vec![time(), text(&step), Value::Int(0), text(b"")],
            vec![time(), text(&step), Value::Int(0), text(b"\x01\x04")],
            vec![time(), text(&step[1..]), Value::Int(0)],
        ];
        for answer in answers {
            assert_eq!(kind(answer), StoreErrorKind::Corrupt);
        }
        let all = Entry::All { at: UnixTime::EPOCH }.encode();
        let answer = Value::Array(vec![time(), text(&all), text(b""), text(b"")]);
        assert_eq!(found(answer).unwrap_err().kind(), StoreErrorKind::Corrupt);
        assert_eq!(cutoff(text(b"soon")).unwrap_err().kind(), StoreErrorKind::Corrupt);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::Int),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::BulkString),
            Just(Value::Nil),
            Just(time()),
        ];
        leaf.prop_recursive(2, 12, 6, |inner| {
            prop::collection::vec(inner, 0..6).prop_map(Value::Array)
        })
    }

    proptest! {
        #[test]
        fn whatever_a_server_answers_nothing_panics(answer in value()) {
            let _ = head(answer.clone());
            let _ = page(answer.clone());
            let _ = polled(FEED, answer.clone());
            let _ = found(answer.clone());
            let _ = cutoff(answer);
        }

        #[test]
        fn whatever_entry_is_stored_nothing_panics(entry in prop::collection::vec(any::<u8>(), 0..60)) {
            let answer = Value::Array(vec![time(), text(&[0; 16]), Value::Int(0), text(&entry)]);
            match polled(FEED, answer) {
                Ok(_) => prop_assert!(Entry::decode(&entry).is_ok()),
                Err(error) => prop_assert_eq!(error.kind(), StoreErrorKind::Corrupt),
            }
        }
    }
}
