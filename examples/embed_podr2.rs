//! Proofs of retrievability for somebody else's storage: files in a plain folder, `cess-podr2`, nothing else.
//!
//! `cargo run --release --example embed_podr2 -- FOLDER` tags the folder's files and audits them; without FOLDER it
//! makes some, damages one by a bit, and must find it.

#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::{collections::BTreeMap, error::Error, fs::File, io, io::Read, io::Seek, path::PathBuf};

use cess_podr2::{
    Audit, BlockSource, Challenge, Entry, FragmentName, Holding, KeyId, Policy, Proof, SecretKey,
    Sectors, Tagged, prove, verify,
};

/// What the storage has: the files as they were, and a tag of 48 bytes for each 254 kB of them.
struct Folder(BTreeMap<FragmentName, (PathBuf, Tagged)>);

impl BlockSource for Folder {
    type Error = io::Error;

    fn read_block(&mut self, entry: &Entry, index: u64, block: &mut [u8]) -> io::Result<usize> {
        let mut file = File::open(&self.0[&entry.name()].0)?;
        file.seek(io::SeekFrom::Start(index * block.len() as u64))?;
        io::copy(&mut file.take(block.len() as u64), &mut &mut block[..])
            .and_then(|len| usize::try_from(len).map_err(io::Error::other))
    }

    fn tag(&mut self, entry: &Entry, index: u64) -> io::Result<[u8; 48]> {
        self.0[&entry.name()].1.tags.get(index).copied().ok_or(io::ErrorKind::NotFound.into())
    }
}

fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The owner asks under a seed that nobody knew; the storage answers with 128 bytes; the owner judges.
fn holds(key: &SecretKey, folder: &mut Folder, entries: &[Entry]) -> Result<bool, Box<dyn Error>> {
    let holding = Holding::from_entries(entries.iter().copied())?;
    let audit = Audit { chain_id: [0; 32], round: 1, height: 0, prover: [0; 32] };
    let challenge = Challenge::new(audit, &holding, Policy::Every, random()?)?;
    let proving = key.proving_key();
    let bytes = prove(&challenge, &holding, |_: &KeyId| Some(&proving), folder)?.to_bytes();
    let (public, proof) = (key.public(), Proof::from_bytes(&bytes)?);
    Ok(verify(&challenge, &holding, |_: &KeyId| Some(&public), &proof).is_ok())
}

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let made = std::env::temp_dir().join(format!("embed-podr2-{}", std::process::id()));
    if given.is_none() {
        std::fs::create_dir_all(&made)?;
        for number in 0..3u8 {
            std::fs::write(made.join(format!("file-{number}")), vec![number; 700_000])?;
        }
    }
    let key = SecretKey::from_seed(&random()?, Sectors::DEFAULT);
    let mut folder = Folder(BTreeMap::new());
    for file in std::fs::read_dir(given.as_ref().unwrap_or(&made))? {
        let path = file?.path();
        if path.is_file() && path.metadata()?.len() > 0 {
            let mut tagger = key.tagger(u32::try_from(folder.0.len())?);
            tagger.update(&std::fs::read(&path)?);
            let tagged = tagger.finish()?;
            folder.0.insert(tagged.name(), (path, tagged));
        }
    }
    let entries: Vec<Entry> = folder.0.values().map(|(_, t)| t.fragment.entry()).collect();
    let whole = holds(&key, &mut folder, &entries)?;
    println!(
        "{} files, one proof of 128 bytes: {}",
        entries.len(),
        if whole { "held" } else { "NOT HELD" }
    );
    if given.is_some() {
        return if whole { Ok(()) } else { Err("the folder changed while it was audited".into()) };
    }
    let mut bytes = std::fs::read(made.join("file-1"))?;
    bytes[333_333] ^= 1;
    std::fs::write(made.join("file-1"), bytes)?;
    let caught = !holds(&key, &mut folder, &entries)?;
    println!("a bit of file-1 flipped: {}", if caught { "found out" } else { "NOT FOUND" });
    for entry in &entries {
        let verdict = if holds(&key, &mut folder, &[*entry])? { "held" } else { "damaged" };
        println!("  {}: {verdict}", folder.0[&entry.name()].0.display());
    }
    std::fs::remove_dir_all(&made)?;
    if whole && caught { Ok(()) } else { Err("the audit is wrong".into()) }
}
