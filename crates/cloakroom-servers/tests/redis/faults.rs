//! A server that cannot be reached, is slow, is cut off, takes no writes, or is full.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use cloakroom_servers::{Proxy, RedisOptions};
use cloakroom_store::conformance::fixture::{HOUR, NOW, at, change, of, subject, visitor};
use cloakroom_store::{Created, SessionStore, StoreErrorKind, Stored, SubjectIndex as _, Updated, Version};

use crate::place::{Place, pair, server};

fn proxy(url: &str) -> Proxy {
    let (_, port) = url.rsplit_once(':').unwrap();
    Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().unwrap()))).unwrap()
}

/// What the session holds as soon as the store serves again.
async fn until_served(store: &impl SessionStore, selector: &cloakroom_id::Selector) -> Option<Stored> {
    for _ in 0..500 {
        match store.load(selector, NOW).await {
            Ok(stored) => return stored,
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the store never came back")
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_refused_connection_is_unavailable_until_it_is_taken_again() {
    let place = Place::shared();
    let proxy = proxy(&place.url);
    let store = place.by_port(proxy.addr().port()).store().await;
    let record = visitor().build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    proxy.cut();
    for _ in 0..3 {
        let kinds = [
            store.load(&record.selector(), NOW).await.unwrap_err().kind(),
            store.create(&visitor().build(), NOW).await.unwrap_err().kind(),
            store.delete(&record.selector()).await.unwrap_err().kind(),
            store.revoke_all(NOW).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Unavailable; 4]);
    }
    proxy.mend().unwrap();
    assert_eq!(
        until_served(&store, &record.selector()).await,
        Some(record.into_stored(NOW))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_server_that_does_not_answer_is_a_timeout() {
    let place = Place::shared();
    let proxy = proxy(&place.url);
    let store = place
        .by_port(proxy.addr().port())
        .builder()
        .response_timeout(Duration::from_millis(100))
        .connect(&format!("redis://{}", proxy.addr()))
        .await
        .unwrap();
    let record = visitor().build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    // A script that the server does not know yet would not be run by the late call.
    let warm = store
        .update(&record.selector(), Version::FIRST, &change(*b"data"), NOW)
        .await;
    let second = Version::FIRST.next();
    assert_eq!(warm.unwrap(), Updated::Done(second));
    proxy.stall();
    let kinds = [
        store.load(&record.selector(), NOW).await.unwrap_err().kind(),
        store
            .update(&record.selector(), second, &change(*b"new"), NOW)
            .await
            .unwrap_err()
            .kind(),
    ];
    assert_eq!(kinds, [StoreErrorKind::Timeout; 2]);
    proxy.mend().unwrap();
    // The late update arrives once the way is free, and its answer is not taken for another's.
    let mut expected = record.into_stored(NOW);
    expected.version = second;
    for _ in 0..500 {
        let loaded = store.load(&expected.selector, NOW).await.unwrap();
        if loaded.as_ref().is_some_and(|row| row.version == expected.version) {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        }
        expected.version = expected.version.next();
        expected.payload = b"new"[..].into();
        assert_eq!(loaded, Some(expected));
        return;
    }
    panic!("the update never arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_connection_cut_mid_command_is_unavailable_and_nothing_is_sent_twice() {
    let place = Place::shared();
    let proxy = proxy(&place.url);
    let store = place.by_port(proxy.addr().port()).store().await;
    let direct = place.store().await;
    for bytes in [1, 20, 100, 300] {
        let record = visitor().build();
        proxy.cut_after(bytes);
        let failed = store.create(&record, NOW).await.unwrap_err();
        assert_eq!(failed.kind(), StoreErrorKind::Unavailable, "{failed:?}");
        // The command was cut, so no server has it, and nobody sent it again.
        assert_eq!(direct.load(&record.selector(), NOW).await.unwrap(), None);
        assert_eq!(until_served(&store, &record.selector()).await, None);
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_that_was_lost_is_replaced_before_it_is_needed() {
    let place = Place::shared();
    let proxy = proxy(&place.url);
    let store = place.by_port(proxy.addr().port()).store().await;
    let record = visitor().build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    proxy.cut_once();
    for _ in 0..500 {
        if proxy.connections() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(store.load(&record.selector(), NOW).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_read_only_replica_is_unavailable_for_writes() {
    let (master, replica, _scratch) = pair().await;
    let place = Place::on(&master.url());
    let record = of(&subject("ada")).build();
    let waiting = place.builder().min_replicas(1).connect(&place.url).await;
    let created = waiting.unwrap().create(&record, NOW).await;
    assert_eq!(created.unwrap(), Created::Done);
    let store = place.by_port(replica.port()).store().await;
    assert_eq!(
        store.load(&record.selector(), NOW).await.unwrap(),
        Some(record.clone().into_stored(NOW))
    );
    let kinds = [
        store.create(&visitor().build(), NOW).await.unwrap_err().kind(),
        store
            .update(&record.selector(), Version::FIRST, &change(*b"new"), NOW)
            .await
            .unwrap_err()
            .kind(),
        store
            .touch(&record.selector(), at(HOUR), NOW)
            .await
            .unwrap_err()
            .kind(),
        store.delete(&record.selector()).await.unwrap_err().kind(),
        store
            .delete_by_subject(&subject("ada"), None, NOW)
            .await
            .unwrap_err()
            .kind(),
        store.revoke_all(NOW).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [StoreErrorKind::Unavailable; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_sessions_but_still_ends_them() {
    let options = RedisOptions::default()
        .set("maxmemory", "8mb")
        .set("maxmemory-policy", "noeviction");
    let (redis, _scratch) = server(&options);
    let store = Place::on(&redis.url()).store().await;
    let ada = subject("ada");
    let first = of(&ada).payload(vec![7; 60_000]).build();
    assert_eq!(store.create(&first, NOW).await.unwrap(), Created::Done);
    let mut created = Vec::new();
    let error = loop {
        let record = of(&ada).payload(vec![7; 60_000]).build();
        match store.create(&record, NOW).await {
            Ok(answer) => assert_eq!(answer, Created::Done),
            Err(error) => break error,
        }
        created.push(record.selector());
        assert!(created.len() < 1000, "it has room for far fewer");
    };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let big = change(vec![8; 60_000]);
    let error = store.update(&first.selector(), Version::FIRST, &big, NOW).await;
    assert_eq!(error.unwrap_err().kind(), StoreErrorKind::Full);
    // What was refused changed nothing, and what is there is served.
    let loaded = store.load(&first.selector(), NOW).await.unwrap();
    assert_eq!(loaded, Some(first.clone().into_stored(NOW)));
    // Cut-offs are written before the memory that they free is there.
    store.revoke_all(at(-1)).await.unwrap();
    let ended = store
        .delete_by_subject(&subject("nobody"), None, NOW)
        .await
        .unwrap();
    assert_eq!(ended, 0);
    let ended = store.delete_by_subject(&ada, None, NOW).await.unwrap();
    assert_eq!(ended, created.len() as u64 + 1);
    assert_eq!(store.create(&first, NOW).await.unwrap(), Created::Refused);
    let later = of(&ada).authenticated(at(1)).build();
    assert_eq!(store.create(&later, at(1)).await.unwrap(), Created::Done);
    let updated = store
        .update(&later.selector(), Version::FIRST, &big, at(1))
        .await
        .unwrap();
    assert_eq!(updated, Updated::Done(Version::FIRST.next()));
}
