//! `tags/create`, `tags/get`, `tags/update` and `tags/delete`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Interface, done, get, post};
use crate::simulator::state::State;
use crate::simulator::state::quotas::CallLimit;

const LIMIT: CallLimit = CallLimit::per_day(1_000);

pub(super) const INTERFACES: &[Interface] = &[
    post("/cgi-bin/tags/create", LIMIT, create),
    get("/cgi-bin/tags/get", LIMIT, list),
    post("/cgi-bin/tags/update", LIMIT, update),
    post("/cgi-bin/tags/delete", LIMIT, delete),
];

#[derive(Debug, Deserialize)]
struct TagRequest {
    tag: TagFields,
}

#[derive(Debug, Deserialize)]
struct TagFields {
    #[serde(default)]
    id: u32,
    #[serde(default)]
    name: String,
}

fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let TagRequest { tag } = call.parse()?;
    let id = state.tags.create(&tag.name)?;
    Ok(json!({ "tag": { "id": id, "name": tag.name } }))
}

fn list(state: &mut State, _call: &Call<'_>) -> Answer {
    let tags = state.tags.list().iter();
    let tags: Vec<Value> = tags.map(|tag| json!({ "id": tag.id, "name": tag.name, "count": tag.count })).collect();
    Ok(json!({ "tags": tags }))
}

fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let TagRequest { tag } = call.parse()?;
    state.tags.rename(tag.id, &tag.name)?;
    Ok(done())
}

fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let TagRequest { tag } = call.parse()?;
    state.tags.delete(tag.id, &mut state.followers)?;
    Ok(done())
}
