#![doc = include_str!("../README.md")]

pub mod allocations;
pub mod headers;
pub mod machine;
pub mod measure;
pub mod report;
pub mod requests;
pub mod revocation;
pub mod store;
pub mod stored;
pub mod workload;

mod jwt;
mod request;
mod response;
mod seal;
mod token;

use workload::Workload;

/// Every workload whose name contains `filter`.
pub fn workloads(filter: &str) -> Vec<Workload> {
    let mut all = request::workloads();
    all.extend(response::workloads());
    all.extend(seal::workloads());
    all.extend(jwt::workloads());
    all.extend(token::workloads());
    all.retain(|workload| workload.name.contains(filter));
    all
}
