//! What the stories share: a network in one process, with a clock that can be turned on.

mod audits;
mod damage;
mod files;
mod keys;
mod report;
mod spawned;
mod world;

pub use audits::{Policy, Round, Shadow, audit_round, audit_until_found};
pub use damage::{Damage, Kind, damage};
pub use files::{at, compare, expect, made_up_file};
pub use report::{Stage, hex, human, table, unhex};
pub use spawned::Spawned;
pub use world::{Failure, Member, Net, World, randomness};
