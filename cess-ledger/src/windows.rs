//! The windows of a miner, chained: what a span of proofs of space-time is checked against.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize, io};
use cess_podr2::post::{Link, Outcome, ProofHash, Window};

use crate::{AccountId, Audit, Event, State};

/// What the ledger keeps of all windows in which a miner was challenged, however many they are.
///
/// The windows themselves are in the events, [`Event::WindowClosed`], and their proofs in the calls: any
/// span of them is checked against the link before and the link after it, by
/// [`cess_podr2::post`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Windows {
    /// When the miner registered, milliseconds: what the first link begins with.
    pub start: u64,
    /// Windows that have closed since.
    pub closed: u64,
    /// The link after the last of them.
    #[borsh(serialize_with = "write_link", deserialize_with = "read_link")]
    pub link: Link,
}

impl Windows {
    pub(crate) fn new(chain_id: &[u8; 32], miner: &AccountId, start: u64) -> Self {
        Self { start, closed: 0, link: Link::start(chain_id, &miner.0, start) }
    }

    fn extend(&mut self, window: &Window, proof: Option<[u8; 32]>) {
        let answered = |hash| Outcome::Answered(ProofHash::from_bytes(hash));
        self.link = self.link.extend(window, proof.map_or(Outcome::Missed, answered));
        self.closed = self.closed.saturating_add(1);
    }
}

impl State {
    /// The window of an audit is over: what it asked, and the answer or that there was none, goes into
    /// the miner's link. Called once a window, before it is narrowed.
    pub(crate) fn close_window(&mut self, id: &AccountId, audit: &Audit, events: &mut Vec<Event>) {
        let Some(challenge) = audit.targets.first().map(|target| target.challenge) else { return };
        let Some(miner) = self.miners.get_mut(id) else { return };
        let (deadline, proof) = (audit.deadline, audit.proof);
        miner.windows.extend(&Window { challenge, deadline }, proof);
        let link = miner.windows.link.to_bytes();
        events.push(Event::WindowClosed { miner: *id, challenge, deadline, proof, link });
    }
}

/// The hash of an answer, for the link.
pub(crate) fn answer_hash(proof: &[u8]) -> [u8; 32] {
    ProofHash::of(proof).to_bytes()
}

fn write_link<W: io::Write>(link: &Link, writer: &mut W) -> io::Result<()> {
    writer.write_all(link.as_bytes())
}

fn read_link<R: io::Read>(reader: &mut R) -> io::Result<Link> {
    <[u8; 32]>::deserialize_reader(reader).map(Link::from_bytes)
}
