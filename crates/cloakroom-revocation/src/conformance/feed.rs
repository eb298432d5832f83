use super::check::{
    Known, about, all, all_by, assert_all, denied, drain, entries, found, head, ok, steps, subject, token,
};
use super::fixture::{HOUR, ISSUER, KEPT, MINUTE, NOW, PAST, SKEW, at, denial, denial_until, past, size};
use super::prepared::Revocations;
use crate::cloakroom_core::UnixTime;
use crate::{Cursor, Entry, FeedId, Polled};

/// The feed begins at position 0, and each operation that changes something is one step with a tag of its own.
pub async fn f7_each_change_is_one_step_and_nothing_else_is(store: impl Revocations) {
    let begin = head(&store).await;
    assert_eq!((begin.position, begin.tag), (0, [0; 8]));
    assert_all(&store, []).await;
    let mut tags = vec![begin.tag];
    let mut expect = |cursor: Cursor, position: u64| {
        assert_eq!((cursor.feed, cursor.position), (begin.feed, position));
        assert!(!tags.contains(&cursor.tag), "a tag comes twice");
        tags.push(cursor.tag);
    };
    let short = |name: &str, id: &str| denial_until(name, id, past(MINUTE));
    let _ = steps(&store, 1, store.deny(&short("alice", "a-1"), NOW)).await;
    expect(head(&store).await, 1);
    let _ = steps(&store, 1, store.cut_off(ISSUER, "alice", NOW)).await;
    expect(head(&store).await, 2);
    let _ = steps(&store, 1, store.revoke_all(NOW)).await;
    expect(head(&store).await, 3);
    let _ = steps(&store, 0, store.deny(&short("alice", "a-1"), NOW)).await;
    let _ = steps(&store, 0, store.cut_off(ISSUER, "alice", NOW)).await;
    let _ = steps(&store, 0, store.revoke_all(NOW)).await;
    let _ = steps(&store, 0, store.purge(PAST, size(10))).await;
    found(&store, ISSUER, "alice", "a-1").await;
    all(&store).await;
    let _ = steps(&store, 1, store.deny(&short("bob", "b-1"), NOW)).await;
    expect(head(&store).await, 4);
    let _ = steps(&store, 0, store.purge(past(HOUR), size(10))).await;
    assert_eq!(all(&store).await.len(), 2);
}

/// A poll brings the entries after its cursor in order of their newest steps, each once and as it is now, and as many as
/// were asked for.
pub async fn f7_a_poll_brings_what_came_after_its_cursor(store: impl Revocations) {
    let begin = head(&store).await;
    let nothing = entries(ok(store.poll(&begin, size(10)).await));
    assert_eq!(nothing, (vec![], begin, false));
    let mut cursors = vec![begin];
    for number in 0..12 {
        denied(&store, &denial("alice", &format!("a-{number}")), NOW).await;
        cursors.push(head(&store).await);
    }
    let of = |number: usize| token(ISSUER, &format!("a-{number}"), at(11 * MINUTE));
    // From each step, in polls of each size.
    for (after, cursor) in cursors.iter().enumerate() {
        for max in [1, 2, 5, 12, 100] {
            let (brought, next, more) = entries(ok(store.poll(cursor, size(max)).await));
            let end = 12.min(after + max as usize);
            assert_eq!(brought, (after..end).map(of).collect::<Vec<_>>());
            if end < 12 {
                assert!(more, "{after} and {max}: there are more");
                assert_eq!(
                    next, cursors[end],
                    "the cursor is that of the last step delivered"
                );
            } else {
                assert_eq!(next, cursors[12]);
            }
            let rest: Vec<_> = (after..12).map(of).collect();
            assert_eq!(drain(&store, &mut cursor.clone(), max).await, rest);
        }
    }
    // What changes comes at its new place alone, for everybody who has not read it there.
    denied(&store, &denial_until("alice", "a-3", at(20 * MINUTE)), NOW).await;
    ok(store.cut_off(ISSUER, "alice", NOW).await);
    ok(store.revoke_all(NOW).await);
    ok(store.cut_off(ISSUER, "alice", at(1)).await);
    let end = [
        token(ISSUER, "a-3", at(21 * MINUTE)),
        Entry::All { at: at(SKEW) },
        subject(ISSUER, "alice", at(SKEW + 1), at(SKEW + 1 + KEPT)),
    ];
    for (after, cursor) in cursors.iter().enumerate() {
        let rest = (after..12).filter(|number| *number != 3).map(of);
        let expected: Vec<_> = rest.chain(end.iter().cloned()).collect();
        for max in [1, 4, 100] {
            let mut cursor = *cursor;
            assert_eq!(drain(&store, &mut cursor, max).await, expected);
            assert_eq!(cursor, head(&store).await);
        }
    }
}

/// A cursor that is not of this feed as it is now is answered with `Reload`, and every one that is goes on.
pub async fn f11_a_cursor_of_another_feed_reloads(store: impl Revocations) {
    let mut own = vec![head(&store).await];
    for number in 0..5 {
        denied(&store, &denial("alice", &format!("a-{number}")), NOW).await;
        own.push(head(&store).await);
    }
    let feed = own[0].feed;
    let other = FeedId(feed.0.map(|byte| !byte));
    let mut foreign = Vec::new();
    for cursor in &own {
        foreign.push(Cursor {
            feed: other,
            ..*cursor
        });
        for tag in [cursor.tag.map(|byte| !byte), [0xff; 8], own[4].tag, [0; 8]] {
            foreign.push(Cursor { tag, ..*cursor });
        }
        let mut near = cursor.tag;
        near[7] ^= 1;
        foreign.push(Cursor { tag: near, ..*cursor });
        for position in [
            cursor.position + 1,
            cursor.position + 6,
            u64::MAX,
            1 << 63,
            1 << 53,
        ] {
            foreign.push(Cursor { position, ..*cursor });
        }
    }
    for cursor in foreign {
        if !own.contains(&cursor) {
            let polled = ok(store.poll(&cursor, size(10)).await);
            assert_eq!(polled, Polled::Reload, "{cursor:?} among {own:?}");
        }
    }
    for (after, mut cursor) in own.into_iter().enumerate() {
        assert_eq!(drain(&store, &mut cursor, 10).await.len(), 5 - after);
    }
}

/// A purge may forget old steps, and not those of which a reader is only a few hundred behind.
pub async fn f11_a_purge_leaves_the_newest_steps(store: impl Revocations) {
    let mut cursors = vec![head(&store).await];
    for number in 0..300 {
        let (subject, id) = (format!("s-{}", number % 10), format!("{number}"));
        denied(&store, &denial_until(&subject, &id, past(MINUTE)), NOW).await;
        cursors.push(head(&store).await);
    }
    assert_eq!(ok(store.purge(past(HOUR), size(1000)).await), 300);
    assert_all(&store, []).await;
    for cursor in &cursors {
        assert_eq!(drain(&store, &mut cursor.clone(), 100).await, []);
    }
    ok(store.cut_off(ISSUER, "alice", NOW).await);
    for cursor in &cursors {
        let brought = drain(&store, &mut cursor.clone(), 100).await;
        assert_eq!(brought, [subject(ISSUER, "alice", at(SKEW), at(SKEW + KEPT))]);
    }
}

/// The pages together hold every entry, whatever their size, and what was there throughout is in one of them.
pub async fn f7_a_bootstrap_shows_everything(store: impl Revocations) {
    let mut expected = Known::new();
    for number in 0..40 {
        let (name, id) = (format!("s-{}", number % 5), format!("{number}"));
        denied(&store, &denial(&name, &id), NOW).await;
        let entry = token(ISSUER, &id, at(11 * MINUTE));
        expected.insert(about(&entry), entry);
        if number % 5 == 0 {
            ok(store.cut_off(ISSUER, &id, NOW).await);
            let entry = subject(ISSUER, &id, at(SKEW), at(SKEW + KEPT));
            expected.insert(about(&entry), entry);
        }
    }
    ok(store.revoke_all(NOW).await);
    let entry = Entry::All { at: at(SKEW) };
    expected.insert(about(&entry), entry);
    for max in [1, 2, 7, 48, 49, 50, 1000] {
        assert_eq!(all_by(&store, max).await, expected, "in pages of {max}");
    }
    // Between the pages some end and some come.
    denied(&store, &denial_until("short", "short", past(1)), NOW).await;
    let cursor = head(&store).await;
    let (mut known, mut mark, mut number) = (Known::new(), None, 0);
    loop {
        let page = ok(store.page(mark.as_ref(), size(3)).await);
        known.extend(page.entries.into_iter().map(|entry| (about(&entry), entry)));
        mark = page.next;
        if mark.is_none() {
            break;
        }
        number += 1;
        if number <= 20 {
            ok(store.purge(past(2 * MINUTE), size(1)).await);
            denied(&store, &denial("new", &format!("new-{number}")), NOW).await;
        }
    }
    for (what, entry) in &expected {
        assert_eq!(known.get(what), Some(entry), "an entry that was there throughout");
    }
    // With what came after the head it is complete.
    for entry in drain(&store, &mut cursor.clone(), 4).await {
        known.insert(about(&entry), entry);
    }
    known.retain(|what, _| &*what.2 != "short");
    assert_eq!(known, all(&store).await);
}

/// Each answer carries the store's own time, which is this machine's, and not that of the operations.
pub async fn f7_time_is_the_stores_own(store: impl Revocations) {
    let check = |time: UnixTime| {
        let off = UnixTime::now().as_millis().abs_diff(time.as_millis());
        assert!(off <= SKEW.unsigned_abs(), "a store's clock is {off} ms off");
    };
    denied(&store, &denial("alice", "a-1"), NOW).await;
    let head = ok(store.head().await);
    check(head.time);
    check(ok(store.page(None, size(1)).await).time);
    check(found(&store, ISSUER, "alice", "a-1").await.time);
    let begin = Cursor {
        position: 0,
        tag: [0; 8],
        ..head.cursor
    };
    for cursor in [begin, head.cursor] {
        match ok(store.poll(&cursor, size(1)).await) {
            Polled::Entries { time, .. } => check(time),
            Polled::Reload => panic!("the feed knows a cursor of its own no more"),
        }
    }
}
