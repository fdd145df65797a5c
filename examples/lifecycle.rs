//! The whole life of a file: stored, audited, damaged, found out, read through the damage,
//! repaired, read again.
//!
//! `cargo run --release --example lifecycle -- FILE`

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use cess_client::{
    ChainExt, Error, FileSession, MemorySession, Progress, PutRequest, SessionStore, Tagger,
};
use cess_examples::{
    Damage, Failure, Kind, Net, Policy, Round, Stage, Watched, World, at, audit_round,
    audit_until_found, compare, damage, expect, hex, human, made_up_file, randomness, root, save,
    say, table, unhex, unwritten,
};
use cess_ledger::{DAY_MS, DealStatus, FileId, GIB, Params, Profile, Sampling, Visibility};
use cess_podr2::Proof;
use clap::{Parser, ValueEnum};
use futures::io::AllowStdIo;
use indicatif::{ProgressBar, ProgressStyle};

/// Stores a file on storage nodes, audits them, damages four of them, finds them, reads the file
/// back, repairs it, and reads it back again.
#[derive(Parser)]
struct Options {
    /// The file; without it one is made.
    file: Option<PathBuf>,
    /// Storage nodes.
    #[arg(long, default_value_t = 20)]
    nodes: usize,
    /// Where chain, keys and nodes are kept; without it in a temporary folder, removed at the end.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Opens what an earlier run kept in DIR and reads the file back.
    #[arg(long, requires = "dir", conflicts_with_all = ["nodes", "public", "profile", "policy"])]
    resume: bool,
    /// Stores the file for everybody to read; without it, encrypted.
    #[arg(long)]
    public: bool,
    /// How the file is coded.
    #[arg(long, value_enum, default_value_t = ProfileName::Cess)]
    profile: ProfileName,
    /// What an audit asks.
    #[arg(long, value_enum, default_value_t = PolicyName::Every)]
    policy: PolicyName,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PolicyName {
    /// Every block, so that one window finds all damage.
    Every,
    /// 24 windows a day, each a share of every holding, as the ledger's example parameters have it;
    /// window after window until all damage is found.
    Windows,
}

impl PolicyName {
    fn sampling(self) -> Sampling {
        match self {
            Self::Every => Sampling::Every,
            Self::Windows => Params::example([0; 32]).audit.sampling,
        }
    }
}

/// Windows after which the story gives up: 20 days.
const MOST_WINDOWS: u64 = 480;

#[derive(Clone, Copy, ValueEnum)]
enum ProfileName {
    /// 3 replicas of 3+2, on 15 nodes.
    WhitePaper,
    /// 4+8, on 12 nodes.
    Cess,
    /// 10+4, on 14 nodes.
    Lean,
    /// 10+2+3 with local repair, on 15 nodes.
    Lrc,
}

impl ProfileName {
    fn profile(self) -> Profile {
        match self {
            Self::WhitePaper => Profile::WHITE_PAPER,
            Self::Cess => Profile::CESS,
            Self::Lean => Profile::LEAN,
            Self::Lrc => Profile::LRC,
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(options)),
        Err(error) => Err(Failure(format!("no runtime: {error}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _closed = writeln!(io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    let temporary;
    let dir = match &options.dir {
        Some(dir) => {
            if !options.resume {
                std::fs::create_dir_all(dir).map_err(|e| at(dir, &e))?;
            }
            dir.as_path()
        }
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path()
        }
    };
    if options.resume {
        return resume(dir, options.file.as_deref()).await;
    }
    let keep = options.dir.is_some();
    let record = dir.join(RECORD);
    if keep && record.exists() {
        let dir = dir.display();
        return Err(Failure(format!(
            "{dir} holds a stored file already: --resume, or another DIR"
        )));
    }
    let path = match options.file {
        Some(path) => path,
        None => made_up_file(dir)?,
    };
    // What can't work is told before a network is made in DIR.
    let about = File::open(&path).and_then(|f| f.metadata()).map_err(|e| at(&path, &e))?;
    expect(about.is_file(), &format!("{}: not a file", path.display()))?;
    let len = about.len();
    let visibility = if options.public { Visibility::Public } else { Visibility::Private };
    let profile = options.profile.profile();
    let (needed, available) = (profile.fragments_per_segment(), options.nodes);
    if available < needed {
        return Err(Error::NotEnoughNodes { needed, available, last: None }.into());
    }
    let mut stages = Vec::new();

    say!("1. A chain, {} storage nodes, a tagger", options.nodes);
    let stored = profile.stored_len(visibility, len)?;
    let capacity = GIB + 4 * stored / u64::try_from(options.nodes.max(1)).unwrap_or(u64::MAX);
    let world = World::open(dir, options.nodes, capacity, keep, options.policy.sampling()).await?;
    let client = world.client();
    say!("   each node declares {} and locks collateral for it", human(capacity));

    say!("2. Put {} ({}, {})", path.display(), human(len), describe(visibility));
    let begun = Instant::now();
    let file = if keep {
        // An upload that was cut short goes on where it was.
        let mut session = FileSession::new(dir.join(SESSION));
        put(&world, &client, &path, len, (profile, visibility), &mut session).await?
    } else {
        let mut session = MemorySession::default();
        put(&world, &client, &path, len, (profile, visibility), &mut session).await?
    };
    if keep {
        save(&record, format!("{file} {}\n", root(&path)?).as_bytes())?;
    }
    let disk = world.disk_bytes()?;
    say!("   file {file}");
    say!(
        "   {} in fragments; with tags, outboards and a proving key a node {} ({:.3} of the file)",
        human(stored),
        human(disk),
        ratio(disk, len)
    );
    stages.push(Stage { name: "put", stored: disk, proofs: 0, bytes: len, time: begun.elapsed() });

    say!(
        "3. Audit: {}",
        match options.policy {
            PolicyName::Every => "every block of every holding",
            PolicyName::Windows => "one window, a share of every holding",
        }
    );
    let round = audit_round(&world, &[]).await?;
    report_round(&round)?;
    expect(round.passed == round.challenged && round.failed.is_empty(), "not all nodes passed")?;
    stages.push(audit_stage("audit", &world, &round)?);

    say!("4. Damage that nobody tells the ledger of");
    let damages = damage(&world, file).await?;
    for damage in &damages {
        say!("   node {:02}: {}", world.number(&damage.miner), describe_damage(damage));
    }
    let round = match options.policy {
        PolicyName::Every => audit_round(&world, &damages).await?,
        PolicyName::Windows => audit_until_found(&world, file, &damages, MOST_WINDOWS).await?,
    };
    report_round(&round)?;
    report_findings(&world, file, &damages, &round).await?;
    stages.push(audit_stage("audit of the damage", &world, &round)?);

    say!("5. Get, through the damage");
    let begun = Instant::now();
    let original = get(&world, &client, file, &path, &dir.join("read-back-1"), len).await?;
    let disk = world.disk_bytes()?;
    stages.push(Stage {
        name: "get through the damage",
        stored: disk,
        proofs: 0,
        bytes: len,
        time: begun.elapsed(),
    });

    say!("6. Repair onto other nodes, audit again, get again");
    let begun = Instant::now();
    let (repaired, bytes) = repair(&world, &client, file).await?;
    stages.push(Stage {
        name: "repair",
        stored: world.disk_bytes()?,
        // A possession proof for each repaired fragment, under the one tag key.
        proofs: repaired * Proof::encoded_len(1) as u64,
        bytes,
        time: begun.elapsed(),
    });
    let round = audit_round(&world, &[]).await?;
    report_round(&round)?;
    expect(round.passed == round.challenged && round.failed.is_empty(), "not all nodes passed")?;
    stages.push(audit_stage("audit after the repair", &world, &round)?);
    let mut rng = randomness()?;
    let own = client.audit(file, Policy::AUDIT, &mut rng, &|_| {}).await?;
    say!("   the owner's own audit: {} fragments proven, {} bad", own.proven, own.bad.len());
    expect(own.bad.is_empty(), "the owner's own audit found bad fragments")?;
    let begun = Instant::now();
    let again = get(&world, &client, file, &path, &dir.join("read-back-2"), len).await?;
    let (stored, time) = (world.disk_bytes()?, begun.elapsed());
    stages.push(Stage { name: "get again", stored, proofs: 0, bytes: len, time });

    say!("\n   BLAKE3 of the file        {original}");
    say!("   BLAKE3 of what came back  {again}\n");
    say!("{}", table(&stages).trim_end());
    if keep {
        say!("\nKept in {0}: chain.redb, the nodes' folders, and their keys.", dir.display());
        say!("The owner's key is {0}/owner.key, mode 0600: whoever has it", dir.display());
        say!("owns and reads the file. Read it back with --dir {0} --resume.", dir.display());
    }
    Ok(())
}

/// What was stored: the file's id and its BLAKE3, in DIR.
const RECORD: &str = "stored";
/// What an upload that was cut short needs to go on.
const SESSION: &str = "session";

async fn resume(dir: &Path, original: Option<&Path>) -> Result<(), Failure> {
    let record = dir.join(RECORD);
    let text = std::fs::read_to_string(&record).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Failure(format!(
            "{}: not there, no file is stored yet (run it without --resume)",
            record.display()
        )),
        _ => at(&record, &e),
    })?;
    let parse = |hex: Option<&str>| hex.and_then(unhex);
    let mut words = text.split_whitespace();
    let (Some(file), Some(root)) = (parse(words.next()), parse(words.next())) else {
        return Err(Failure(format!("{}: not a record of a stored file", record.display())));
    };
    let world = World::resume(dir)?;
    let (height, time) = world.chain.with_state(|state| (state.height(), state.time()));
    say!("The chain is open at height {height} ({time} ms), with {} nodes", world.nodes.len());
    let copy = dir.join("read-back");
    let sink = AllowStdIo::new(BufWriter::new(File::create(&copy).map_err(|e| at(&copy, &e))?));
    let client = world.client();
    let fetched = client.get(FileId(file), Some(&world.owner), sink, &|_| {}).await;
    let fetched = fetched.map_err(|error| unwritten(&copy, error))?;
    let found = compare(original.unwrap_or(&copy), &copy)?;
    expect(found == hex(&root), "what came back is not what was stored")?;
    say!("Read {} back to {}, BLAKE3 {found}", human(fetched.len), copy.display());
    Ok(())
}

async fn put(
    world: &World,
    client: &Net,
    path: &Path,
    len: u64,
    (profile, visibility): (Profile, Visibility),
    session: &mut impl SessionStore,
) -> Result<FileId, Failure> {
    let source = File::open(path).map_err(|e| at(path, &e))?;
    let request = PutRequest {
        profile,
        visibility,
        max_len: len,
        term_ms: 30 * DAY_MS,
        bid: None,
        tagger: &world.tagger,
    };
    let bar = bar(len, "put");
    let observer = |progress: &Progress| match progress {
        Progress::SegmentStored { bytes, .. } => bar.inc(*bytes),
        Progress::NodeExcluded { miner, error } => {
            bar.println(format!("   node {:02} takes nothing: {error}", world.number(miner)));
        }
        Progress::Reported { miner, error: Some(error) } => {
            bar.println(format!("   node {:02} does not report: {error}", world.number(miner)));
        }
        _ => {}
    };
    let mut rng = randomness()?;
    let failure = Mutex::new(None);
    let source = Watched { file: source, failure: &failure };
    let source = AllowStdIo::new(BufReader::new(source));
    let stored = client.put(&world.owner, &request, source, session, &mut rng, &observer).await;
    bar.finish_and_clear();
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    let stored = stored.map_err(|error| match (error, failure) {
        (Error::Source { len, .. }, Some(failure)) => {
            Failure(format!("{}: {failure}, after {len} bytes", path.display()))
        }
        (other, _) => other.into(),
    })?;
    let deal = world.chain.deal(stored.deal).await?;
    let active = deal.is_some_and(|deal| deal.status == DealStatus::Active { file: stored.file });
    expect(active, "the deal is not active")?;
    say!("   every fragment is tagged, checked by its node and reported: the deal is active");
    Ok(stored.file)
}

async fn get(
    world: &World,
    client: &Net,
    file: FileId,
    original: &Path,
    copy: &Path,
    len: u64,
) -> Result<String, Failure> {
    let sink = File::create(copy).map_err(|e| at(copy, &e))?;
    let bar = bar(len, "get");
    let observer = |progress: &Progress| match progress {
        Progress::SegmentRead { bytes, .. } => bar.inc(*bytes),
        Progress::FragmentBad { slot, miner, error } => bar.println(format!(
            "   segment {} shard {} of node {:02}: {error}; another one is used",
            slot.segment,
            slot.shard,
            world.number(miner)
        )),
        _ => {}
    };
    let sink = AllowStdIo::new(BufWriter::new(sink));
    let fetched = client.get(file, Some(&world.owner), sink, &observer).await;
    bar.finish_and_clear();
    fetched.map_err(|error| unwritten(copy, error))?;
    let root = compare(original, copy)?;
    say!("   byte-identical, BLAKE3 {root}");
    std::fs::remove_file(copy)?;
    Ok(root)
}

async fn repair(world: &World, client: &Net, file: FileId) -> Result<(u64, u64), Failure> {
    let bytes = std::sync::atomic::AtomicU64::new(0);
    let observer = |progress: &Progress| {
        if let Progress::Repaired { slot, miner, bytes: len } = progress {
            bytes.fetch_add(*len, std::sync::atomic::Ordering::Relaxed);
            // Where nobody takes it, the next line ends the story.
            let _closed = writeln!(
                io::stdout(),
                "   segment {} replica {} shard {}: rebuilt, proven and paid on node {:02}",
                slot.segment,
                slot.replica,
                slot.shard,
                world.number(miner)
            );
        }
    };
    // The tagger serves only where a replica is lost as a whole.
    let tagger = Some(&world.tagger as &dyn Tagger);
    let repaired = client.repair(file, tagger, &observer).await?;
    if let Some((order, error)) = repaired.open.into_iter().next() {
        return Err(Failure(format!("repair order {order}: {error} ({})", error.hint())));
    }
    Ok((repaired.completed.len() as u64, bytes.into_inner()))
}

fn report_round(round: &Round) -> Result<(), Failure> {
    say!(
        "   {} nodes challenged, {} passed, {} failed, {} missed; {} proofs of {} bytes in all, {} admissions, {} narrowings, {:.2} s",
        round.challenged,
        round.passed,
        round.failed.len(),
        round.missed,
        round.proofs,
        round.proof_bytes,
        round.admitted,
        round.narrowed,
        round.time.as_secs_f64()
    );
    if round.shadow.blocks > 0 {
        say!(
            "   asked here: {} blocks; the audit policy would have sampled {} in this window",
            round.blocks,
            round.shadow.blocks
        );
    } else {
        say!(
            "   {} windows, an hour each: {} of {} fragments drawn, {} blocks of them",
            round.windows,
            round.fragments,
            round.held,
            round.blocks
        );
    }
    Ok(())
}

async fn report_findings(
    world: &World,
    file: FileId,
    damages: &[Damage],
    round: &Round,
) -> Result<(), Failure> {
    let fragments = world.chain.fragments(file).await?;
    for damage in damages {
        let held = fragments.iter().filter(|record| record.miner == damage.miner);
        let count = held.clone().count() as u64;
        let blocks = held.map(|record| record.info.fragment.blocks()).max().unwrap_or(1);
        let (window, day) = damage.chance(count, blocks);
        let named = round.failed.get(&damage.miner).map_or(0, |bad| bad.len());
        let policy = match (round.shadow.blocks, round.shadow.hit.contains(&damage.miner)) {
            (0, _) => "within the windows",
            (_, true) => "the policy sees it in this window",
            (_, false) => "the policy misses it in this window",
        };
        say!(
            "   node {:02}: {named} bad fragments named; {policy} (chance {:.1} %, in a day {:.3} %)",
            world.number(&damage.miner),
            100.0 * window,
            100.0 * day
        );
    }
    say!(
        "   collateral cut: {:.4} tokens; {} repair orders opened",
        round.cut as f64 / 1e12,
        round.orders
    );
    let right = damages.iter().all(|damage| {
        round.failed.get(&damage.miner).is_some_and(|bad| *bad == damage.named(file))
    });
    expect(
        right && round.failed.len() == damages.len() && round.missed == 0,
        "the audit did not name exactly the damaged nodes and fragments",
    )
}

fn audit_stage(name: &'static str, world: &World, round: &Round) -> Result<Stage, Failure> {
    let (bytes, time) = (round.bytes, round.time);
    Ok(Stage { name, stored: world.disk_bytes()?, proofs: round.proof_bytes, bytes, time })
}

fn describe(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
    }
}

fn describe_damage(damage: &Damage) -> String {
    let first = damage.bad.iter().next().map_or((0, 0), |(index, block)| (*index, *block));
    match damage.kind {
        Kind::Wiped => format!("wiped, {} fragments gone", damage.bad.len()),
        Kind::BitFlipped => format!("one bit of fragment {} flipped in block {}", first.0, first.1),
        Kind::Truncated => format!("fragment {} cut off in block {}", first.0, first.1),
    }
}

fn ratio(stored: u64, len: u64) -> f64 {
    stored as f64 / len.max(1) as f64
}

fn bar(len: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("   {msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(len).with_message(what);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
