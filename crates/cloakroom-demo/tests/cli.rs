//! What a person at a terminal meets: flags, files and ports that cannot be used.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, not their helpers")]

mod support;

use std::fs;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output};

use sqlx::Connection as _;
use support::client::Browser;
use support::server::{Folder, PROGRAM, Server};
use support::{connect, execute};

/// A key of 32 bytes 00..1f, as the ring file has it.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Runs the program, which must refuse with one line that has `reason` in it.
#[track_caller]
fn refuses(command: &mut Command, reason: &str) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert_eq!(String::from_utf8(stdout).unwrap(), "");
    assert!(stderr.starts_with("cloakroom-demo: "), "{stderr}");
    assert_eq!(stderr.matches('\n').count(), 1, "one line: {stderr}");
    assert!(stderr.contains(reason), "{reason:?} is not in {stderr:?}");
    assert!(!stderr.contains(&KEY[..8]), "{stderr}");
}

fn demo(db: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["--port", "0", "--db"]).arg(db);
    command
}

/// The same for somebody whom file modes bind. Root reads and writes everything, so it steps down.
#[cfg(unix)]
fn demo_as_nobody(folder: &Folder) -> Command {
    use std::os::unix::process::CommandExt as _;
    let db = folder.db();
    if fs::metadata("/proc/self").map_or(1, |process| process.uid()) != 0 {
        return demo(&db);
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let copy = folder.path().join("program");
    fs::copy(PROGRAM, &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    for file in [
        db.clone(),
        folder.key_file(),
        folder.index_file(),
        folder.signing_file(),
        folder.sessions(),
    ] {
        if file.exists() {
            std::os::unix::fs::chown(&file, Some(65534), Some(65534)).unwrap();
        }
    }
    let mut command = Command::new(copy);
    command
        .args(["--port", "0", "--db"])
        .arg(db)
        .uid(65534)
        .gid(65534);
    command
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = Command::new(PROGRAM).arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8(help.stdout).unwrap();
    for flag in [
        "--port",
        "--db",
        "--key-file",
        "--store",
        "--access-ttl",
        "--help",
        "--version",
        "8990",
        "0600",
    ] {
        assert!(text.contains(flag), "{flag} is not in {text}");
    }
    assert!(help.stderr.is_empty());
    let version = Command::new(PROGRAM).arg("--version").output().unwrap();
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        concat!("cloakroom-demo ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn bad_flags_are_refused() {
    for (args, reason) in [
        (&["--frobnicate"][..], "invalid option '--frobnicate'; see --help"),
        (
            &["--port", "abc"],
            "--port takes a number from 0 to 65535, not \"abc\"; see --help",
        ),
        (&["--port", "65536"], "not \"65536\""),
        (&["--port", "-1"], "not \"-1\""),
        (&["--port"], "missing argument for option '--port'"),
        (&["--port", "1", "--port", "2"], "--port is given twice"),
        (&["users.db"], "unexpected argument \"users.db\""),
        (&["--db", ""], "--db takes the path of a file"),
        (&["--db", "a", "--key-file", "a"], "are the same file"),
        (
            &["--store", "memory", "--store", "memory"],
            "--store is given twice",
        ),
        (&["--store"], "missing argument for option '--store'"),
        (
            &["--store", "sqlite:"],
            "--store sqlite: takes the path of a file",
        ),
        (&["--db", "a", "--store", "sqlite:a"], "lie in the same file"),
        (
            &["--access-ttl", "4"],
            "--access-ttl takes a number of seconds from 5 to 3600, not \"4\"; see --help",
        ),
        (&["--access-ttl", "3601"], "not \"3601\""),
        (&["--access-ttl", "1e3"], "not \"1e3\""),
        (&["--access-ttl"], "missing argument for option '--access-ttl'"),
        (
            &["--access-ttl", "9", "--access-ttl", "9"],
            "--access-ttl is given twice",
        ),
    ] {
        refuses(Command::new(PROGRAM).args(args), reason);
    }
}

#[test]
fn two_servers_on_one_port_are_refused_and_the_first_goes_on() {
    let (first, second) = (Folder::new(), Folder::new());
    let server = Server::start(&first);
    let port = server.address.port();
    let reason = format!("cannot listen on 127.0.0.1:{port}: another program listens there");
    let mut command = Command::new(PROGRAM);
    command
        .arg("--db")
        .arg(second.db())
        .args(["--port", &port.to_string()]);
    refuses(&mut command, &reason);
    assert_eq!(second.names(), [""; 0], "nothing is made before the port is ours");
    assert_eq!(Browser::new(server.address).get("/").status, 200);
}

#[test]
fn any_other_program_on_the_port_is_no_different() {
    let folder = Folder::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let mut command = Command::new(PROGRAM);
    command.arg("--db").arg(folder.db()).args(["--port", &port]);
    refuses(&mut command, "another program listens there");
}

#[cfg(unix)]
#[test]
fn what_is_made_is_private() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for file in [
        folder.db(),
        folder.key_file(),
        folder.index_file(),
        folder.signing_file(),
        folder.sessions(),
    ] {
        assert_eq!(
            fs::metadata(&file).unwrap().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
    assert!(server.stop("TERM").success());
    assert_eq!(
        folder.names(),
        [
            "users.db",
            "users.keys.index",
            "users.keys.json",
            "users.keys.signing",
            "users.sessions.db"
        ]
    );
    let ring: serde_json::Value = serde_json::from_slice(&fs::read(folder.key_file()).unwrap()).unwrap();
    assert_eq!(ring["keys"].as_array().unwrap().len(), 1);
    assert_eq!(ring["keys"][0]["state"], "active");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_path_things_lie_in_the_data_folder() {
    let folder = Folder::new();
    let mut command = Command::new(PROGRAM);
    command
        .args(["--port", "0"])
        .env("HOME", folder.path())
        .env("XDG_DATA_HOME", folder.path().join("share"));
    let server = Server::spawn(command);
    let made = folder.path().join("share/cloakroom-demo");
    assert_eq!(fs::metadata(&made).unwrap().mode() & 0o777, 0o700);
    assert!(made.join("users.db").is_file());
    assert!(made.join("users.keys.json").is_file());
    assert!(made.join("users.keys.index").is_file());
    assert!(made.join("users.sessions.db").is_file());
    drop(server);
}

#[cfg(unix)]
#[test]
fn signals_end_it_in_good_order() {
    for signal in ["INT", "TERM"] {
        let folder = Folder::new();
        let server = Server::start(&folder);
        // Browsers open connections that they do not use.
        let _idle = std::net::TcpStream::connect(server.address).unwrap();
        assert_eq!(server.stop(signal).code(), Some(0), "SIG{signal}");
    }
}

#[test]
fn key_files_that_are_no_ring_are_refused_with_the_reason() {
    let whole = format!("{{\"keys\":[{{\"state\":\"active\",\"key\":\"{KEY}\"}}]}}");
    let cut = &whole[..whole.len() - 3];
    let long = " ".repeat(64 * 1024 + 1);
    for (text, reason) in [
        (&b""[..], "not JSON at line 1 column 0"),
        (cut.as_bytes(), "not JSON at line 1"),
        (b"{\"keys\":[]}", "no key is active"),
        (b"[]", "the ring is not an object"),
        (
            b"{\"keys\":[{\"state\":\"active\",\"key\":\"AAECAwQFBgc=\"}]}",
            "keys[0]: `key`: ",
        ),
        (KEY.as_bytes(), "not JSON at line 1"),
        (b"\xff\xfe{}", "it is not UTF-8 text"),
        (long.as_bytes(), "it is longer than 64 KiB"),
    ] {
        let folder = Folder::new();
        write_private(&folder.key_file(), text);
        refuses(&mut demo(&folder.db()), reason);
        let path = folder.key_file();
        refuses(
            &mut demo(&folder.db()),
            &format!("cannot use the key file {}: ", path.display()),
        );
        assert_eq!(fs::read(&path).unwrap(), text, "the file is as it was");
        assert_eq!(folder.names(), ["users.keys.json"], "and alone");
    }
}

#[cfg(unix)]
#[test]
fn key_files_that_others_may_read_are_refused() {
    let whole = format!("{{\"keys\":[{{\"state\":\"active\",\"key\":\"{KEY}\"}}]}}");
    for mode in [0o644, 0o640, 0o604, 0o620, 0o666, 0o601] {
        let folder = Folder::new();
        write_private(&folder.key_file(), whole.as_bytes());
        fs::set_permissions(folder.key_file(), fs::Permissions::from_mode(mode)).unwrap();
        let reason = format!(
            "others than its owner may read or write it (mode {mode:04o}); make it private with chmod 600"
        );
        refuses(&mut demo(&folder.db()), &reason);
        assert_eq!(fs::metadata(folder.key_file()).unwrap().mode() & 0o7777, mode);
        assert_eq!(folder.names(), ["users.keys.json"]);
    }
}

#[cfg(unix)]
#[test]
fn key_files_that_cannot_be_read_are_refused() {
    let whole = format!("{{\"keys\":[{{\"state\":\"active\",\"key\":\"{KEY}\"}}]}}");
    let folder = Folder::new();
    write_private(&folder.key_file(), whole.as_bytes());
    fs::set_permissions(folder.key_file(), fs::Permissions::from_mode(0o000)).unwrap();
    refuses(&mut demo_as_nobody(&folder), "Permission denied");
    assert!(!folder.db().exists());

    let folder = Folder::new();
    fs::create_dir(folder.key_file()).unwrap();
    refuses(&mut demo(&folder.db()), "it is not a file");

    let folder = Folder::new();
    let nowhere = folder.path().join("no/such/folder/keys.json");
    refuses(
        demo(&folder.db()).arg("--key-file").arg(nowhere),
        "No such file or directory",
    );
}

#[test]
fn a_ring_that_was_written_by_hand_is_taken() {
    let folder = Folder::new();
    write_private(
        &folder.path().join("ring"),
        format!("{{\"keys\":[{{\"state\":\"active\",\"key\":\"{KEY}\"}}]}}").as_bytes(),
    );
    let mut command = demo(&folder.db());
    command.arg("--key-file").arg(folder.path().join("ring"));
    let server = Server::spawn(command);
    let mut browser = Browser::new(server.address);
    browser.register("ada");
    let page = browser.get("/");
    assert_eq!(page.between("id=\"sealed-with\">", "<"), "324f1d7c");
    assert!(!page.body.contains(&KEY[..8]));
}

#[test]
fn databases_that_are_none_are_refused_and_left_alone() {
    let page = [b"SQLite format 3\0".as_slice(), &[0xa5; 4096]].concat();
    for (content, reason) in [
        (&b"hello"[..], "it is not an SQLite database"),
        (b"SQLite format 2\0 and more", "it is not an SQLite database"),
        (&page, "it is not an SQLite database"),
    ] {
        let folder = Folder::new();
        fs::write(folder.db(), content).unwrap();
        refuses(&mut demo(&folder.db()), reason);
        assert_eq!(fs::read(folder.db()).unwrap(), content);
        assert_eq!(folder.names(), ["users.db"]);
    }
    let folder = Folder::new();
    refuses(&mut demo(folder.path()), "it is not a file");
    refuses(
        &mut demo(&folder.path().join("no/users.db")),
        "No such file or directory",
    );
    assert_eq!(folder.names(), [""; 0]);
}

#[tokio::test]
async fn databases_of_others_are_refused_and_left_alone() {
    for (statement, reason) in [
        (
            "CREATE TABLE users (name TEXT)",
            "it is another program's database",
        ),
        ("PRAGMA application_id = 7", "it is another program's database"),
        ("PRAGMA user_version = 1", "it is another program's database"),
    ] {
        let folder = Folder::new();
        fs::write(folder.db(), "").unwrap();
        execute(&folder.db(), statement).await;
        let before = fs::read(folder.db()).unwrap();
        refuses(&mut demo(&folder.db()), reason);
        assert_eq!(fs::read(folder.db()).unwrap(), before, "{statement}");
        assert_eq!(folder.names(), ["users.db"], "{statement}");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(Server::start(&folder));
    execute(&folder.db(), "PRAGMA user_version = 2").await;
    refuses(
        &mut demo(&folder.db()),
        "a newer version of this program made it (schema 2)",
    );
    // The answer does not come from a version that was set back.
    refuses(&mut demo(&folder.db()), "(schema 2)");
}

#[tokio::test]
async fn a_locked_database_is_refused_and_left_alone() {
    let folder = Folder::new();
    assert!(Server::start(&folder).stop("TERM").success());
    let before = fs::read(folder.db()).unwrap();
    let mut other = connect(&folder.db()).await;
    let locked = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    refuses(&mut demo(&folder.db()), "another process has locked it");
    drop(locked);
    other.close().await.unwrap();
    assert_eq!(fs::read(folder.db()).unwrap(), before);
    drop(Server::start(&folder));
}

#[cfg(unix)]
#[test]
fn a_read_only_database_is_refused_and_left_alone() {
    let folder = Folder::new();
    assert!(Server::start(&folder).stop("TERM").success());
    let before = fs::read(folder.db()).unwrap();
    fs::set_permissions(folder.db(), fs::Permissions::from_mode(0o444)).unwrap();
    refuses(&mut demo(&folder.db()), "it is read-only");
    refuses(&mut demo_as_nobody(&folder), "it is read-only");
    assert_eq!(fs::read(folder.db()).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_database_in_a_folder_that_cannot_be_written_is_refused() {
    let folder = Folder::new();
    assert!(Server::start(&folder).stop("TERM").success());
    let mut command = demo_as_nobody(&folder);
    // SQLite needs to make its log beside the database.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let names = folder.names();
    refuses(&mut command, "cannot use the database");
    assert_eq!(folder.names(), names);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Nothing was made or changed, and no password was shown.
#[track_caller]
fn refuses_store(folder: &Folder, store: &str, reason: &str) {
    let before = folder.names();
    let mut command = demo(&folder.db());
    command.args(["--store", store]);
    let stderr = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(!stderr.contains("hunter2"), "{stderr}");
    refuses(&mut command, reason);
    assert_eq!(folder.names(), before, "{store}");
}

#[test]
fn stores_that_are_malformed_are_refused() {
    let folder = Folder::new();
    for store in [
        "",
        "hunter2",
        "Memory",
        "users.db",
        "http://ada:hunter2@127.0.0.1/",
        "mysql://ada:hunter2@127.0.0.1/db",
        "postgres:ada:hunter2@127.0.0.1/db",
        "redis+sentinel://ada:hunter2@127.0.0.1",
    ] {
        refuses_store(
            &folder,
            store,
            "--store takes memory, sqlite:PATH, or a URL that begins with postgres://",
        );
    }
    for (store, reason) in [
        (
            "postgres://ada:hunter2@127.0.0.1:port/db",
            "the URL of the store is not postgres://",
        ),
        (
            "postgres://ada:hunter2@[::1/db",
            "the URL of the store is not postgres://",
        ),
        ("redis://ada:hunter2@127.0.0.1:port", "the Redis URL is malformed"),
        ("redis://ada:hunter2@127.0.0.1/db", "the Redis URL is malformed"),
        ("redis+cluster://", "the Redis URL is malformed"),
        (
            "redis+cluster://ada:hunter2@127.0.0.1:port",
            "the Redis URL is malformed",
        ),
    ] {
        refuses_store(&folder, store, reason);
    }
}

#[test]
fn stores_that_nobody_serves_are_refused() {
    // A port that was free a moment ago, and one that answers with nothing.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (store, reason) in [
        (
            format!("postgres://ada:hunter2@{closed}/db"),
            "the PostgreSQL server of the store cannot be reached",
        ),
        (
            format!("redis://ada:hunter2@{closed}"),
            "the Redis server cannot be reached",
        ),
        (
            format!("redis+cluster://ada:hunter2@{closed}"),
            "the Redis server cannot be reached",
        ),
    ] {
        let folder = Folder::new();
        refuses_store(&folder, &store, reason);
        assert_eq!(folder.names(), [""; 0]);
        // Nor is anything changed that is there.
        assert!(Server::start(&folder).stop("TERM").success());
        let before = fs::read(folder.db()).unwrap();
        refuses_store(&folder, &store, reason);
        assert_eq!(fs::read(folder.db()).unwrap(), before);
    }
}

#[tokio::test]
async fn session_files_that_cannot_be_used_are_refused_and_left_alone() {
    let folder = Folder::new();
    fs::write(folder.sessions(), b"hello, this is no database at all").unwrap();
    let store = format!("sqlite:{}", folder.sessions().display());
    refuses_store(&folder, &store, "is not an SQLite database, or is damaged");
    assert_eq!(
        fs::read(folder.sessions()).unwrap(),
        b"hello, this is no database at all"
    );
    let store = format!("sqlite:{}", folder.path().display());
    refuses_store(&folder, &store, "it is a directory");
    let store = format!("sqlite:{}", folder.path().join("no/s.db").display());
    refuses_store(&folder, &store, "its directory does not exist");

    let folder = Folder::new();
    assert!(Server::start(&folder).stop("TERM").success());
    execute(&folder.sessions(), "UPDATE cloakroom_schema SET version = 99").await;
    let before = fs::read(folder.sessions()).unwrap();
    let store = format!("sqlite:{}", folder.sessions().display());
    refuses_store(
        &folder,
        &store,
        "session schema is version 99; this release knows up to",
    );
    assert_eq!(fs::read(folder.sessions()).unwrap(), before);
    #[cfg(unix)]
    {
        fs::set_permissions(folder.sessions(), fs::Permissions::from_mode(0o444)).unwrap();
        refuses_store(&folder, &store, "is read-only");
    }
}

#[test]
fn secrets_that_are_none_are_refused_with_the_reason() {
    for (file, name, what) in [
        (
            Folder::index_file as fn(&Folder) -> _,
            "users.keys.index",
            "cannot use the index secret ",
        ),
        (
            Folder::signing_file,
            "users.keys.signing",
            "cannot use the key that signs tokens ",
        ),
    ] {
        for (text, reason) in [
            (&b""[..], what),
            (b"AAAA", what),
            (&[b'A'; 44], what),
            (b"\xff\xfe", "it is not UTF-8 text"),
        ] {
            let folder = Folder::new();
            write_private(&file(&folder), text);
            refuses(&mut demo(&folder.db()), reason);
            assert_eq!(fs::read(file(&folder)).unwrap(), text);
            assert_eq!(folder.names(), [name]);
        }
        #[cfg(unix)]
        {
            let folder = Folder::new();
            assert!(Server::start(&folder).stop("TERM").success());
            fs::set_permissions(file(&folder), fs::Permissions::from_mode(0o640)).unwrap();
            refuses(
                &mut demo(&folder.db()),
                "others than its owner may read or write it",
            );
        }
    }
}

#[test]
fn servers_that_start_at_once_share_one_new_ring() {
    let folder = Folder::new();
    let servers = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| Server::start(&folder))).collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect::<Vec<_>>()
    });
    let mut browser = Browser::new(servers[0].address);
    browser.register("ada");
    for server in &servers {
        browser.address = server.address;
        assert_eq!(browser.who().as_deref(), Some("ada"));
    }
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
