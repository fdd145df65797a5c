//! Alice lets Bob read a file with the help of five proxies, of which one is down and one lies. No
//! network: what would be sent is passed on in bytes, and counted.
//!
//! `cargo run --release --example delegate`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]

use std::{process::ExitCode, time::Instant};

use cess_examples::human;
use cess_pre::dem::{Dem, FreshSalt, KeyCommitment, Part, Salt};
use cess_pre::{
    Answer, Capsule, CheckedCapsule, Condition, DataKey, Error, Evidence, Grant, PublicKey,
    Replacement, Request, SealedShare, SecretKey, Terms, Threshold, testkit::false_answer,
};
use clap::Parser;
use rand::{Rng, SeedableRng, rngs::StdRng, rngs::SysRng};

const LEDGER: [u8; 32] = [0xC5; 32];
const HEIGHT: u64 = 500;
const DOWN: usize = 1;
const LIAR: usize = 3;

/// Alice shares a file with Bob through five proxies, two of which are of no use.
#[derive(Parser)]
struct Options {
    /// Size of the file that Alice makes up, MiB.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    mib: u32,
}

/// Prints one step: who, what, the bytes that leave, the time.
fn step<T>(
    who: &str,
    what: &str,
    doing: impl FnOnce() -> Result<(T, usize), Error>,
) -> Result<T, Error> {
    let started = Instant::now();
    let (result, sent) = doing()?;
    let ms = started.elapsed().as_secs_f64() * 1e3;
    println!("{who:<9}{what:<52}{:>10}{ms:>11.2} ms", human(sent as u64));
    Ok(result)
}

/// What Alice stores where everybody finds it.
struct Stored {
    file: [u8; 32],
    header: Vec<u8>,
    commitment: KeyCommitment,
    salt: Salt,
    sealed: Vec<u8>,
}

fn main() -> ExitCode {
    match story(Options::parse().mib) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}: {}", error.hint());
            ExitCode::FAILURE
        }
    }
}

fn story(mib: u32) -> Result<(), Error> {
    let mut rng = StdRng::try_from_rng(&mut SysRng).expect("the system has randomness");
    let mut person = || {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        SecretKey::from_seed(&seed)
    };
    let (alice, bob) = (person(), person());
    let proxies = [(); 5].map(|()| person());
    println!("{:<9}{:<52}{:>10}{:>14}", "who", "what", "sends", "time");

    let plain = made_up(mib, &mut rng);
    let key = DataKey::generate(&mut rng);
    let stored = step("Alice", "encrypts the file", || store(&plain, &key, &mut rng))?;
    let condition = Condition::file(LEDGER, stored.file, 0);
    let capsule = step("Alice", "puts its key into a capsule for herself", || {
        let capsule = alice.public().encapsulate(&key, &condition, &stored.file, &mut rng)?;
        let bytes = capsule.capsule().to_bytes();
        Ok((bytes, bytes.len()))
    })?;
    let read_capsule =
        || Capsule::from_bytes(&capsule)?.check(alice.public(), &condition, &stored.file);

    let (grant, shares) = step("Alice", "delegates it to Bob, 3 of 5 proxies", || {
        let terms = Terms { condition, threshold: Threshold::new(3)?, not_after: 1000 };
        let keys: Vec<PublicKey> = proxies.iter().map(|proxy| proxy.public().clone()).collect();
        let delegation = alice.delegate(bob.public(), &terms, &keys, &mut rng)?;
        let shares: Vec<_> = delegation.shares.iter().map(SealedShare::to_bytes).collect();
        let grant = delegation.grant.grant().to_bytes();
        let sent = grant.len() + shares.iter().map(|share| share.len()).sum::<usize>();
        Ok(((grant, shares), sent))
    })?;

    let grant = Grant::from_bytes(&grant)?.check(alice.public(), bob.public())?;
    let received =
        step("Bob", "finds the grant sound, before he pays", || Ok((bob.receive(&grant)?, 0)))?;
    let bobs_capsule: CheckedCapsule = read_capsule()?;
    let request = step("Bob", "asks the proxies", || {
        let request = received.request(&bob, &bobs_capsule, &mut rng)?.to_bytes();
        Ok((request, request.len() * proxies.len()))
    })?;

    let mut answers = Vec::new();
    for (at, (proxy, sealed)) in proxies.iter().zip(&shares).enumerate() {
        let who = format!("proxy {}", at + 1);
        if at == DOWN {
            println!("{who:<9}is down");
            continue;
        }
        let what = if at == LIAR {
            "takes its share and answers, with a lie"
        } else {
            "takes its share and answers"
        };
        answers.push(step(&who, what, || {
            let (share, _) = proxy.accept(&grant, &SealedShare::from_bytes(sealed)?, &mut rng)?;
            let (capsule, request) = (read_capsule()?, Request::from_bytes(&request)?);
            let answer = if at == LIAR {
                false_answer(proxy, &share, &grant, &capsule, &request, &mut rng)
            } else {
                proxy.answer(&share, &grant, &capsule, &request, HEIGHT, &mut rng)?
            };
            let bytes = answer.to_bytes();
            Ok((bytes, bytes.len()))
        })?);
    }

    // The liar's comes among the first three.
    answers.swap(0, 2);
    let request = Request::from_bytes(&request)?;
    let (opened, evidence) = step("Bob", "combines, finds the liar, opens the capsule", || {
        let answers = answers.iter().map(|bytes| Answer::from_bytes(bytes));
        let answers = answers.collect::<Result<Vec<_>, _>>()?;
        let combined = received.combine(&bobs_capsule, &request, &answers);
        let evidence: Vec<_> = combined.liars.iter().map(Evidence::to_bytes).collect();
        let sent = evidence.iter().map(|bytes| bytes.len()).sum();
        Ok(((combined.key?, evidence), sent))
    })?;
    expect(opened == key, "Bob has Alice's data key");
    for evidence in &evidence {
        let liar = step("anybody", "checks the evidence against the grant", || {
            Ok((Evidence::from_bytes(evidence)?.check(&grant)?, 0))
        })?;
        expect(usize::from(liar) == LIAR + 1, "the liar is the one that lied");
        println!("         proxy {liar} lied");
    }
    expect(evidence.len() == 1, "one proxy lied");

    step("Bob", "checks the key commitment, decrypts the file", || {
        let dem = Dem::open(&opened, &stored.header, &stored.commitment)?;
        let mut bytes = stored.sealed.clone();
        dem.open_part(Part::last(0), stored.salt, &mut bytes)?;
        expect(bytes == plain, "Bob reads what Alice wrote");
        Ok(((), 0))
    })?;

    let revoked = step("Alice", "revokes, under the same data key", || {
        let revoked = alice.revoke(&bobs_capsule, &Replacement::Same, &mut rng)?;
        Ok((revoked, Capsule::LEN))
    })?;
    let refused = received.request(&bob, &revoked.capsule, &mut rng);
    expect(refused == Err(Error::OtherCondition), "the old grant covers the new capsule no more");
    println!("         which is {:?}: what Bob has read he can't unread", revoked.kind);
    Ok(())
}

fn made_up(mib: u32, rng: &mut StdRng) -> Vec<u8> {
    let mut plain = vec![0; mib as usize * (1 << 20)];
    rng.fill_bytes(&mut plain);
    plain
}

fn store(plain: &[u8], key: &DataKey, rng: &mut StdRng) -> Result<(Stored, usize), Error> {
    let header = b"delegate example".to_vec();
    let dem = Dem::new(key, &header);
    let fresh = FreshSalt::generate(rng);
    let salt = fresh.salt();
    let len = cess_pre::dem::sealed_len(plain.len() as u64)?;
    let mut sealed = Vec::with_capacity(usize::try_from(len).unwrap_or(plain.len()));
    sealed.extend_from_slice(plain);
    dem.seal_part(Part::last(0), fresh, &mut sealed)?;
    let (commitment, file) = (dem.commitment(), blake3::hash(&sealed).into());
    let sent = sealed.len();
    Ok((Stored { file, header, commitment, salt, sealed }, sent))
}

/// Every claim that the story prints is checked first.
fn expect(holds: bool, claim: &str) {
    assert!(holds, "this should hold and doesn't: {claim}");
}
