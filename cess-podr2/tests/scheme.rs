//! The scheme from outside: what must pass, what must be refused, and the same numbers from an
//! independent reading of the equations.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "scheme/accept.rs"]
mod accept;
#[path = "scheme/blinding.rs"]
mod blinding;
#[path = "scheme/cases.rs"]
mod cases;
#[path = "scheme/collude.rs"]
mod collude;
#[path = "scheme/draws.rs"]
mod draws;
#[path = "scheme/equations.rs"]
mod equations;
#[path = "scheme/forge.rs"]
mod forge;
#[path = "scheme/generate.rs"]
mod generate;
#[path = "scheme/keys.rs"]
mod keys;
#[path = "scheme/light.rs"]
mod light;
#[path = "scheme/losses.rs"]
mod losses;
#[path = "scheme/post.rs"]
mod post;
#[path = "scheme/reference.rs"]
mod reference;
#[path = "scheme/refuse.rs"]
mod refuse;
#[path = "scheme/sampling.rs"]
mod sampling;
#[path = "scheme/tags.rs"]
mod tags;
#[path = "scheme/vectors.rs"]
mod vectors;
#[path = "scheme/world.rs"]
mod world;
