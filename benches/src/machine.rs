//! What the numbers were measured on, told beside them.

use std::fs;

/// The processor's model, and of its instruction sets those that decide how fast the primitives are.
pub fn describe() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        info.lines()
            .find(|line| line.starts_with(name))
            .and_then(|line| line.split_once(": "))
            .map_or("", |(_, v)| v)
    };
    let flags = field("flags");
    let interesting = [
        "sse4_2",
        "avx2",
        "avx512bw",
        "aes",
        "vaes",
        "pclmulqdq",
        "vpclmulqdq",
        "sha_ni",
    ];
    let found: Vec<&str> = interesting
        .into_iter()
        .filter(|flag| flags.split(' ').any(|have| have == *flag))
        .collect();
    let model = match field("model name") {
        "" => "unknown processor",
        model => model,
    };
    format!(
        "{model} ({}); {}; {} {}",
        found.join(" "),
        build(),
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}

/// How this program was built: what the crates' users get unless they ask for more.
fn build() -> &'static str {
    if cfg!(debug_assertions) {
        "UNOPTIMISED: the ratios mean nothing"
    } else if cfg!(target_feature = "avx2") {
        "thin LTO, one codegen unit, compiled with AVX2"
    } else {
        "thin LTO, one codegen unit, no target-cpu"
    }
}
