use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whether a case fails, in a runtime of four threads of its own.
///
/// # Panics
///
/// When no threads can be started, and inside a runtime.
pub fn fails<F: Future<Output = ()>>(case: impl FnOnce() -> F) -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("threads can be started");
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(case()))).is_err()
}

/// The test `each_mistake_fails_its_case`: a line names a mistake, and the cases of a kit that fail on it.
///
/// `fails` is a function of yours that takes the case and what stands before the colon, and tells whether the case fails
/// on an implementation that makes this mistake, most easily by [`fails`](crate::fails).
///
/// ```
/// # mod hidden { // A macro that makes test functions shows nothing in an example.
/// mod cases {
///     pub async fn sums_are_right(add: fn(u32, u32) -> u32) {
///         assert_eq!(add(2, 3), 5);
///     }
/// }
///
/// #[derive(Debug)]
/// enum Mistake { AddMultiplies }
///
/// fn fails<F: Future<Output = ()>>(case: impl FnOnce(fn(u32, u32) -> u32) -> F, mistake: Mistake) -> bool {
///     cloakroom_kit::fails(|| match mistake {
///         Mistake::AddMultiplies => case(|a, b| a * b),
///     })
/// }
///
/// use Mistake::AddMultiplies;
///
/// cloakroom_kit::caught! { fails, cases,
///     AddMultiplies: sums_are_right;
/// }
/// # }
/// ```
#[macro_export]
macro_rules! caught {
    ($fails:ident, $kit:ident, $($($given:ident)+: $($case:ident),+;)*) => {
        /// The cases made for each mistake.
        #[test]
        fn each_mistake_fails_its_case() {
            let mut passed: ::std::vec::Vec<&str> = ::std::vec::Vec::new();
            $($crate::caught! { @mistake $fails $kit passed ($($given)+) $($case)+ })*
            assert!(passed.is_empty(), "{passed:#?}");
        }
    };
    (@mistake $fails:ident $kit:ident $passed:ident $given:tt $($case:ident)+) => {
        $($crate::caught! { @case $fails $kit $passed $given $case })+
    };
    (@case $fails:ident $kit:ident $passed:ident ($($given:ident)+) $case:ident) => {
        if !$fails($kit::$case, $($given),+) {
            $passed.push(concat!($(stringify!($given), " ",)+ "passes ", stringify!($case)));
        }
    };
}
