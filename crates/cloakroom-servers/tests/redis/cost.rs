//! What operations cost, counted by the server and by a proxy.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use cloakroom_servers::{Proxy, RedisOptions};
use cloakroom_store::conformance::fixture::{MINUTE, NOW, at, change, of, rotation, subject};
use cloakroom_store::{Created, SessionStore as _, SubjectIndex as _, Touched, Updated};

use crate::place::{Place, Raw, server};

/// The calls of each command since the last time, those of scripts too.
pub(crate) async fn calls(raw: &mut Raw) -> BTreeMap<String, u64> {
    let mut info = redis::cmd("INFO");
    let info: String = raw.ask(info.arg("commandstats")).await;
    let mut reset = redis::cmd("CONFIG");
    let () = raw.ask(reset.arg("RESETSTAT")).await;
    let counted = info.lines().filter_map(|line| {
        let (command, number) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let (number, _) = number.split_once(',')?;
        Some((command.to_owned(), number.parse().ok()?))
    });
    counted
        .filter(|(name, _)| name != "info" && name != "config|resetstat")
        .collect()
}

pub(crate) fn count(calls: &[(&str, u64)]) -> BTreeMap<String, u64> {
    calls
        .iter()
        .map(|(command, calls)| ((*command).to_owned(), *calls))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_one_command_and_each_change_one_script_in_one_round_trip() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, redis.port()))).unwrap();
    let direct = Place::on(&redis.url());
    let store = direct.by_port(proxy.addr().port()).store().await;
    let mut raw = direct.raw().await;
    let record = of(&subject("ada")).build();
    let selector = record.selector();
    // The server learns each script once.
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let warm = store
        .update(&selector, cloakroom_store::Version::FIRST, &change(*b"warm"), NOW)
        .await;
    let Updated::Done(version) = warm.unwrap() else {
        panic!("nobody else writes")
    };
    assert_eq!(store.touch(&selector, NOW, NOW).await.unwrap(), Touched::Done);
    let _ = store
        .rotate(
            &selector,
            &cloakroom_id::VerifierHash::from_bytes([0; 32]),
            &rotation(),
            NOW,
        )
        .await
        .unwrap();

    calls(&mut raw).await;
    let before = proxy.requests();
    for _ in 0..100 {
        assert!(store.load(&selector, at(1)).await.unwrap().is_some());
    }
    assert_eq!(proxy.requests() - before, 100);
    assert_eq!(calls(&mut raw).await, count(&[("mget", 100)]));

    let before = proxy.requests();
    let updated = store
        .update(&selector, version, &change(*b"new"), at(2))
        .await
        .unwrap();
    assert_eq!(updated, Updated::Done(version.next()));
    assert_eq!(proxy.requests() - before, 1);
    let expected = [("evalsha", 1), ("getrange", 1), ("get", 1), ("set", 1)];
    assert_eq!(calls(&mut raw).await, count(&expected));

    let before = proxy.requests();
    let touched = store.touch(&selector, at(31 * MINUTE), at(3)).await.unwrap();
    assert_eq!(touched, Touched::Done);
    assert_eq!(proxy.requests() - before, 1);
    let expected = [
        ("evalsha", 1),
        ("getrange", 1),
        ("get", 1),
        ("setrange", 1),
        ("pexpire", 1),
    ];
    assert_eq!(calls(&mut raw).await, count(&expected));

    let before = proxy.requests();
    let another = of(&subject("ada")).build();
    assert_eq!(store.create(&another, at(4)).await.unwrap(), Created::Done);
    assert_eq!(proxy.requests() - before, 1);
    assert_eq!(calls(&mut raw).await["evalsha"], 1);
}

/// The first step after any restore meets a server that has forgotten its scripts, and has the time of one operation.
#[tokio::test(flavor = "multi_thread")]
async fn d24_a_revocation_is_a_few_round_trips_on_a_server_that_knows_no_scripts_too() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, redis.port()))).unwrap();
    let direct = Place::on(&redis.url());
    let store = direct.by_port(proxy.addr().port()).store().await;
    let mut raw = direct.raw().await;
    for now in 0..2 {
        if now == 0 {
            let mut flush = redis::cmd("SCRIPT");
            let () = raw.ask(flush.arg("FLUSH")).await;
        }
        calls(&mut raw).await;
        let before = proxy.requests();
        store.revoke_all(at(now)).await.unwrap();
        let round_trips = proxy.requests() - before;
        // A pipeline is more than the network carries at once, and the proxy counts its parts.
        assert!(round_trips < 200, "{round_trips}");
        let evalsha = calls(&mut raw).await["evalsha"];
        assert!((4096..4100).contains(&evalsha), "{evalsha}");
    }
}

#[tokio::test]
async fn loads_of_one_moment_are_one_command() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let place = Place::on(&redis.url());
    let store = place.store().await;
    let mut raw = place.raw().await;
    let mut selectors = Vec::new();
    for _ in 0..50 {
        let record = of(&subject("ada")).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        selectors.push(record.selector());
    }
    calls(&mut raw).await;
    let mut loads = tokio::task::JoinSet::new();
    for selector in selectors {
        let store = store.clone();
        loads.spawn(async move {
            store
                .load(&selector, NOW)
                .await
                .unwrap()
                .map(|row| row.selector == selector)
        });
    }
    assert_eq!(loads.join_all().await, [Some(true); 50]);
    assert_eq!(calls(&mut raw).await, count(&[("mget", 1)]));
}
