//! What the stories share: a network in one process, with a clock that can be turned on.

mod audits;
mod damage;
mod files;
mod keys;
pub mod page;
mod report;
mod spawned;
mod world;

pub use audits::{Policy, Round, Shadow, audit_round, audit_until_found};

/// Prints a line, and ends the story when nobody takes it. For functions that give a [`Failure`].
#[macro_export]
macro_rules! say {
    ($($line:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($line)*)))
            .map_err(|error| $crate::Failure(format!("standard output: {error}")))?
    };
}

pub use damage::{Damage, Kind, damage};
pub use files::{Watched, at, compare, expect, made_up_file, root, unwritten};
pub use keys::save;
pub use report::{Stage, hex, human, table, unhex};
pub use spawned::Spawned;
pub use world::{Failure, Member, Net, World, randomness};
