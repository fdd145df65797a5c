//! Proxy re-encryption, beside Umbral (feature `umbral`), and data encapsulation beside its AEAD.

use std::hint::black_box;

use cess_pre::dem::{Dem, FreshSalt, PAYLOAD_LEN, Part, sealed_len};
use cess_pre::{
    Answer, Capsule, CheckedCapsule, Condition, DataKey, Delegation, Evidence, PublicKey, Receipt,
    Request, SealedShare, SecretKey, Share, Terms, Threshold,
};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const LABEL: [u8; 32] = [0xF1; 32];
const SIZES: [(u8, u8); 3] = [(2, 3), (3, 5), (20, 30)];
const DEM_BYTES: usize = 8 << 20;
const SHARED_BYTES: [usize; 2] = [1 << 10, 1 << 30];

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    objects(emit);
    for (t, n) in SIZES {
        World::new(t, n).run(emit);
    }
    dem(emit);
    let sent = SHARED_BYTES.map(|bytes| shared(bytes, emit));
    assert_eq!(sent[0], sent[1], "what the owner sends doesn't depend on the size");
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

struct World {
    owner: SecretKey,
    delegatee: SecretKey,
    proxies: Vec<SecretKey>,
    keys: Vec<PublicKey>,
    key: DataKey,
    condition: Condition,
    capsule: CheckedCapsule,
    terms: Terms,
    delegation: Delegation,
    params: String,
    threshold: usize,
}

impl World {
    fn new(t: u8, n: u8) -> Self {
        let key = |i: u8| SecretKey::from_seed(&[i; 32]);
        let (owner, delegatee) = (key(1), key(2));
        let proxies: Vec<SecretKey> = (3..3 + n).map(key).collect();
        let keys: Vec<PublicKey> = proxies.iter().map(|proxy| proxy.public().clone()).collect();
        let condition = Condition::file([0xC5; 32], LABEL, 0);
        let key = DataKey::generate(&mut rng());
        let capsule = owner.public().encapsulate(&key, &condition, &LABEL, &mut rng());
        let capsule = capsule.expect("an AEAD that works");
        let threshold = Threshold::new(t).expect("two or more");
        let terms = Terms { condition, threshold, not_after: 1 };
        let delegation = owner.delegate(delegatee.public(), &terms, &keys, &mut rng());
        let delegation = delegation.expect("a threshold within the proxies");
        let (params, threshold) = (format!("proxies={t}of{n}"), usize::from(t));
        Self {
            owner,
            delegatee,
            proxies,
            keys,
            key,
            condition,
            capsule,
            terms,
            delegation,
            params,
            threshold,
        }
    }

    fn run(&self, emit: &mut dyn FnMut(Figure)) {
        let grant = &self.delegation.grant;
        let received = self.delegatee.receive(grant).expect("a sound grant");
        let request = received.request(&self.delegatee, &self.capsule, &mut rng());
        let request = request.expect("the grant's capsule");
        let shares: Vec<Share> = self
            .proxies
            .iter()
            .zip(&self.delegation.shares)
            .map(|(proxy, sealed)| proxy.accept(grant, sealed, &mut rng()).expect("a share").0)
            .collect();
        let answer = |i: usize| {
            let (proxy, share) = (&self.proxies[i], &shares[i]);
            let answer = proxy.answer(share, grant, &self.capsule, &request, 1, &mut rng());
            answer.expect("a live grant")
        };
        let answers: Vec<Answer> = (0..self.threshold).map(answer).collect();
        let public = self.owner.public();
        let rival = rival::World::new(self.terms.threshold, self.proxies.len());
        let capsule = *self.capsule.capsule();
        let shared = [
            (
                "encapsulate",
                timed(
                    || {
                        let (w, mut rng) = (&self.condition, rng());
                        black_box(public.encapsulate(&self.key, w, &LABEL, &mut rng)).is_ok()
                    },
                    rival.encapsulate(),
                ),
            ),
            (
                "open_owner",
                timed(|| black_box(self.owner.open(&self.capsule)).is_ok(), rival.open()),
            ),
            (
                "delegate",
                timed(
                    || {
                        let (to, terms) = (self.delegatee.public(), &self.terms);
                        black_box(self.owner.delegate(to, terms, &self.keys, &mut rng())).is_ok()
                    },
                    rival.delegate(),
                ),
            ),
            ("answer", timed(|| black_box(answer(0)).index() == 1, rival.answer())),
            (
                "check_answer",
                timed(
                    || black_box(answers[0].check(grant, &self.capsule, &request)).is_ok(),
                    rival.check_answer(),
                ),
            ),
            (
                "combine",
                timed(
                    || {
                        let combined = received.combine(&self.capsule, &request, &answers);
                        black_box(combined).key.is_ok()
                    },
                    rival.combine(),
                ),
            ),
        ];
        for (op, [ours, theirs]) in shared {
            self.emit(op, ours, Some(theirs).filter(|seconds| seconds.is_finite()), emit);
        }
        let alone = [
            (
                "check_capsule",
                timed(|| black_box(capsule.check(public, &self.condition, &LABEL)).is_ok(), None),
            ),
            ("receive", timed(|| black_box(self.delegatee.receive(grant)).is_ok(), None)),
            (
                "accept",
                timed(
                    || {
                        let sealed = &self.delegation.shares[0];
                        black_box(self.proxies[0].accept(grant, sealed, &mut rng())).is_ok()
                    },
                    None,
                ),
            ),
        ];
        for (op, [ours, _]) in alone {
            self.emit(op, ours, None, emit);
        }
    }

    fn emit(&self, op: &str, ours: f64, rival: Option<f64>, emit: &mut dyn FnMut(Figure)) {
        let unit = Unit::Milliseconds;
        let mut figure = Figure::new(format!("{op}/{}", self.params), unit.value(ours, 0), unit);
        if let Some(rival) = rival {
            figure = figure.against("umbral-pre", unit.value(rival, 0));
        }
        emit(figure);
    }
}

/// Seconds of ours and of the rival; NaN without one.
fn timed(ours: impl FnMut() -> bool, rival: Option<Box<dyn FnMut() -> bool + '_>>) -> [f64; 2] {
    let mut ours = holds(ours);
    match rival {
        Some(rival) => interleave([&mut ours, &mut holds(rival)]),
        None => {
            let [ours] = interleave([&mut ours]);
            [ours, f64::NAN]
        }
    }
}

fn holds(mut step: impl FnMut() -> bool) -> impl FnMut() {
    move || assert!(step(), "each step succeeds")
}

fn objects(emit: &mut dyn FnMut(Figure)) {
    let grant = cess_pre::Grant::encoded_len(3, 5);
    let sizes = [
        ("public_key", PublicKey::LEN),
        ("condition", Condition::LEN),
        ("capsule", Capsule::LEN),
        ("grant/proxies=3of5", grant),
        ("share", SealedShare::LEN),
        ("receipt", Receipt::LEN),
        ("request", Request::LEN),
        ("answer", Answer::LEN),
        ("evidence", Evidence::LEN),
        ("delegation/proxies=3of5", grant + 5 * SealedShare::LEN),
    ];
    let rivals = rival::sizes();
    for (name, bytes) in sizes {
        let mut figure =
            Figure::new(format!("bytes/{name}"), Unit::Bytes.value(0.0, bytes), Unit::Bytes);
        if let Some((_, theirs)) = rivals.iter().find(|(rival, _)| *rival == name) {
            figure = figure.against("umbral-pre", Unit::Bytes.value(0.0, *theirs));
        }
        emit(figure);
    }
}

/// Whole parts in place beside the same records by the AEAD alone, neither hashed nor moved.
fn dem(emit: &mut dyn FnMut(Figure)) {
    let dem = Dem::new(&DataKey::generate(&mut rng()), b"header");
    let part = Part::last(0);
    let room = usize::try_from(sealed_len(DEM_BYTES as u64).expect("short")).expect("in memory");
    let aead = ChaCha20Poly1305::new((&[7; 32]).into());
    let mut buffer = vec![1; DEM_BYTES];
    let mut data = Vec::with_capacity(room);
    let [ours, alone] = interleave([
        &mut || {
            data.clear();
            data.resize(DEM_BYTES, 1);
            let sealed = dem.seal_part(part, FreshSalt::generate(&mut rng()), &mut data);
            assert!(sealed.is_ok());
        },
        &mut || {
            // The copy into the buffer is part of the task on both sides.
            buffer.clear();
            buffer.resize(DEM_BYTES, 1);
            for (at, record) in buffer.chunks_mut(PAYLOAD_LEN).enumerate() {
                let mut nonce = [0; 12];
                nonce[..8].copy_from_slice(&(at as u64).to_le_bytes());
                let tag = aead.encrypt_inout_detached(&nonce.into(), &[], record.into());
                black_box(tag.expect("short enough"));
            }
        },
    ]);
    let unit = Unit::MegabytesPerSecond;
    let value = |seconds| unit.value(seconds, DEM_BYTES);
    let name = format!("dem_seal/bytes={DEM_BYTES}");
    emit(Figure::new(name, value(ours), unit).against("chacha20poly1305-alone", value(alone)));
}

/// Shares a file of so many bytes from end to end; returns the bytes that the owner sends for it,
/// the file itself left out.
fn shared(bytes: usize, emit: &mut dyn FnMut(Figure)) -> usize {
    let world = World::new(3, 5);
    let dem = Dem::new(&world.key, b"header");
    let (part, salt) = (Part::last(0), FreshSalt::generate(&mut rng()));
    let public_salt = salt.salt();
    let room = usize::try_from(sealed_len(bytes as u64).expect("short")).expect("in memory");
    let mut data = Vec::with_capacity(room);
    data.resize(bytes, 0x5A);
    dem.seal_part(part, salt, &mut data).expect("short enough");

    let grant = &world.delegation.grant;
    let sent = [
        Capsule::LEN,
        grant.grant().to_bytes().len(),
        world.delegation.shares.iter().map(|share| share.to_bytes().len()).sum(),
    ];
    let received = world.delegatee.receive(grant).expect("a sound grant");
    let request = received.request(&world.delegatee, &world.capsule, &mut rng()).expect("covered");
    let answers: Vec<Answer> = world
        .proxies
        .iter()
        .zip(&world.delegation.shares)
        .take(3)
        .map(|(proxy, sealed)| {
            let (share, _) = proxy.accept(grant, sealed, &mut rng()).expect("a share");
            proxy.answer(&share, grant, &world.capsule, &request, 1, &mut rng()).expect("live")
        })
        .collect();
    let key = received.combine(&world.capsule, &request, &answers).key.expect("three answers");
    let reader = Dem::open(&key, b"header", &dem.commitment()).expect("the file's key");
    reader.open_part(part, public_salt, &mut data).expect("authentic");
    assert!(data.len() == bytes && data.iter().all(|byte| *byte == 0x5A));

    let sent = sent.iter().sum();
    let name = format!("owner_sends/bytes={bytes}");
    emit(Figure::new(name, Unit::Bytes.value(0.0, sent), Unit::Bytes));
    sent
}

type Step<'a> = Option<Box<dyn FnMut() -> bool + 'a>>;

#[cfg(feature = "umbral")]
mod rival {
    use cess_pre::umbral::{Answer, Capsule, SecretKey, Share};
    use cess_pre::{DataKey, Threshold};

    use super::{Step, black_box, rng};

    pub(super) struct World {
        owner: SecretKey,
        delegatee: SecretKey,
        key: DataKey,
        capsule: Capsule,
        threshold: Threshold,
        proxies: u8,
        shares: Vec<Share>,
        answers: Vec<Answer>,
        answer: Vec<u8>,
    }

    impl World {
        pub(super) fn new(threshold: Threshold, proxies: usize) -> Self {
            let key = |i: u8| SecretKey::from_seed(&[i; 32]).expect("a seed");
            let (owner, delegatee) = (key(1), key(2));
            let key = DataKey::generate(&mut rng());
            let capsule = owner.public().encapsulate(&key, &mut rng()).expect("an AEAD");
            let proxies = u8::try_from(proxies).expect("at most 255");
            let shares = owner.delegate(delegatee.public(), threshold, proxies, &mut rng());
            let shares = shares.expect("a threshold within the proxies");
            let t = usize::from(threshold.get());
            let answers: Vec<Answer> =
                shares[..t].iter().map(|share| share.answer(&capsule, &mut rng())).collect();
            let answer = answers[0].to_bytes();
            Self { owner, delegatee, key, capsule, threshold, proxies, shares, answers, answer }
        }

        pub(super) fn encapsulate(&self) -> Step<'_> {
            let public = self.owner.public();
            Some(Box::new(|| black_box(public.encapsulate(&self.key, &mut rng())).is_ok()))
        }

        pub(super) fn open(&self) -> Step<'_> {
            Some(Box::new(|| black_box(self.owner.open(&self.capsule)).is_ok()))
        }

        pub(super) fn delegate(&self) -> Step<'_> {
            let to = self.delegatee.public();
            Some(Box::new(|| {
                let (t, n) = (self.threshold, self.proxies);
                black_box(self.owner.delegate(to, t, n, &mut rng())).is_ok()
            }))
        }

        pub(super) fn answer(&self) -> Step<'_> {
            Some(Box::new(|| {
                black_box(self.shares[0].answer(&self.capsule, &mut rng()));
                true
            }))
        }

        /// With the decoding that only its verified form comes through.
        pub(super) fn check_answer(&self) -> Step<'_> {
            let (owner, delegatee) = (self.owner.public(), self.delegatee.public());
            Some(Box::new(|| {
                black_box(Answer::from_bytes(&self.answer, &self.capsule, owner, delegatee)).is_ok()
            }))
        }

        pub(super) fn combine(&self) -> Step<'_> {
            let owner = self.owner.public();
            Some(Box::new(|| {
                black_box(self.delegatee.combine(owner, &self.capsule, &self.answers)).is_ok()
            }))
        }
    }

    pub(super) fn sizes() -> Vec<(&'static str, usize)> {
        let world = World::new(Threshold::new(3).expect("two or more"), 5);
        let (capsule, wrap) = world.capsule.to_bytes();
        let share = world.shares[0].to_bytes().len();
        vec![
            ("public_key", world.owner.public().to_bytes().len()),
            ("capsule", capsule.len() + wrap.len()),
            ("share", share),
            ("answer", world.answer.len()),
            ("delegation/proxies=3of5", 5 * share),
        ]
    }
}

#[cfg(not(feature = "umbral"))]
mod rival {
    use cess_pre::Threshold;

    use super::Step;

    pub(super) struct World;

    impl World {
        pub(super) fn new(_: Threshold, _: usize) -> Self {
            Self
        }

        pub(super) fn encapsulate(&self) -> Step<'_> {
            None
        }

        pub(super) fn open(&self) -> Step<'_> {
            None
        }

        pub(super) fn delegate(&self) -> Step<'_> {
            None
        }

        pub(super) fn answer(&self) -> Step<'_> {
            None
        }

        pub(super) fn check_answer(&self) -> Step<'_> {
            None
        }

        pub(super) fn combine(&self) -> Step<'_> {
            None
        }
    }

    pub(super) fn sizes() -> Vec<(&'static str, usize)> {
        Vec::new()
    }
}
