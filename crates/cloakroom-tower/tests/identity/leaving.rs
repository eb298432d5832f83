//! Logouts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom_tower::SealedCookie as _;
use cloakroom_tower::cloakroom_jwt::danger;
use cloakroom_tower::cloakroom_session::cloakroom_store::StoreErrorKind;
use serde_json::json;

use crate::desk::{Desk, Gate, HOUR, ISSUER, Login, Plan, T0, request};

const ALL: [&str; 3] = ["__Host-id", "__Host-jwt", "__Host-ticket"];
const REJECTED: &str = "the credentials in Authorization are not good\n";

#[tokio::test]
async fn a_logout_ends_every_copy_and_removes_all_cookies() {
    let desk = Desk::new().await;
    for status in [200, 303, 400, 500] {
        let all = [
            desk.session("u1").await,
            desk.ticket("u1"),
            desk.token_cookie(&json!({"jti": format!("t{status}")})),
        ];
        for cookie in &all {
            let answer = desk.act(&[cookie], &format!("leave, status {status}")).await;
            assert_eq!(answer.status.as_u16(), status);
            answer.removes(&ALL);
            desk.learn_at(desk.now().as_millis() + 100).await;
            desk.maybe(&[cookie]).await.is(200, "nobody");
        }
        let together: Vec<_> = [desk.session("u1").await, desk.ticket("u1")].into();
        let cookies: Vec<_> = together.iter().map(String::as_str).collect();
        desk.act(&cookies, "leave").await.removes(&ALL);
        desk.learn_at(desk.now().as_millis() + 100).await;
        for cookie in &cookies {
            desk.maybe(&[cookie]).await.is(200, "nobody");
        }
        // The same subject elsewhere stays.
        let elsewhere = desk.ticket("u1");
        desk.learn_at(desk.now().as_millis() + 100).await;
        assert!(desk.maybe(&[&elsewhere]).await.body.contains(" u1 "));
    }
    desk.act(&[], "leave").await.removes(&ALL);
}

#[tokio::test]
async fn a_logout_by_authorization_ends_that_alone_and_touches_no_cookie() {
    let desk = Desk::new().await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
    let other = desk.session("u1").await;
    let token = format!("Bearer {}", desk.token(&json!({})));
    let bearer = format!("Bearer {}", other.split_once('=').unwrap().1);
    for authorization in [&token, &bearer] {
        let answer = desk
            .bear("/", &[authorization], &[&session, &ticket], "leave")
            .await;
        answer.is(200, "");
        desk.learn_at(desk.now().as_millis() + 100).await;
        let again = desk.bear("/maybe", &[authorization], &[], "").await;
        again.is(401, REJECTED);
    }
    desk.maybe(&[&session])
        .await
        .is(200, "local u1 0 Session(Cookie)");
    desk.maybe(&[&ticket]).await.is(200, "local u1 0 Ticket");
}

#[tokio::test]
async fn a_handler_that_panics_after_a_logout_has_logged_out() {
    let desk = Desk::new().await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
    let cookies = [&*session, &*ticket];
    let app = desk.call(request("POST", "/", &cookies, "leave, panic"));
    let caught = futures_catch(app).await;
    assert!(caught, "the handler panicked");
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    desk.learn_at(T0 + 100).await;
    desk.maybe(&[&ticket]).await.is(200, "nobody");
    desk.maybe(&[&session]).await.is(200, "nobody");
}

/// Whether `future` panics.
async fn futures_catch<T>(future: impl Future<Output = T>) -> bool {
    let mut future = Box::pin(future);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
            Ok(std::task::Poll::Ready(_)) => std::task::Poll::Ready(false),
            Err(_) => std::task::Poll::Ready(true),
        }
    })
    .await
}

#[tokio::test]
async fn a_logout_is_done_when_nobody_waits_for_it_any_more() {
    for steps in ["leave", "leave everywhere"] {
        let desk = Desk::new().await;
        let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
        let gate = Gate::default();
        desk.revocations.hold(&gate);
        let cookies = [&*session, &*ticket];
        tokio::select! {
            biased;
            () = gate.reached() => {}
            answer = desk.act(&cookies, steps) => panic!("{answer:?}"),
        }
        gate.open();
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        desk.learn_at(T0 + 100).await;
        desk.maybe(&[&ticket]).await.is(200, "nobody");
        desk.maybe(&[&session]).await.is(200, "nobody");
    }
}

#[tokio::test]
async fn a_logout_that_cannot_be_written_is_503_and_the_browser_forgets_all_the_same() {
    let desk = Desk::new().await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
    desk.revocations.fail(true);
    let answer = desk.act(&[&session, &ticket], "leave").await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.body),
        (503, "logins could not be ended\n")
    );
    assert_eq!(answer.header("retry-after"), "2");
    answer.removes(&ALL);
    desk.maybe(&[&session]).await.is(200, "nobody");
    desk.revocations.fail(false);
    desk.act(&[&ticket], "leave").await.removes(&ALL);
    desk.learn_at(T0 + 100).await;
    desk.maybe(&[&ticket]).await.is(200, "nobody");

    let session = desk.session("u1").await;
    desk.store.fail(StoreErrorKind::Unavailable);
    let answer = desk.act(&[&session], "leave").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "2");
    answer.removes(&ALL);
}

#[tokio::test]
async fn a_logout_needs_no_fresh_snapshot() {
    let desk = Desk::new().await;
    let ticket = desk.ticket("u1");
    desk.at(T0 + 5000);
    desk.maybe(&[&ticket])
        .await
        .is(503, "whether this login has been ended is not known at present\n");
    desk.act(&[&ticket], "leave").await.removes(&ALL);
    desk.learn_at(T0 + 5100).await;
    desk.maybe(&[&ticket]).await.is(200, "nobody");
}

#[tokio::test]
async fn logging_out_everywhere_ends_whatever_the_subject_holds() {
    for by in 0..4 {
        let desk = Desk::new().await;
        let held = [
            desk.session("u1").await,
            desk.ticket("u1"),
            desk.token_cookie(&json!({})),
            desk.session("u1").await,
        ];
        let others = [
            desk.session("u2").await,
            desk.ticket("u2"),
            desk.token_cookie(&json!({"sub": "u2"})),
        ];
        let (deleted, status) = (2, 500);
        let answer = desk.act(&[&held[by]], "leave everywhere").await;
        assert_eq!(
            answer.body,
            format!("2000 {deleted}"),
            "the cut-off lies ahead by the skew"
        );
        answer.removes(&ALL);
        desk.learn_at(T0 + 100).await;
        for cookie in &held {
            desk.maybe(&[cookie]).await.is(200, "nobody");
        }
        for cookie in &others {
            assert!(desk.maybe(&[cookie]).await.body.contains(" u2 "));
        }
        // Also when the handler fails then.
        let again = desk
            .act(&[&others[by % 3]], &format!("leave everywhere, status {status}"))
            .await;
        assert_eq!(again.status.as_u16(), status);
        again.removes(&ALL);
        desk.learn_at(T0 + 200).await;
        for cookie in &others {
            desk.maybe(&[cookie]).await.is(200, "nobody");
        }
    }
}

#[tokio::test]
async fn f19_logging_out_everywhere_races_a_login_and_leaves_nothing() {
    // Somebody with the old password: the stamp is taken, then everything ends, then the login goes on.
    for by in ["ticket", "session"] {
        let desk = Desk::new().await;
        let ticket = desk.ticket("u1");
        let (cookies, steps) = ([&*ticket], format!("enter {by} u1 late"));
        let ending = async {
            desk.waiting.reached().await;
            let answer = desk.act(&cookies, "leave everywhere").await;
            desk.waiting.open();
            answer
        };
        let (login, answer) = tokio::join!(desk.act(&[], &steps), ending);
        assert_eq!(answer.body, "2000 0");
        desk.learn_at(T0 + 100).await;
        if by == "ticket" {
            let stillborn = login.sets_beside(&["__Host-id", "__Host-jwt"]);
            desk.maybe(&[stillborn]).await.is(200, "nobody");
        } else {
            login.is(409, "the login was overtaken by the end of all sessions\n");
        }
        desk.maybe(&[&ticket]).await.is(200, "nobody");
        let subject = desk.sessions.subject("u1").unwrap();
        assert_eq!(desk.sessions.end_all(&subject).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn f19_logging_out_everywhere_races_a_re_seal_and_leaves_nothing() {
    // Everything ends after the re-seal, while the handler of its request runs, or before, where no snapshot tells of it.
    for when in ["after", "beside", "before"] {
        let desk = Desk::new().await;
        let (ticket, other) = (desk.ticket("u1"), desk.ticket("u2"));
        desk.rotate();
        desk.learn_at(T0 + 500).await;
        let here = desk.ticket("u1");
        let end = async || {
            let answer = desk.act(&[&here], "leave everywhere").await;
            assert_eq!(answer.body, "2500 0");
        };
        if when == "before" {
            end().await;
        }
        let cookies = [&*ticket];
        let ending = async {
            desk.waiting.reached().await;
            if when == "beside" {
                end().await;
            }
            desk.waiting.open();
        };
        let (answer, ()) = tokio::join!(desk.act(&cookies, "maybe, wait"), ending);
        let sealed = answer.sets_beside(&[]).to_owned();
        assert!(sealed.starts_with("__Host-ticket=") && sealed != ticket);
        if when == "after" {
            end().await;
        }
        // It tells the same time of its login as before, which lies behind the cut-off.
        assert_eq!(answer.body, "local u1 0 Ticket");
        desk.me(&[&sealed]).await.is(200, "local u1 0 Ticket");
        for time in [T0 + 600, T0 + 10_000] {
            desk.learn_at(time).await;
            for cookie in [&ticket, &sealed, &here] {
                desk.maybe(&[cookie]).await.is(200, "nobody");
            }
        }
        // Nor does a re-seal move the end of a ticket that lives on.
        let sealed = desk.me(&[&other]).await.sets_beside(&[]).to_owned();
        let end = T0 + i64::try_from(Login::MAX_TTL.as_millis()).unwrap();
        desk.learn_at(end - 1).await;
        desk.maybe(&[&sealed]).await.is(200, "local u2 0 Ticket");
        desk.learn_at(end).await;
        desk.maybe(&[&sealed]).await.is(200, "nobody");
    }
}

#[tokio::test]
async fn logging_out_everywhere_needs_somebody() {
    let desk = Desk::new().await;
    desk.act(&[], "leave everywhere")
        .await
        .is(401, "a login is required\n");
    let ticket = desk.ticket("u1");
    desk.revocations.fail(true);
    let answer = desk.act(&[&ticket], "leave everywhere").await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.body),
        (503, "logins could not be ended\n")
    );
    answer.removes(&ALL);
    desk.revocations.fail(false);
    desk.at(T0 + 5000);
    let stale = desk.act(&[&ticket], "leave everywhere").await;
    stale.is(503, "whether this login has been ended is not known at present\n");

    let desk = Desk::with(Plan {
        lineages: false,
        ..Plan::default()
    })
    .await;
    let answer = desk.act(&[&desk.ticket("u1")], "leave everywhere").await;
    answer.is(500, "this needs `with_lineages` of the IdentityLayer's builder\n");
}

#[tokio::test]
async fn the_subject_of_an_issuer_that_is_not_ended_here_is_somebody_else() {
    let desk = Desk::with(Plan {
        issuer: None,
        ..Plan::default()
    })
    .await;
    let (session, cookie) = (desk.session("u1").await, desk.token_cookie(&json!({})));
    let answer = desk.act(&[&cookie], "leave everywhere").await;
    answer.is(500, "the lineages do not end logins of this identity's issuer\n");
    desk.learn_at(T0 + 100).await;
    desk.maybe(&[&session])
        .await
        .is(200, "local u1 0 Session(Cookie)");
    let me = format!("{ISSUER} u1 -60000 Token(Cookie)");
    desk.maybe(&[&cookie]).await.is(200, &me);
    // One login of it can be ended.
    desk.act(&[&cookie], "leave").await.removes(&ALL);
    desk.learn_at(T0 + 200).await;
    desk.maybe(&[&cookie]).await.is(200, "nobody");
}

#[tokio::test]
async fn without_lineages_a_logout_makes_the_browser_forget_and_ends_the_session() {
    let desk = Desk::with(Plan {
        lineages: false,
        ..Plan::default()
    })
    .await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u1"));
    desk.act(&[&session, &ticket], "leave").await.removes(&ALL);
    desk.maybe(&[&session]).await.is(200, "nobody");
    desk.maybe(&[&ticket]).await.is(200, "local u1 0 Ticket");
}

#[tokio::test]
async fn a_token_without_an_end_is_denied_for_as_long_as_it_is_taken() {
    let desk = Desk::with(Plan {
        policy: |policy| {
            let policy = policy.revocable(12 * HOUR, Duration::from_secs(2));
            danger::without_expiry(policy)
        },
        ..Plan::default()
    })
    .await;
    let cookie = desk.token_cookie(&json!({"exp": null}));
    let other = desk.token_cookie(&json!({"exp": null, "jti": "t2"}));
    desk.act(&[&cookie], "leave").await.removes(&ALL);
    let end = T0 + 12 * 3600 * 1000 - 1;
    for time in [T0 + 100, end] {
        desk.learn_at(time).await;
        desk.maybe(&[&cookie]).await.is(200, "nobody");
        let me = format!("{ISSUER} u1 -60000 Token(Cookie)");
        desk.maybe(&[&other]).await.is(200, &me);
    }
}

#[tokio::test]
async fn g8_a_logout_in_a_conflict_ends_each_login_that_verified() {
    let desk = Desk::new().await;
    let tickets = ["u1", "u1", "u2", "u1", "u1"].map(|subject| desk.ticket(subject));
    let tokens = ["u1", "u2", "u1"].map(|subject| {
        desk.token_cookie(&json!({"sub": subject, "jti": format!("t-{subject}-{}", desk.now().as_millis())}))
    });
    let cookies = |all: &[String]| -> Vec<String> { all.to_vec() };
    for (all, tried) in [(cookies(&tickets), 4), (cookies(&tokens), 2)] {
        let writes = desk.revocations.writes.load(Ordering::Relaxed);
        let brought: Vec<_> = all.iter().map(String::as_str).collect();
        desk.maybe(&brought).await.is(200, "nobody");
        desk.act(&brought, "leave").await.removes(&ALL);
        assert_eq!(desk.revocations.writes.load(Ordering::Relaxed) - writes, tried);
        desk.learn_at(desk.now().as_millis() + 100).await;
        for one in &brought[..tried] {
            desk.maybe(&[one]).await.is(200, "nobody");
        }
    }
    // What nobody has looked at lives on: there is no end to what may be planted.
    desk.maybe(&[&tickets[4]]).await.is(200, "local u1 0 Ticket");
}

#[tokio::test]
async fn g8_a_logout_ends_what_verified_and_cannot_be_read() {
    let desk = Desk::new().await;
    let (read, unread) = (Some("editor".into()), Some(json!(1)));
    for (n, (roles, ended)) in [
        (vec![&read, &unread], 2),
        (vec![&unread, &read], 2),
        (vec![&unread, &unread], 2),
        (vec![&unread], 1),
    ]
    .into_iter()
    .enumerate()
    {
        let token = |place: usize, role: &Option<serde_json::Value>| {
            desk.token_cookie(&json!({"jti": format!("t{n}-{place}"), "role": role, "iat": T0 / 1000, "exp": T0 / 1000 + 300}))
        };
        let brought: Vec<_> = roles
            .iter()
            .enumerate()
            .map(|(place, role)| token(place, role))
            .collect();
        // The first may well be there twice.
        let twice = brought
            .iter()
            .chain(&brought[..1])
            .map(String::as_str)
            .collect::<Vec<_>>();
        desk.maybe(&twice).await.is(200, "nobody");
        let writes = desk.revocations.writes.load(Ordering::Relaxed);
        desk.act(&twice, "leave").await.removes(&ALL);
        assert_eq!(desk.revocations.writes.load(Ordering::Relaxed) - writes, ended);
        desk.learn_at(desk.now().as_millis() + 100).await;
        // Another program may read them.
        for place in 0..ended {
            desk.maybe(&[&token(place, &read)]).await.is(200, "nobody");
        }
    }
    let field =
        |role: serde_json::Value| format!("Bearer {}", desk.token(&json!({"jti": "t9", "role": role})));
    desk.bear("/maybe", &[&field("editor".into())], &[], "")
        .await
        .is(200, &format!("{ISSUER} u1 -60000 Token(Authorization)"));
    desk.bear("/", &[&field(json!(1))], &[], "leave")
        .await
        .is(200, "");
    desk.learn_at(desk.now().as_millis() + 100).await;
    desk.bear("/maybe", &[&field("editor".into())], &[], "")
        .await
        .is(401, REJECTED);
}

#[tokio::test]
async fn g8_a_logout_ends_what_is_signed_and_not_valid_yet() {
    let desk = Desk::new().await;
    let now = T0 / 1000;
    let later = |id: &str, begin: &str, after: i64| {
        desk.token(&json!({"jti": id, "exp": now + 300, "iat": now, begin: now + after}))
    };
    let cookie = |token: String| format!("__Host-jwt={token}");
    let me = format!("{ISSUER} u1 -60000 Token(Cookie)");
    let good = cookie(later("a1", "iat", 0));
    let (nbf, iat) = (cookie(later("n1", "nbf", 60)), cookie(later("i1", "iat", 60)));
    let other = cookie(later("n4", "nbf", 60));
    // They count for nothing yet, and against nobody.
    for early in [&nbf, &iat] {
        desk.maybe(&[early]).await.is(200, "nobody");
        desk.maybe(&[early, &good]).await.is(200, &me);
    }
    let field = format!("Bearer {}", later("n2", "nbf", 60));
    desk.bear("/maybe", &[&field], &[], "").await.is(401, REJECTED);
    let writes = || desk.revocations.writes.load(Ordering::Relaxed);
    desk.act(&[&nbf, &good, &iat], "leave").await.removes(&ALL);
    assert_eq!(writes(), 3);
    desk.bear("/", &[&field], &[], "leave").await.is(200, "");
    assert_eq!(writes(), 4);
    // What is over before it begins never was a login.
    let never = cookie(later("n3", "nbf", 400));
    desk.act(&[&never], "leave").await.removes(&ALL);
    assert_eq!(writes(), 4);
    desk.learn_at(T0 + 61_000).await;
    for ended in [&nbf, &iat, &good] {
        desk.maybe(&[ended]).await.is(200, "nobody");
    }
    desk.bear("/maybe", &[&field], &[], "").await.is(401, REJECTED);
    desk.maybe(&[&other]).await.is(200, &me);
}

#[tokio::test]
async fn g8_a_logout_is_not_done_where_a_cut_off_comes_before_what_it_should_end() {
    let desk = Desk::new().await;
    for n in 0..64 {
        let answer = desk
            .act(&[&desk.token_cookie(&json!({"jti": format!("t{n}")}))], "leave")
            .await;
        assert_eq!(answer.status, 200);
    }
    // There is no room for one more denial, and the cut-off in its place follows a time of issue by seconds alone.
    let now = T0 / 1000;
    let ahead = desk.token_cookie(&json!({"jti": "far", "iat": now + 60}));
    let answer = desk.act(&[&ahead], "leave").await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.body),
        (503, "logins could not be ended\n")
    );
    answer.removes(&ALL);
}

#[tokio::test]
async fn g8_a_conflict_renews_no_session() {
    let plan = Plan {
        settings: |settings| settings.renew_every(Duration::from_secs(60)),
        ..Plan::default()
    };
    let desk = Desk::with(plan).await;
    let (session, ticket) = (desk.session("u1").await, desk.ticket("u2"));
    desk.learn_at(T0 + 60_000).await;
    let answer = desk.maybe(&[&session, &ticket]).await;
    answer.is(200, "nobody");
    assert_eq!(answer.set_cookies(), []);
    // Its token is as good as before, and goes on to be renewed where it is alone.
    let answer = desk.maybe(&[&session]).await;
    assert!(answer.sets_beside(&[]).starts_with("__Host-id="));
}
