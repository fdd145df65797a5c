//! A third party that only verifies: it holds no data, no tags and no secret, and judges proofs over a socket.
//!
//! `cargo run --release --example audit_service` runs the service and a storage provider that talks to it;
//! `-- ADDRESS` runs the service alone. Who is whom is told by the connection here; a real service asks a ledger
//! which fragments a provider must have, and takes its seeds from a beacon.
//!
//! A provider sends a public key (196 bytes), the number of its fragments (u32) and of each root, length u64 and
//! replica u32. Then in turn: the service sends a challenge (173 bytes), gets the length (u32) and the bytes of a
//! proof, and answers 1 or 0, until the provider hangs up.

#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::{
    error::Error,
    fs::File,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use cess_podr2::{
    Audit, Challenge, Fragment, Holding, KeyId, Policy, Proof, Proving, PublicKey, SecretKey,
    Sectors, Tagged, verify,
};

type Failure = Box<dyn Error + Send + Sync>;

/// The most fragments that one provider may name, and the longest proof for one key.
const MAX_FRAGMENTS: u32 = 10_000;
const PROOF_LEN: usize = 128;
/// How long a list or an answer may take, all of it: what isn't at hand can't be fetched meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a provider says, until its time is over.
struct Timed<'a> {
    stream: &'a TcpStream,
    end: Instant,
}

impl<'a> Timed<'a> {
    fn new(stream: &'a TcpStream) -> Self {
        Self { stream, end: Instant::now() + PATIENCE }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(bytes)
    }
}

fn take<const N: usize>(stream: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Judges one provider until it hangs up. Everything it says is checked or bounded.
fn serve(mut stream: TcpStream) -> Result<(), Failure> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut said = Timed::new(&stream);
    let public = PublicKey::from_bytes(&take::<{ PublicKey::LEN }>(&mut said)?)?;
    let count = u32::from_le_bytes(take(&mut said)?);
    if count > MAX_FRAGMENTS {
        return Err("too many fragments".into());
    }
    let mut holding = Holding::new();
    for _ in 0..count {
        let (root, len) = (take(&mut said)?, u64::from_le_bytes(take(&mut said)?));
        // Name and number of blocks are computed, never believed.
        let fragment = Fragment::new(&public, root, len, u32::from_le_bytes(take(&mut said)?))?;
        holding.add(fragment.entry())?;
    }
    for round in 0.. {
        let mut seed = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut seed)?;
        let audit = Audit { chain_id: [0; 32], round, height: 0, prover: [0; 32] };
        let challenge = Challenge::new(audit, &holding, Policy::AUDIT, seed)?;
        stream.write_all(&challenge.to_bytes())?;
        let mut said = Timed::new(&stream);
        let len = match take(&mut said) {
            Ok(len) => u32::from_le_bytes(len),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                println!("auditor: round {round} unanswered, the provider has hung up");
                return Ok(());
            }
            Err(error) => return Err(format!("round {round} MISSED: {error}").into()),
        };
        if usize::try_from(len) != Ok(PROOF_LEN) {
            return Err("no proof for one key".into());
        }
        let proof = take::<PROOF_LEN>(&mut said)
            .map_err(|error| format!("round {round} MISSED: {error}"))?;
        let begun = Instant::now();
        let lookup = |id: &KeyId| (*id == public.key_id()).then_some(&public);
        let held = Proof::from_bytes(&proof)
            .and_then(|proof| verify(&challenge, &holding, lookup, &proof))
            .is_ok();
        let (samples, took) = (challenge.samples(&holding)?.count(), begun.elapsed());
        let verdict = if held { "holds" } else { "REFUSED" };
        println!("auditor: round {round}, {samples} blocks, 128 bytes: {verdict} ({took:.1?})");
        stream.write_all(&[u8::from(held)])?;
    }
    Ok(())
}

/// Answers a round with what it has; gives the verdict.
fn answer(
    stream: &mut TcpStream,
    key: &SecretKey,
    stored: &[(Vec<u8>, Tagged)],
) -> Result<bool, Failure> {
    let challenge = Challenge::from_bytes(&take::<{ Challenge::LEN }>(stream)?)?;
    let holding = Holding::from_entries(stored.iter().map(|(_, t)| t.fragment.entry()))?;
    let proving_key = key.proving_key();
    let mut proving = Proving::new(&challenge, &holding, |_: &KeyId| Some(&proving_key))?;
    while let Some(sample) = proving.sample() {
        let (data, tagged) =
            stored.iter().find(|(_, t)| t.name() == sample.entry.name()).ok_or("not mine")?;
        let at = usize::try_from(sample.block)?;
        let block = data.chunks(key.public().sectors().block_bytes()).nth(at).ok_or("no block")?;
        proving.absorb(block, tagged.tags.get(sample.block).ok_or("no tag")?)?;
    }
    let proof = proving.finish()?.to_bytes();
    stream.write_all(&u32::try_from(proof.len())?.to_le_bytes())?;
    stream.write_all(&proof)?;
    Ok(take(stream)? == [1])
}

fn provider(address: std::net::SocketAddr) -> Result<(), Failure> {
    let mut seed = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    // In earnest the owner tags, and the provider has the proving key alone.
    let key = SecretKey::from_seed(&seed, Sectors::DEFAULT);
    let mut stored = Vec::new();
    for number in 0..4u8 {
        let data: Vec<u8> = (0..3_000_000u32)
            .map(|i| i.wrapping_mul(0x9E37_79B9).to_le_bytes()[3] ^ number)
            .collect();
        let tagged = key.tag(0, &data)?;
        stored.push((data, tagged));
    }
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(&key.public().to_bytes())?;
    stream.write_all(&u32::try_from(stored.len())?.to_le_bytes())?;
    for (_, tagged) in &stored {
        let fragment = &tagged.fragment;
        stream.write_all(&fragment.root())?;
        stream.write_all(&fragment.len().to_le_bytes())?;
        stream.write_all(&fragment.replica().to_le_bytes())?;
    }
    if !answer(&mut stream, &key, &stored)? {
        return Err("an honest proof was refused".into());
    }
    println!("provider: zeroes the fragments' first blocks, and says nothing");
    for (data, _) in &mut stored {
        data[..254_000].fill(0);
    }
    if answer(&mut stream, &key, &stored)? {
        return Err("the loss was not found".into());
    }
    // A socket closed with a challenge unread in it resets the connection: read what is left first.
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream, &mut io::sink())?;
    Ok(())
}

fn main() -> Result<(), Failure> {
    if let Some(address) = std::env::args().nth(1) {
        let listener = TcpListener::bind(address)?;
        println!("auditor: listens at {}", listener.local_addr()?);
        // One at a time: an auditor with many providers takes a thread for each, up to a bound.
        for stream in listener.incoming() {
            if let Err(reason) = stream.map_err(Failure::from).and_then(serve) {
                println!("auditor: hung up: {reason}");
            }
        }
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let auditor = std::thread::spawn(move || serve(listener.accept()?.0));
    provider(address)?;
    auditor.join().map_err(|_| "the auditor stopped")?
}
