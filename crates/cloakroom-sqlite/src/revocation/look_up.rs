use cloakroom_core::UnixTime;
use cloakroom_revocation::{Credential, Entry, Found};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Error, Row as _};

use crate::revocation::sql;

/// What is known of a credential, and this machine's clock.
pub(super) async fn look_up(
    connection: &mut SqliteConnection,
    credential: &Credential<'_>,
) -> Result<Found, Error> {
    // What is no name is in no entry.
    let name = |name: &&str| Entry::check_names(&[name]).is_ok();
    let row = sqlx::query(sql::LOOK_UP)
        .bind(Some(credential.issuer).filter(name))
        .bind(credential.token_id.filter(name))
        .bind(credential.subject.filter(name))
        .fetch_one(connection)
        .await?;
    let cutoff = |at: usize| row.try_get::<Option<i64>, _>(at);
    Ok(Found {
        denied: row.try_get(0)?,
        cutoff: cutoff(1)?.max(cutoff(2)?).map(UnixTime::from_millis),
        time: UnixTime::now(),
    })
}

/// The same while nobody writes: every cut-off is there whose writer has read the clock, for it does so after it has begun as
/// this does. sqlx rolls it back when this future is dropped, before the connection's next statement.
pub(super) async fn look_up_alone(
    connection: &mut SqliteConnection,
    credential: &Credential<'_>,
) -> Result<Found, Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found = look_up(&mut transaction, credential).await?;
    transaction.commit().await?;
    Ok(found)
}
