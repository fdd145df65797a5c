//! Draws the nodes on duty for some rounds over a pool read from a CSV, with proofs that another
//! process verifies, and says what such a committee is worth.
//!
//! `cargo run --release --example r2s -- POOL.csv --proofs PROOFS`, then
//! `cargo run --release --example r2s -- POOL.csv --verify PROOFS`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cess_consensus::security::{committee_for, security_estimate};
use cess_consensus::vrf::{
    Ecvrf, EcvrfSecret, Vrf, VrfKey, VrfProof, VrfSecret, contribution_input, ticket_input,
};
use cess_consensus::{CandidateId, Entry, Filter, Policy, later_seed, select};
use cess_examples::{Failure, at, expect, hex};
use clap::{Parser, ValueEnum};

/// Draws nodes on duty over a pool of candidates, or verifies what another process drew.
#[derive(Parser)]
struct Options {
    /// The pool: a header `name,stake,credit`, then a line a candidate; credit is 0 to 1000. Without it
    /// a pool of 200 is made up.
    pool: Option<PathBuf>,
    /// Rounds to draw.
    #[arg(long, default_value_t = 3)]
    rounds: u64,
    /// Nodes on duty.
    #[arg(long, default_value_t = 11)]
    seats: u16,
    /// How they are drawn.
    #[arg(long, value_enum, default_value_t = Draw::Uniform)]
    policy: Draw,
    /// Share of the pool that low credit leaves out, per mille.
    #[arg(long, default_value_t = 100)]
    filter: u16,
    /// Share of the pool that an adversary is assumed to have, per mille.
    #[arg(long, default_value_t = 200)]
    adversary: u16,
    /// What the first seeds are made of; must be something that nobody knew when the keys were fixed.
    #[arg(long, default_value = "an example")]
    entropy: String,
    /// Where keys and proofs are written, for another process to verify.
    #[arg(long)]
    proofs: Option<PathBuf>,
    /// Verifies these proofs instead of drawing.
    #[arg(long, requires = "pool", conflicts_with = "proofs")]
    verify: Option<PathBuf>,
    /// Prints the tables of docs/security/consensus.md instead.
    #[arg(long)]
    table: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Draw {
    /// A chance a candidate.
    Uniform,
    /// Chances by stake.
    Weighted,
    /// The first by credit, stake and a little chance.
    Ranking,
}

impl Draw {
    fn policy(self) -> Policy {
        match self {
            Self::Uniform => Policy::Uniform,
            Self::Weighted => Policy::Weighted,
            Self::Ranking => Policy::Ranking,
        }
    }
}

const CHAIN: [u8; 32] = [0xC5; 32];

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    if options.table {
        print!("{}", tables()?);
        return Ok(());
    }
    let pool = match &options.pool {
        Some(path) => Pool::parse(&read(path)?)?,
        None => Pool::parse(&made_up_pool())?,
    };
    let rules = Rules {
        policy: options.policy.policy(),
        seats: options.seats.into(),
        filter: options.filter,
    };
    let eligible = pool.eligible(&rules)?;
    println!("{} candidates, {} after the filter", pool.rows.len(), eligible.len());
    match &options.verify {
        Some(path) => verify(&pool, &rules, &eligible, &options.entropy, &read(path)?),
        None => {
            let proofs = draw(&pool, &rules, &eligible, options)?;
            if let Some(path) = &options.proofs {
                std::fs::write(path, proofs).map_err(|error| at(path, &error))?;
                println!("\nkeys and proofs are in {}", path.display());
            }
            estimate(pool.rows.len(), options)
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| at(path, &error))
}

struct Rules {
    policy: Policy,
    seats: usize,
    filter: u16,
}

struct Row {
    name: String,
    stake: u128,
    credit: u16,
}

struct Pool {
    rows: BTreeMap<CandidateId, Row>,
}

fn id(name: &str) -> CandidateId {
    CandidateId(blake3::derive_key("cess-examples r2s name", name.as_bytes()))
}

impl Pool {
    fn parse(text: &str) -> Result<Self, Failure> {
        let mut lines = (1..).zip(text.lines());
        let header = lines.next().map(|(_, line)| line.trim());
        expect(header == Some("name,stake,credit"), "line 1: the header is not name,stake,credit")?;
        let mut rows = BTreeMap::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let bad = |what: &str| Failure(format!("line {number}: {what}: {line}"));
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let [name, stake, credit] = fields[..] else { return Err(bad("not three fields")) };
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(bad("no name, or one with spaces"));
            }
            let stake = stake.parse().map_err(|_| bad("the stake is no number"))?;
            let credit = credit.parse().ok().filter(|credit| *credit <= 1000);
            let credit = credit.ok_or_else(|| bad("the credit is no number up to 1000"))?;
            let row = Row { name: name.to_owned(), stake, credit };
            if rows.insert(id(name), row).is_some() {
                return Err(bad("the name came before"));
            }
        }
        Ok(Self { rows })
    }

    /// Who passes the filter.
    fn eligible(&self, rules: &Rules) -> Result<Vec<CandidateId>, Failure> {
        expect(rules.filter < 1000, "a filter leaves less than 1000 per mille out")?;
        expect(rules.seats > 0, "a committee has a seat")?;
        let mut scores: Vec<u16> = self.rows.values().map(|row| row.credit).collect();
        scores.sort_unstable();
        let least = Filter::Quantile(rules.filter).threshold(&scores, rules.seats);
        let pass = |(id, row): (&CandidateId, &Row)| (row.credit >= least).then_some(*id);
        let eligible: Vec<CandidateId> = self.rows.iter().filter_map(pass).collect();
        expect(eligible.len() >= rules.seats, "the pool has fewer candidates than seats")?;
        Ok(eligible)
    }

    fn name(&self, id: &CandidateId) -> &str {
        self.rows.get(id).map_or("?", |row| row.name.as_str())
    }

    fn select(&self, rules: &Rules, tickets: &BTreeMap<CandidateId, [u8; 64]>) -> Vec<CandidateId> {
        let entry = |(id, output): (&CandidateId, &[u8; 64])| {
            let row = self.rows.get(id)?;
            let ticket = *output.first_chunk()?;
            Some(Entry { id: *id, ticket, stake: row.stake, credit: row.credit })
        };
        let entries: Vec<Entry> = tickets.iter().filter_map(entry).collect();
        select(rules.policy, rules.seats, &entries)
    }
}

fn made_up_pool() -> String {
    let mut text = String::from("name,stake,credit\n");
    for at in 0..200_u32 {
        let (stake, credit) = (1000 + at * 37 % 900 * 10, 500 + at * 53 % 501);
        let _ = writeln!(text, "node-{at:03},{stake},{credit}");
    }
    text
}

/// The secret of a node, which only that node would have: the example plays all of them.
fn secret(name: &str) -> EcvrfSecret {
    EcvrfSecret::from_bytes(&blake3::derive_key("cess-examples r2s secret", name.as_bytes()))
}

fn first_seed(entropy: &str, round: u64) -> [u8; 32] {
    let input = [entropy.as_bytes(), &round.to_le_bytes()].concat();
    blake3::derive_key("cess-examples r2s seed", &input)
}

fn output(key: &VrfKey, input: &[u8], proof: &VrfProof) -> Result<[u8; 64], Failure> {
    Ecvrf::verify(key, input, proof).map_err(|error| Failure(error.to_string()))
}

/// Everybody's tickets, the lowest of them, and the contributions of those for a later seed.
fn draw(
    pool: &Pool,
    rules: &Rules,
    eligible: &[CandidateId],
    options: &Options,
) -> Result<String, Failure> {
    let secrets: BTreeMap<CandidateId, EcvrfSecret> =
        eligible.iter().map(|id| (*id, secret(pool.name(id)))).collect();
    let mut text = String::new();
    for (id, secret) in &secrets {
        let _ = writeln!(text, "key {} {}", pool.name(id), hex(&secret.key().0));
    }
    let mut seeds = [1, 2].map(|round| first_seed(&options.entropy, round));
    for round in 1..=options.rounds {
        let seed = seeds[0];
        let _ = writeln!(text, "round {round} {}", hex(&seed));
        let input = ticket_input(&CHAIN, &seed, round);
        let (mut tickets, mut proofs) = (BTreeMap::new(), BTreeMap::new());
        for (id, secret) in &secrets {
            let proof = secret.prove(&input);
            let _ = writeln!(text, "ticket {} {}", pool.name(id), hex(&proof.0));
            tickets.insert(*id, output(&secret.key(), &input, &proof)?);
            proofs.insert(*id, proof);
        }
        let drawn = pool.select(rules, &tickets);
        println!("\nround {round}, seed {}", hex(&seed));
        for id in &drawn {
            println!(
                "  {:<12} ticket {}  proof {}",
                pool.name(id),
                hex(&tickets[id][..8]),
                hex(&proofs[id].0)
            );
        }
        let names: Vec<&str> = drawn.iter().map(|id| pool.name(id)).collect();
        let _ = writeln!(text, "drawn {}", names.join(" "));
        let input = contribution_input(&CHAIN, &seed, round);
        let mut parts = Vec::new();
        for id in &drawn {
            let proof = secrets[id].prove(&input);
            let _ = writeln!(text, "contribution {} {}", pool.name(id), hex(&proof.0));
            parts.push((*id, output(&secrets[id].key(), &input, &proof)?));
        }
        seeds = [seeds[1], later_seed(&CHAIN, &seed, round, parts.into_iter())];
    }
    Ok(text)
}

/// Goes through what another process wrote, and believes only the pool and the entropy.
fn verify(
    pool: &Pool,
    rules: &Rules,
    eligible: &[CandidateId],
    entropy: &str,
    text: &str,
) -> Result<(), Failure> {
    let eligible: BTreeSet<CandidateId> = eligible.iter().copied().collect();
    let mut keys: BTreeMap<CandidateId, VrfKey> = BTreeMap::new();
    let mut seeds = [1, 2].map(|round| first_seed(entropy, round));
    let mut round = 0;
    let (mut tickets, mut drawn, mut parts) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    let mut proofs = 0;
    for (number, line) in (1..).zip(text.lines().chain(["end"])) {
        let bad = |what: &str| Failure(format!("line {number}: {what}"));
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["key", name, key] => {
                let key = VrfKey(unhex(key).ok_or_else(|| bad("no key"))?);
                Ecvrf::check_key(&key).map_err(|error| bad(&error.to_string()))?;
                let new = keys.values().all(|other| *other != key);
                if !new || !eligible.contains(&id(name)) || keys.insert(id(name), key).is_some() {
                    return Err(bad("a key twice, or of nobody who takes part"));
                }
            }
            ["ticket" | "contribution", name, proof] => {
                let who = id(name);
                let key = keys.get(&who).ok_or_else(|| bad("no key of that name"))?;
                let proof = VrfProof(unhex(proof).ok_or_else(|| bad("no proof"))?);
                let is_ticket = words[0] == "ticket";
                let input = match is_ticket {
                    true => ticket_input(&CHAIN, &seeds[0], round),
                    false => contribution_input(&CHAIN, &seeds[0], round),
                };
                let output = output(key, &input, &proof).map_err(|error| bad(&error.0))?;
                let there = if is_ticket { &mut tickets } else { &mut parts };
                let mine = is_ticket && drawn.is_empty() || drawn.contains(&who);
                if !mine || there.insert(who, output).is_some() {
                    return Err(bad("a reveal twice, or out of place"));
                }
                proofs += 1;
            }
            ["drawn", ref names @ ..] => {
                drawn = pool.select(rules, &tickets);
                if !drawn.iter().map(|id| pool.name(id)).eq(names.iter().copied()) {
                    return Err(bad("the tickets draw others"));
                }
                println!("round {round}: {}", names.join(" "));
            }
            ["round", _, _] | ["end"] => {
                if round > 0 {
                    if drawn.is_empty() {
                        return Err(bad("a round without a draw"));
                    }
                    let reveals = std::mem::take(&mut parts);
                    let next = later_seed(&CHAIN, &seeds[0], round, reveals.into_iter());
                    seeds = [seeds[1], next];
                    (tickets, drawn) = (BTreeMap::new(), Vec::new());
                }
                round += 1;
                let expected = format!("round {round} {}", hex(&seeds[0]));
                if words[0] == "round" && line != expected {
                    return Err(bad("another round or seed than follows"));
                }
            }
            _ => return Err(bad("not understood")),
        }
    }
    expect(proofs > 0, "there is nothing to verify")?;
    println!("verified: {proofs} proofs of {} keys, {} rounds", keys.len(), round - 1);
    Ok(())
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N
        || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn estimate(candidates: usize, options: &Options) -> Result<(), Failure> {
    let candidates =
        u32::try_from(candidates).map_err(|_| Failure("too many candidates".into()))?;
    let Options { adversary, filter, seats, .. } = options;
    let estimate = security_estimate(candidates, *adversary, (*seats).into(), *filter)
        .map_err(|error| Failure(error.to_string()))?;
    println!(
        "\nan adversary with {} of {candidates} candidates, if the filter drops the honest alone: {} of {}",
        estimate.adversaries, estimate.adversaries, estimate.pool
    );
    println!("  can stop a round            {:.1e}", estimate.liveness_loss);
    println!("  can fork the committee      {:.1e}", estimate.forkable);
    println!("  can certify alone           {:.1e}", estimate.captured);
    println!("  by withholding, at most     {:.1} times as often", estimate.grinding_factor);
    println!("so a boundary between rounds counts only with two thirds of the pool's stake");
    Ok(())
}

/// The tables of docs/security/consensus.md.
fn tables() -> Result<String, Failure> {
    let failed = |error: cess_consensus::Error| Failure(error.to_string());
    let mut text = String::from(
        "| adversary | can stop, N = 100 / 1000 | can fork, N = 100 / 1000 | captured, N = 1000 | factor of withholding, N = 1000 |\n\
         |---|---|---|---|---|\n",
    );
    for permille in [100, 200, 250, 300] {
        let small = security_estimate(100, permille, 11, 0).map_err(failed)?;
        let large = security_estimate(1000, permille, 11, 0).map_err(failed)?;
        let _ = writeln!(
            text,
            "| {} % | {:.1e} / {:.1e} | {:.1e} / {:.1e} | {:.1e} | {:.1} |",
            permille / 10,
            small.liveness_loss,
            large.liveness_loss,
            small.forkable,
            large.forkable,
            large.captured,
            large.grinding_factor,
        );
    }
    text.push_str("\n| adversary | seats for P(X > f) ≤ 10^-6, N = 1000 |\n|---|---|\n");
    for permille in [100, 200, 250, 300] {
        let seats = committee_for(1000, permille, 6).map_err(failed)?;
        let seats = seats.map_or("none".to_owned(), |seats| seats.to_string());
        let _ = writeln!(text, "| {} % | {seats} |", permille / 10);
    }
    Ok(text)
}
