//! The rules of the house. Each check is a function of the tree as [`House`] read it, and returns what it found as
//! lines of the form `path:line: what`.

mod arrows;
mod conformance;
mod house;
mod layout;
mod levels;
mod links;
mod manifest;
mod marks;
mod purity;
mod rust;
mod standards;
mod unused;

use std::path::Path;

use anyhow::{Result, bail};

use self::house::{House, Member};
use self::levels::Level;
use crate::project::Project;

pub(crate) fn run(project: &Project, write: bool) -> Result<()> {
    let house = House::read(&project.root)?;
    if write {
        project
            .sh
            .write_file(conformance::DOCUMENT, conformance::render(&house)?)?;
    }
    let findings = check(&house)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        n => bail!("tidy found {n} thing{} to mend", if n == 1 { "" } else { "s" }),
    }
}

fn check(house: &House) -> Result<Vec<String>> {
    let mut findings = layout::check(house)?;
    findings.extend(arrows::check(house));
    findings.extend(manifest::check(house));
    findings.extend(marks::check(house));
    findings.extend(purity::check(house));
    findings.extend(unused::check(house));
    findings.extend(links::check(house));
    findings.extend(conformance::check(house)?);
    findings.sort();
    Ok(findings)
}

/// The names of the crates up to level 2, and those of the other members of the workspace.
pub(crate) fn members(project: &Project) -> Result<(Vec<String>, Vec<String>)> {
    let house = House::read(&project.root)?;
    let members = house
        .members
        .into_iter()
        .filter(|member| member.manifest.get("workspace").is_none());
    let (pure, others): (Vec<_>, Vec<_>) =
        members.partition(|member| member.level().is_some_and(Level::is_pure));
    let names = |members: Vec<Member>| members.into_iter().map(|member| member.name).collect();
    Ok((names(pure), names(others)))
}

/// A finding at a line of a file, in the form that editors make clickable.
fn at(path: &str, line: usize, what: impl std::fmt::Display) -> String {
    format!("{path}:{line}: {what}")
}

/// `path` below `root`, with `/` on every platform.
fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(test)]
mod tests {
    use super::{House, check};
    use crate::project::Project;

    #[test]
    fn the_house_is_tidy() {
        let project = Project::find().expect("tests run inside the project");
        let house = House::read(&project.root).expect("the project can be read");
        let findings = check(&house).expect("the project can be checked");
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }
}
