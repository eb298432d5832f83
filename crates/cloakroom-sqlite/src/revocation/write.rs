//! What writes revocations: each a transaction that begins IMMEDIATE. SQLite lets one writer in at a time, so the order of
//! positions is the order of commits.

use cloakroom_core::UnixTime;
use cloakroom_revocation::{Denial, Denied, EntryRow, Fleet};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Error, Row as _};

use crate::revocation::sql;

/// What is to be written.
pub(super) enum Revocation<'a> {
    Denial(&'a Denial),
    CutOff { issuer: &'a str, subject: &'a str },
    All,
}

/// A row to be written unless all that it says is known.
struct Wanted<'a> {
    kind: i64,
    issuer: &'a str,
    name: &'a str,
    subject: Option<&'a str>,
    at: UnixTime,
    keep_until: UnixTime,
}

/// One transaction. sqlx rolls it back when this future is dropped, before the connection's next statement.
pub(super) async fn write(
    writer: &mut SqliteConnection,
    fleet: &Fleet,
    revocation: &Revocation<'_>,
    tag: [u8; 8],
    now: UnixTime,
) -> Result<Denied, Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    // Read once nobody else writes. A cut-off counts by the later clock.
    let later = now.max(UnixTime::now());
    let wanted = match revocation {
        Revocation::Denial(denial) if has_room(&mut transaction, fleet, denial, now).await? => Wanted {
            kind: EntryRow::TOKEN,
            issuer: denial.issuer(),
            name: denial.token_id(),
            subject: Some(denial.subject()),
            at: UnixTime::EPOCH,
            keep_until: denial.keep_until(fleet),
        },
        Revocation::Denial(denial) => {
            let from = denial.cut_off_from(fleet, later);
            cut_off(fleet, denial.issuer(), denial.subject(), from)
        }
        Revocation::CutOff { issuer, subject } => cut_off(fleet, issuer, subject, later),
        Revocation::All => Wanted {
            kind: EntryRow::ALL,
            keep_until: UnixTime::MAX,
            ..cut_off(fleet, "", "", later)
        },
    };
    let at = step(&mut transaction, &wanted, tag).await?;
    transaction.commit().await?;
    Ok(match wanted.kind {
        EntryRow::TOKEN => Denied::Token,
        _ => Denied::Subject(at),
    })
}

fn cut_off<'a>(fleet: &Fleet, issuer: &'a str, subject: &'a str, now: UnixTime) -> Wanted<'a> {
    let at = now.saturating_add(fleet.max_skew);
    Wanted {
        kind: EntryRow::SUBJECT,
        issuer,
        name: subject,
        subject: None,
        at,
        keep_until: at.saturating_add(fleet.longest_age).saturating_add(fleet.leeway),
    }
}

/// Whether the credential can be denied, and its subject need not be cut off.
async fn has_room(
    connection: &mut SqliteConnection,
    fleet: &Fleet,
    denial: &Denial,
    now: UnixTime,
) -> Result<bool, Error> {
    // What is kept until then or before is not live any more.
    let dead = now.saturating_sub(fleet.max_skew).as_millis();
    let most = i64::try_from(fleet.max_entries).unwrap_or(i64::MAX);
    let crowd = sqlx::query(sql::CROWD)
        .bind(denial.issuer())
        .bind(denial.token_id())
        .bind(denial.subject())
        .bind(dead)
        .bind(most)
        .fetch_one(connection)
        .await?;
    let denied_until: Option<i64> = crowd.try_get(0)?;
    let denials: i64 = crowd.try_get(1)?;
    let entries: i64 = crowd.try_get(2)?;
    Ok(denied_until.is_some_and(|until| until > dead)
        || denials < i64::from(Fleet::DENIALS_PER_SUBJECT) && entries < most)
}

/// Writes the row as a step of the feed if it says anything new, and tells its cut-off. Nothing is ever moved back.
async fn step(
    connection: &mut SqliteConnection,
    wanted: &Wanted<'_>,
    tag: [u8; 8],
) -> Result<UnixTime, Error> {
    let old = sqlx::query(sql::ENTRY)
        .bind(wanted.kind)
        .bind(wanted.issuer)
        .bind(wanted.name)
        .fetch_optional(&mut *connection)
        .await?;
    let (mut at, mut keep_until) = (wanted.at.as_millis(), wanted.keep_until.as_millis());
    if let Some(old) = &old {
        let (old_at, old_until): (i64, i64) = (old.try_get(0)?, old.try_get(1)?);
        let is_longer = wanted.kind == EntryRow::TOKEN && keep_until > old_until;
        if at <= old_at && !is_longer {
            return Ok(UnixTime::from_millis(old_at));
        }
        at = at.max(old_at);
        keep_until = keep_until.max(old_until);
    }
    let is_counted = old.is_none() && wanted.kind != EntryRow::ALL;
    let position: i64 = sqlx::query(sql::NEXT)
        .bind(i64::from(is_counted))
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    sqlx::query(sql::STEP)
        .bind(position)
        .bind(&tag[..])
        .execute(&mut *connection)
        .await?;
    sqlx::query(sql::WRITE)
        .bind(wanted.kind)
        .bind(wanted.issuer)
        .bind(wanted.name)
        .bind(wanted.subject)
        .bind(at)
        .bind(keep_until)
        .bind(position)
        .execute(connection)
        .await?;
    Ok(UnixTime::from_millis(at))
}
