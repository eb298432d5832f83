use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::app::Browser;

/// Threads that count in one session, each through a server of its own, until they are stopped.
pub(crate) struct Load {
    state: Arc<State>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    is_over: AtomicBool,
    counted: AtomicU64,
    /// Requests without an answer, and those that failed: nobody knows whether they have counted.
    unknown: AtomicU64,
}

/// What a load has come to.
#[derive(Default)]
pub(crate) struct Counted {
    counted: u64,
    unknown: u64,
}

impl Counted {
    pub(crate) fn add(&mut self, more: &Self) {
        self.counted += more.counted;
        self.unknown += more.unknown;
    }

    /// Counts once more, and finds everything that was acknowledged, and nothing that nobody asked for.
    #[track_caller]
    pub(crate) fn assert_nothing_was_lost(&self, browser: &mut Browser, port: u16) {
        let Self { counted, unknown } = self;
        let answer = browser.post(port, "/count");
        assert_eq!(answer.status, 200, "{answer:?}");
        let found: u64 = answer.body.parse().unwrap();
        assert!(
            (counted + 1..=counted + unknown + 1).contains(&found),
            "{counted} acknowledged, {unknown} unknown, {found} found"
        );
    }
}

impl Load {
    pub(crate) fn start(browser: &Browser, ports: &[u16]) -> Self {
        let state = Arc::<State>::default();
        let threads = ports.iter().map(|port| {
            let (state, browser, port) = (Arc::clone(&state), browser.clone(), *port);
            thread::spawn(move || count(&state, browser, port))
        });
        Self {
            threads: threads.collect(),
            state,
        }
    }

    /// Waits until so many more requests have succeeded.
    pub(crate) fn until_it_has_counted(&self, more: u64) {
        let before = self.state.counted.load(Ordering::SeqCst);
        until(|| self.state.counted.load(Ordering::SeqCst) >= before + more);
    }

    pub(crate) fn stop(self) -> Counted {
        self.state.is_over.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
        Counted {
            counted: self.state.counted.load(Ordering::SeqCst),
            unknown: self.state.unknown.load(Ordering::SeqCst),
        }
    }
}

fn count(state: &State, mut browser: Browser, port: u16) {
    let mut last = 0;
    while !state.is_over.load(Ordering::SeqCst) {
        // The server has been killed: there is no answer.
        let Ok(answer) = browser.ask(port, "POST", "/count") else {
            state.unknown.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        assert_eq!(answer.set_cookie, None);
        match answer.status {
            200 => {
                let number: u64 = answer.body.parse().unwrap();
                // What was acknowledged before is still there.
                assert!(number > last, "{number} after {last}");
                last = number;
                state.counted.fetch_add(1, Ordering::SeqCst);
            }
            // Others were faster, too often.
            409 => {}
            503 => {
                state.unknown.fetch_add(1, Ordering::SeqCst);
            }
            status => panic!("{status}: {}", answer.body),
        }
    }
}

#[track_caller]
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < end, "it never came to that");
        thread::sleep(Duration::from_millis(10));
    }
}
