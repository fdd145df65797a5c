//! The state machine of rounds: entry and exit, freeze and draw, hand-over, faults.
#![allow(missing_docs)]
#![allow(dead_code, reason = "support is shared")]

#[path = "../support/world.rs"]
mod world;

mod draws;
mod entry;
mod faults;
mod hand_over;
mod property;
