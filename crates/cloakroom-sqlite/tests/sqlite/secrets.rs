use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::cloakroom_id::SessionToken;
use cloakroom_store::conformance::fixture::{self, NOW, at};
use cloakroom_store::{
    Authentication, Created, NewRecord, Rotated, Rotation, SessionStore as _, SubjectIndex as _,
};

/// What is in the database's files, those of its log among them.
fn files(directory: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        all.extend(std::fs::read(&path).unwrap());
        names.push(path.file_name().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["s.db", "s.db-shm", "s.db-wal"]);
    all
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn d8_no_file_holds_a_token_or_a_verifier() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteSessionStore::open(directory.path().join("s.db"))
        .await
        .unwrap();
    let subject = fixture::subject("ada");
    let mut tokens = Vec::new();
    for number in 0..20 {
        let token = SessionToken::generate(Some(subject.tag())).unwrap();
        let record = NewRecord::new(
            token.selector(),
            token.verifier_hash(),
            Some(Authentication {
                subject: subject.clone(),
                at: NOW,
            }),
            at(fixture::HOUR),
            at(12 * fixture::HOUR),
            std::sync::Arc::from(*b"the data of a session"),
        )
        .unwrap();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        assert!(store.load(&token.selector(), NOW).await.unwrap().is_some());
        if number % 2 == 0 {
            let renewed = SessionToken::renewed(token.selector()).unwrap();
            let rotation = Rotation {
                verifier_hash: renewed.verifier_hash(),
                ..fixture::rotation()
            };
            let done = store
                .rotate(&token.selector(), &token.verifier_hash(), &rotation, at(1))
                .await;
            assert!(matches!(done.unwrap(), Rotated::Done(_)));
            tokens.push(renewed);
        }
        if number % 5 == 0 {
            assert!(store.delete_one(&subject, &token.selector()).await.unwrap());
        }
        tokens.push(token);
    }
    let with_log = files(directory.path());
    // Once more when the log has been written back: the last connection does that.
    store.close().await;
    let file = std::fs::read(directory.path().join("s.db")).unwrap();
    for token in &tokens {
        let text = token.to_text();
        let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).unwrap();
        for all in [&with_log, &file] {
            assert!(!contains(all, text.as_bytes()));
            assert!(!contains(all, &bytes));
            assert!(!contains(all, &bytes[16..]));
        }
        // The search would find them: it finds what is there.
        assert!(contains(&with_log, token.selector().as_bytes()));
        assert!(contains(&with_log, token.verifier_hash().as_bytes()));
    }
}

/// Not even when the umask would let everyone read.
#[cfg(unix)]
#[tokio::test]
async fn new_files_are_readable_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteSessionStore::open(directory.path().join("s.db"))
        .await
        .unwrap();
    assert_eq!(
        store.create(&fixture::visitor().build(), NOW).await.unwrap(),
        Created::Done
    );
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
    }
}
