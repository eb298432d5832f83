//! The same workloads under criterion, for its statistics and its comparison with the last run:
//! `cargo bench --manifest-path benches/Cargo.toml -- FILTER`.

use cloakroom_benches::workloads;
use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for workload in workloads("") {
        let mut group = criterion.benchmark_group(&workload.name);
        for subject in
            std::iter::once(&workload.ours).chain(workload.others.iter().map(|(subject, _)| subject))
        {
            group.bench_function(subject.name, |bencher| {
                bencher.iter_custom(|rounds| subject.time(rounds));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
