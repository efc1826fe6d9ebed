//! Members of a collection; the list may be null, lack entries or go on elsewhere (`facts/metal-peers.md §4.1`).

use slipway_core::failure::Failure;

use crate::{resource::Resource, visit::Visit};

/// Pages read of one collection, and members taken: more is no BMC's own hardware.
const PAGES: usize = 16;
const MEMBERS: usize = 64;

/// Paths of the members, in order, each once.
pub(crate) async fn members(visit: &mut Visit<'_>, path: &str) -> Result<Vec<String>, Failure> {
    let mut members = vec![];
    let mut next = Some(path.to_owned());
    for _ in 0..PAGES {
        let Some(path) = next else { break };
        let page = visit.get(&path).await?;
        next = next_page(&page);
        for member in page.links("/Members") {
            if members.len() < MEMBERS && !members.contains(&member) {
                members.push(member);
            }
        }
    }
    Ok(members)
}

fn next_page(page: &Resource) -> Option<String> {
    let link = page.body.get("Members@odata.nextLink")?;
    link.as_str().or_else(|| link.get("@odata.id")?.as_str()).map(str::to_owned)
}
