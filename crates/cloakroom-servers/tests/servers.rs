//! The servers themselves: they answer, they come back with their data, and nothing of them is left.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cloakroom_servers::{Postgres, Redis, RedisCluster, RedisOptions, Running, Scratch};

#[test]
fn redis_returns_on_its_port_with_what_it_has_acknowledged() {
    let scratch = Scratch::new().unwrap();
    let options = RedisOptions {
        append_only: true,
        ..RedisOptions::default()
    };
    let mut redis = Redis::start(scratch.path(), &options).unwrap();
    let (url, pid) = (redis.url(), redis.pid());
    assert_eq!(redis.command(&["SET", "k", "v"]).unwrap(), "OK");
    redis.kill9();
    assert!(redis.command(&["PING"]).is_err());
    redis.restart().unwrap();
    assert_eq!(redis.command(&["GET", "k"]).unwrap(), "v");
    assert_eq!(redis.url(), url);
    assert_ne!(redis.pid(), pid);
}

#[test]
fn a_cluster_elects_another_master_and_takes_the_old_one_back() {
    let scratch = Scratch::new().unwrap();
    let mut cluster = RedisCluster::start(scratch.path(), 3, 1).unwrap();
    assert_eq!(cluster.ports().len(), 6);
    cluster.kill9_master(0);
    let replica_leads = || {
        let mut nodes = cluster.nodes().iter().skip(3);
        nodes.any(|node| {
            node.command(&["INFO", "replication"])
                .unwrap()
                .contains("role:master")
        })
    };
    until(replica_leads);
    cluster.restart(0).unwrap();
    cluster.wait_until_well().unwrap();
}

#[test]
fn postgres_returns_on_its_port_with_what_it_has_acknowledged() {
    let scratch = Scratch::new().unwrap();
    let mut postgres = Postgres::start(scratch.path()).unwrap();
    let url = postgres.url("mine");
    postgres.create_database("mine").unwrap();
    postgres
        .execute("mine", "CREATE TABLE t AS SELECT 1 AS n")
        .unwrap();
    postgres.kill9();
    assert!(postgres.execute("mine", "SELECT 1").is_err());
    postgres.restart().unwrap();
    postgres.execute("mine", "SELECT n FROM t").unwrap();
    assert_eq!(postgres.url("mine"), url);
    let error = postgres.execute("mine", "SELECT no_such").unwrap_err();
    assert!(
        error.to_string().contains("no_such"),
        "the server's own words: {error}"
    );
}

/// As it is below `/root`: the user as whom PostgreSQL runs cannot go there.
#[cfg(unix)]
#[test]
fn postgres_starts_below_a_closed_home() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new().unwrap();
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let dir = scratch.path().join("postgres");
    let postgres = Postgres::start(&dir).unwrap();
    postgres.execute("postgres", "SELECT 1").unwrap();
    let data = postgres.data_dir().to_owned();
    assert_eq!(Running::find(&dir).unwrap().data_dir, data);
    drop(postgres);
    assert_eq!(Running::find(&dir), None);
    // Whoever is not root has the data where it was asked for.
    assert_eq!(data.exists(), data == dir);
}

#[test]
fn what_was_left_is_found_and_ended() {
    let scratch = Scratch::new().unwrap();
    let dir = scratch.path().join("redis");
    assert_eq!(Running::find(&dir), None);
    let redis = Redis::start(&dir, &RedisOptions::default()).unwrap();
    let (url, pid) = (redis.url(), redis.pid());
    redis.leave();
    let found = Running::find(&dir).unwrap();
    assert_eq!((found.url, found.pids), (url, vec![pid]));
    assert!(Running::end(&dir).unwrap());
    assert!(!is_running(pid));
    assert!(!dir.exists());
    assert!(!Running::end(&dir).unwrap());
}

#[test]
fn a_number_that_is_now_another_process_is_let_alone() {
    let scratch = Scratch::new().unwrap();
    let mut other = Command::new("sleep").arg("60").spawn().unwrap();
    let running = format!(
        "redis://127.0.0.1:1\n{}\n{}\n",
        scratch.path().display(),
        other.id()
    );
    fs::write(scratch.path().join("running"), running).unwrap();
    assert_eq!(Running::find(scratch.path()), None);
    assert!(!Running::end(scratch.path()).unwrap());
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
}

/// This test, in a process of its own, is the run that is interrupted.
#[test]
fn no_server_outlives_an_interrupted_run() {
    const DIR: &str = "CLOAKROOM_INTERRUPTED";
    if let Some(dir) = std::env::var_os(DIR) {
        let _redis = Redis::start(dir.as_ref(), &RedisOptions::default()).unwrap();
        // It is killed long before.
        std::thread::sleep(Duration::from_mins(1));
        return;
    }
    let scratch = Scratch::new().unwrap();
    let mut run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "no_server_outlives_an_interrupted_run"])
        .env(DIR, scratch.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pids = Vec::new();
    until(|| {
        pids = Running::find(scratch.path()).map_or(Vec::new(), |running| running.pids);
        !pids.is_empty()
    });
    run.kill().unwrap();
    run.wait().unwrap();
    until(|| pids.iter().all(|pid| !is_running(*pid)));
}

/// Not even as one that has ended and that nobody has waited for yet.
fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, state)| !state.starts_with('Z'))
}

#[track_caller]
fn until(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "it never came to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}
