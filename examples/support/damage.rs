//! What happens to disks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Seek, SeekFrom, Write},
};

use cess_client::ChainExt;
use cess_ledger::{AccountId, FileId, FragmentRecord};
use rand::RngExt;

use crate::{Failure, World, world::randomness};

/// What happened to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its folder is empty.
    Wiped,
    /// One bit of one fragment is another.
    BitFlipped,
    /// One fragment lost its end.
    Truncated,
}

/// A damaged node.
#[derive(Clone, Debug)]
pub struct Damage {
    /// The node.
    pub miner: AccountId,
    /// What happened.
    pub kind: Kind,
    /// The fragments that are bad now: index in the file, and the first bad block of each; a
    /// flipped bit spoils one block, everything else all from there.
    pub bad: BTreeMap<u32, u64>,
}

impl Damage {
    /// File and index of the bad fragments, as the ledger names them.
    pub fn named(&self, file: FileId) -> BTreeSet<(FileId, u32)> {
        self.bad.keys().map(|index| (file, *index)).collect()
    }
}

/// Wipes two nodes, flips one bit on a third, truncates a fragment on a fourth, each drawn from
/// those that hold fragments of the file. The ledger hears nothing of it.
///
/// # Errors
/// [`Failure`] when fewer than four nodes hold fragments, or a file can't be changed.
pub async fn damage(world: &World, file: FileId) -> Result<Vec<Damage>, Failure> {
    let mut rng = randomness()?;
    let mut held = BTreeMap::<AccountId, Vec<FragmentRecord>>::new();
    for record in world.chain.fragments(file).await? {
        held.entry(record.miner).or_default().push(record);
    }
    let mut victims: Vec<(AccountId, Vec<FragmentRecord>)> = held.into_iter().collect();
    let mut done = Vec::new();
    for kind in [Kind::Wiped, Kind::Wiped, Kind::BitFlipped, Kind::Truncated] {
        if victims.is_empty() {
            return Err(Failure("fewer than four nodes hold the file".into()));
        }
        let (miner, records) = victims.swap_remove(rng.random_range(0..victims.len()));
        let folder = &world.nodes[&miner].folder;
        let chosen = &records[rng.random_range(0..records.len())].info;
        let path = folder.join(format!("fragments/{}.data", chosen.fragment.name()));
        let len = chosen.fragment_len();
        let block = chosen.fragment.sectors().block_bytes() as u64;
        let bad = match kind {
            Kind::Wiped => {
                fs::remove_dir_all(folder)?;
                fs::create_dir_all(folder)?;
                records.iter().map(|record| (record.info.index, 0)).collect()
            }
            Kind::BitFlipped => {
                let at = rng.random_range(0..len);
                let mut data = fs::OpenOptions::new().read(true).write(true).open(&path)?;
                let mut byte = [0];
                data.seek(SeekFrom::Start(at))?;
                data.read_exact(&mut byte)?;
                data.seek(SeekFrom::Start(at))?;
                data.write_all(&[byte[0] ^ (1 << rng.random_range(0..8u8))])?;
                [(chosen.index, at / block)].into()
            }
            Kind::Truncated => {
                let kept = rng.random_range(0..len);
                fs::OpenOptions::new().write(true).open(&path)?.set_len(kept)?;
                [(chosen.index, kept / block)].into()
            }
        };
        done.push(Damage { miner, kind, bad });
    }
    Ok(done)
}
