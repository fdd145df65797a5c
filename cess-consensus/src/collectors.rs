//! Collectors: who gathers the votes of a view, so that messages grow linearly.

use alloc::vec::Vec;

use crate::domain::{COLLECTORS, Transcript};
use crate::quorum::faults;

/// Where a vote goes in the given attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To these members of the set, by index.
    Collectors(Vec<usize>),
    /// To everybody: every honest member then gathers the votes itself.
    Everybody,
}

/// Which members gather the votes of a view (white paper, 4.2.4: collection nodes).
///
/// Each of the n members sends its vote to c collectors, and each collector sends the certificate to
/// n members: 2cn messages instead of n². They rotate with round and view, so nobody can tell long
/// before whom to silence. When no certificate comes in time, members ask the next c; after
/// ⌊f / c⌋ + 1 attempts one of those asked was honest, whatever f members do. After that, everybody:
/// for a network, and not collectors, that is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collectors {
    members: usize,
    count: usize,
    first: usize,
}

impl Collectors {
    /// For one view of the set named by `voters` (its digest) with `members`; `count` collectors at
    /// a time, at least 1 and at most all.
    pub fn new(voters: &[u8; 32], members: usize, view: u32, count: usize) -> Self {
        let digest = Transcript::new(COLLECTORS).bytes(voters).u32(view).digest();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        let draw = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let size = (members as u64).max(1);
        // The draw is 64 bits wide, so the remainder favours nobody noticeably.
        let first = usize::try_from(draw % size).unwrap_or(0);
        Self { members, count: count.clamp(1, members.max(1)), first }
    }

    /// Attempts that go to collectors before everybody is asked.
    pub fn attempts(&self) -> u32 {
        let faults = usize::try_from(faults(self.members as u128)).unwrap_or(usize::MAX);
        u32::try_from(faults / self.count + 1).unwrap_or(u32::MAX)
    }

    /// Where the votes go in this attempt, from 0.
    pub fn route(&self, attempt: u32) -> Route {
        if attempt >= self.attempts() || self.members == 0 {
            return Route::Everybody;
        }
        let start = self.first + attempt as usize * self.count;
        Route::Collectors((0..self.count).map(|at| (start + at) % self.members).collect())
    }
}

#[cfg(test)]
mod tests;
