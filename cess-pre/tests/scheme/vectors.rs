//! `tests/vectors/pre.txt`: made by the second implementation, met by the crate. Sections of
//! `name = value` lines; what has to be refused names the error.
//!
//! With `CESS_PRE_VECTORS=write` in the environment the second implementation writes the file anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cess_pre::{
    Answer, Capsule, CheckedGrant, Condition, DataKey, Error, Evidence, Grant, PublicKey, Receipt,
    Request, SealedShare, SecretKey,
};

use crate::reference::{self, Keys, Place, enc, fr_bytes, g1};
use crate::world::{flipped, rng};

const TEXT: &str = include_str!("../vectors/pre.txt");

type Section = BTreeMap<String, String>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn sections(kind: &str) -> Vec<Section> {
    TEXT.split("\n[")
        .filter(|section| section.starts_with(&format!("{kind}]")))
        .map(|section| {
            let fields = section.lines().filter_map(|line| line.split_once(" = "));
            fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        })
        .collect()
}

fn bytes<const N: usize>(section: &Section, name: &str) -> [u8; N] {
    unhex(&section[name]).try_into().unwrap()
}

fn key(section: &Section, name: &str) -> SecretKey {
    SecretKey::from_seed(&bytes(section, name))
}

fn condition(section: &Section) -> Condition {
    Condition::from_bytes(&unhex(&section["condition"])).unwrap()
}

struct Writer(String);

impl Writer {
    fn section(&mut self, kind: &str, fields: &[(&str, &[u8])]) {
        write!(self.0, "\n[{kind}]\n").unwrap();
        for (name, value) in fields {
            writeln!(self.0, "{name} = {}", hex(value)).unwrap();
        }
    }

    fn refused(&mut self, object: &str, error: &str, bytes: &[u8]) {
        let (object, bytes) = (object.to_owned(), hex(bytes));
        write!(self.0, "\n[refused]\nobject = {object}\nerror = {error}\nbytes = {bytes}\n")
            .unwrap();
    }
}

/// The file, as the second implementation has it.
fn written() -> String {
    let mut out = Writer(
        "# Vectors of cess-pre, made by the second implementation in tests/scheme/reference.rs.\n\
         # docs/formats/pre.md describes the objects; bytes are in hexadecimal.\n"
            .to_owned(),
    );
    let seeds: Vec<[u8; 32]> = (0..8).map(|i| reference::hash("vector seeds", &[&[i]])).collect();
    let keys: Vec<Keys> = seeds.iter().map(Keys::from_seed).collect();
    for (seed, keys) in seeds.iter().zip(&keys).take(3) {
        let public = keys.public_key(seed);
        out.section(
            "keys",
            &[
                ("seed", seed),
                ("encryption_key", &enc(&keys.a1)),
                ("verifying_key", &enc(&keys.s1)),
                ("public_key", &public),
            ],
        );
    }
    let public = keys[0].public_key(&seeds[0]);
    out.refused("public key", "Possession", &[&enc(&keys[1].a1), &public[48..]].concat());
    let mut identity = [0; 48];
    identity[0] = 0xc0;
    out.refused("public key", "Identity", &[&identity, &public[48..]].concat());
    let mut small = [0; 48];
    small[0] = 0x80;
    out.refused("public key", "Subgroup", &[&small, &public[48..]].concat());
    out.refused("public key", "Point", &[&[0; 48], &public[48..]].concat());
    out.refused("public key", "Scalar", &[&public[..96], &[0xff; 128]].concat());
    out.refused("public key", "Length", &public[1..]);

    for (kind, epoch, t, n) in [(1u8, 0u64, 3usize, 5usize), (2, 7, 2, 3), (255, u64::MAX, 1, 1)] {
        let mut w = [kind; 73];
        w[65..].copy_from_slice(&epoch.to_le_bytes());
        let label = reference::hash("vector label", &[&w]);
        let data_key = reference::hash("vector data key", &[&w]);
        let rho = reference::scalar("vector rho", &[&w]);
        let (owner, delegatee) = (&keys[0], &keys[1]);
        let place = Place { a1: owner.a1, w: &w, label: &label };
        let capsule = place.encapsulate(&data_key, &rho);
        let c = g1(&capsule[..48]);
        let hash = place.hash(&capsule);
        out.section(
            "capsule",
            &[
                ("owner_seed", &seeds[0]),
                ("condition", &w),
                ("label", &label),
                ("rho", &fr_bytes(&rho)),
                (
                    "shared",
                    &reference::pairing(&reference::times(&owner.a1, &rho), &reference::q(&w)),
                ),
                ("data_key", &data_key),
                ("capsule", &capsule),
                ("hash", &hash),
            ],
        );

        let proxies: Vec<&Keys> = keys[2..2 + n].iter().collect();
        let (grant, shares) =
            reference::Grant::deal(owner, delegatee, w, 1000, t, &proxies, &label);
        let opened: Vec<_> =
            shares.iter().zip(&proxies).map(|(s, p)| grant.open_share(s, p)).collect();
        let request = grant.request(&hash, &label, &delegatee.s);
        let answers: Vec<Vec<u8>> = (1u8..)
            .zip(opened.iter().zip(&proxies))
            .map(|(i, (share, proxy))| {
                let v = reference::times(&c, share);
                grant.answer(i, share, &c, &v, &request, &proxy.s)
            })
            .collect();
        let lie = reference::times(&c, &(opened[0] + opened[0]));
        let lie = grant.answer(1, &opened[0], &c, &lie, &request, &proxies[0].s);
        let receipt = {
            let id = grant.id();
            let context = "cess-pre v1 receipt";
            let proof = reference::prove(context, &proxies[0].s, &[&id, &[1]], &label);
            [vec![1], proof].concat()
        };
        let signed = grant.sign(&owner.s);
        let fields: [(&str, &[u8]); 14] = [
            ("owner_seed", &seeds[0]),
            ("delegatee_seed", &seeds[1]),
            ("proxy_seeds", &seeds[2..2 + n].concat()),
            ("condition", &w),
            ("label", &label),
            ("grant", &signed),
            ("id", &grant.id()),
            ("shares", &shares.concat()),
            ("receipt", &receipt),
            ("capsule", &capsule),
            ("request", &request),
            ("answers", &answers.concat()),
            ("evidence", &[&capsule[..], &label, &request, &lie].concat()),
            ("data_key", &data_key),
        ];
        out.section("grant", &fields);
        out.refused("grant", "Version", &[&[2], &signed[1..]].concat());
        out.refused("grant", "ConditionKind", &[&[1, 9], &signed[2..]].concat());
        out.refused("grant", "Threshold", &{
            let mut bytes = signed.clone();
            (bytes[82], bytes[83]) = (bytes[83] + 1, bytes[82] - 1);
            bytes
        });
        out.refused("grant", "Length", &signed[..signed.len() - 1]);
        out.refused("grant", "Identity", &[&signed[..180], &identity, &signed[228..]].concat());
        out.refused("capsule", "Subgroup", &[&small, &capsule[48..]].concat());
        out.refused("capsule", "Scalar", &[&capsule[..96], &[0xff; 64]].concat());
        out.refused("answer", "Index", &[&[0], &answers[0][1..]].concat());
        out.refused("answer", "Identity", &[&[1], &identity[..], &answers[0][49..]].concat());
        out.refused("sealed share", "Subgroup", &[&[1], &small[..], &shares[0][49..]].concat());
        out.refused("receipt", "Index", &[&[0], &receipt[1..]].concat());
        out.refused("request", "Scalar", &[&request[..96], &[0xff; 64]].concat());
    }
    out.0
}

#[test]
fn the_vectors_are_the_second_implementations() {
    let written = written();
    if std::env::var_os("CESS_PRE_VECTORS").is_some_and(|mode| mode == "write") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/pre.txt");
        std::fs::write(path, &written).unwrap();
        return;
    }
    assert!(written == TEXT, "the file differs from what the second implementation writes");
}

#[test]
fn keys_are_the_vectors() {
    let all = sections("keys");
    assert_eq!(all.len(), 3);
    for section in &all {
        let ours = key(section, "seed");
        assert_eq!(hex(&ours.public().encryption_key()), section["encryption_key"]);
        assert_eq!(hex(&ours.public().verifying_key()), section["verifying_key"]);
        let read = PublicKey::from_bytes(&unhex(&section["public_key"])).unwrap();
        assert_eq!(read.encryption_key(), ours.public().encryption_key());
        assert_eq!(hex(&read.to_bytes()), section["public_key"]);
    }
}

#[test]
fn capsules_open_to_the_vectors_keys() {
    let all = sections("capsule");
    assert_eq!(all.len(), 3);
    for section in &all {
        let owner = key(section, "owner_seed");
        let capsule = Capsule::from_bytes(&unhex(&section["capsule"])).unwrap();
        let label = bytes(section, "label");
        let checked = capsule.check(owner.public(), &condition(section), &label).unwrap();
        assert_eq!(hex(&checked.hash()), section["hash"]);
        assert_eq!(hex(&owner.open(&checked).unwrap().to_bytes()[..]), section["data_key"]);
    }
}

#[test]
fn grants_shares_answers_and_evidence_do_as_the_vectors_say() {
    let all = sections("grant");
    assert_eq!(all.len(), 3);
    for section in &all {
        let (owner, delegatee) = (key(section, "owner_seed"), key(section, "delegatee_seed"));
        let grant = Grant::from_bytes(&unhex(&section["grant"])).unwrap();
        let grant: CheckedGrant = grant.check(owner.public(), delegatee.public()).unwrap();
        assert_eq!(hex(grant.id()), section["id"]);
        let received = delegatee.receive(&grant).unwrap();

        let capsule = Capsule::from_bytes(&unhex(&section["capsule"])).unwrap();
        let label = bytes(section, "label");
        let capsule = capsule.check(owner.public(), &condition(section), &label).unwrap();
        let request = Request::from_bytes(&unhex(&section["request"])).unwrap();
        let receipt = Receipt::from_bytes(&unhex(&section["receipt"])).unwrap();
        assert_eq!((receipt.index(), receipt.check(&grant)), (1, Ok(())));

        let seeds = unhex(&section["proxy_seeds"]);
        let shares = unhex(&section["shares"]);
        let answers = unhex(&section["answers"]);
        let mut read = Vec::new();
        for ((seed, sealed), answer) in
            seeds.chunks(32).zip(shares.chunks(97)).zip(answers.chunks(177))
        {
            let proxy = SecretKey::from_seed(seed.try_into().unwrap());
            let sealed = SealedShare::from_bytes(sealed).unwrap();
            let (share, _) = proxy.accept(&grant, &sealed, &mut rng(1)).unwrap();
            let ours = proxy.answer(&share, &grant, &capsule, &request, 0, &mut rng(1)).unwrap();
            let theirs = Answer::from_bytes(answer).unwrap();
            assert_eq!(ours.to_bytes()[..49], answer[..49], "index and V");
            for answer in [ours, theirs.clone()] {
                assert_eq!(answer.check(&grant, &capsule, &request), Ok(()));
            }
            read.push(theirs);
        }
        let t = usize::from(grant.terms().threshold.get());
        for first in 0..=read.len() - t {
            let some = &read[first..first + t];
            let key: Result<DataKey, Error> = received.combine(&capsule, &request, some).key;
            assert_eq!(hex(&key.unwrap().to_bytes()[..]), section["data_key"]);
        }
        let evidence = Evidence::from_bytes(&unhex(&section["evidence"])).unwrap();
        assert_eq!(evidence.check(&grant), Ok(1));
        let altered = flipped(&unhex(&section["evidence"]), 8 * 520);
        let altered = Evidence::from_bytes(&altered).and_then(|evidence| evidence.check(&grant));
        assert!(altered.is_err());
    }
}

#[test]
fn what_the_vectors_refuse_is_refused_as_they_say() {
    let all = sections("refused");
    assert_eq!(all.len(), 6 + 3 * 12);
    for section in &all {
        let bytes = unhex(&section["bytes"]);
        let refused = match section["object"].as_str() {
            "public key" => PublicKey::from_bytes(&bytes).err(),
            "capsule" => Capsule::from_bytes(&bytes).err(),
            "grant" => Grant::from_bytes(&bytes).err(),
            "sealed share" => SealedShare::from_bytes(&bytes).err(),
            "receipt" => Receipt::from_bytes(&bytes).err(),
            "request" => Request::from_bytes(&bytes).err(),
            "answer" => Answer::from_bytes(&bytes).err(),
            other => panic!("{other}"),
        };
        let said = format!("{:?}", refused.unwrap());
        let name = said.split([' ', '(']).next().unwrap();
        assert_eq!(name, section["error"], "{}", section["object"]);
    }
}
