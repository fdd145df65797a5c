//! What a challenge draws, a second time, from docs/formats/podr2.md and docs/formats/merkle.md.

use bls12_381::Scalar;

use crate::equations::{
    Answer, Asked, Fragment, Id, Key, Public, Refusal, Stored, answers, decode_proof, encode,
    judge, stream, weight, weights_of, xof,
};

fn label(fragment: &Fragment) -> Id {
    xof("cess-podr2 v1 holding entry", &[&fragment.key, &fragment.name()])
}

/// In the order of the tree.
fn ordered(holding: &[Fragment]) -> Vec<(Id, Fragment)> {
    let mut entries: Vec<_> = holding.iter().map(|fragment| (label(fragment), *fragment)).collect();
    entries.sort_unstable_by_key(|(label, _)| *label);
    entries
}

/// Entries, sum and hash of a node of the crit-bit tree over sorted entries.
fn node(entries: &[(Id, Fragment)]) -> (u32, u64, Id) {
    if let [(label, fragment)] = entries {
        let blocks = fragment.blocks();
        return (1, blocks, xof("cess-merkle v1 sum leaf", &[label, &blocks.to_le_bytes()]));
    }
    let bit = |id: &Id, at: u8| id[usize::from(at / 8)] >> (7 - at % 8) & 1;
    let (first, last) = (&entries[0].0, &entries[entries.len() - 1].0);
    // Sorted: where first and last differ, all that have 0 come before all that have 1.
    let at = (0..=255).find(|at| bit(first, *at) != bit(last, *at)).unwrap();
    let (zeros, ones) = entries.split_at(entries.partition_point(|(id, _)| bit(id, at) == 0));
    let mut input = vec![at];
    let (mut count, mut sum) = (0, 0);
    for (entries, blocks, hash) in [node(zeros), node(ones)] {
        input.extend(entries.to_le_bytes());
        input.extend(blocks.to_le_bytes());
        input.extend(hash);
        (count, sum) = (count + entries, sum + blocks);
    }
    (count, sum, xof("cess-merkle v2 sum node", &[&input]))
}

pub(crate) fn holding_root(holding: &[Fragment]) -> Id {
    let (count, total, top) =
        if holding.is_empty() { (0, 0, [0; 32]) } else { node(&ordered(holding)) };
    let count = u64::from(count).to_le_bytes();
    xof("cess-merkle v1 sum root", &[&count, &total.to_le_bytes(), &top])
}

/// A challenge in its parts; `window` is (windows, samples), nothing asks for every block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Challenge {
    pub(crate) chain_id: Id,
    pub(crate) round: u64,
    pub(crate) height: u64,
    pub(crate) prover: Id,
    pub(crate) root: Id,
    pub(crate) total: u64,
    pub(crate) fragments: u64,
    pub(crate) window: Option<(u32, u32)>,
    pub(crate) seed: Id,
}

impl Challenge {
    pub(crate) fn new(holding: &[Fragment], window: Option<(u32, u32)>, seed: Id) -> Self {
        Self {
            chain_id: [1; 32],
            round: 9,
            height: 1000,
            prover: [2; 32],
            root: holding_root(holding),
            total: holding.iter().map(Fragment::blocks).sum(),
            fragments: holding.len() as u64,
            window,
            seed,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = 1_u32.to_le_bytes().to_vec();
        out.extend(self.chain_id);
        out.extend(self.round.to_le_bytes());
        out.extend(self.height.to_le_bytes());
        out.extend(self.prover);
        out.extend(self.root);
        out.extend(self.total.to_le_bytes());
        out.extend(self.fragments.to_le_bytes());
        let (windows, samples) = self.window.unwrap_or_default();
        out.push(u8::from(self.window.is_some()));
        out.extend(windows.to_le_bytes());
        out.extend(samples.to_le_bytes());
        out.extend(self.seed);
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() != 173 {
            return Err("length");
        }
        let id = |at: usize| Id::try_from(&bytes[at..at + 32]).unwrap();
        let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let short = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        if short(0) != 1 {
            return Err("version");
        }
        let window = match (bytes[132], short(133), short(137)) {
            (0, 0, 0) => None,
            (1, windows, samples) if windows > 0 && samples > 0 => Some((windows, samples)),
            _ => return Err("policy"),
        };
        let challenge = Self {
            chain_id: id(4),
            round: long(36),
            height: long(44),
            prover: id(52),
            root: id(84),
            total: long(116),
            fragments: long(124),
            window,
            seed: id(141),
        };
        if challenge.fragments == 0 || challenge.total < challenge.fragments {
            return Err("empty holding");
        }
        Ok(challenge)
    }

    pub(crate) fn digest(&self) -> Id {
        xof("cess-podr2 v1 challenge", &[&self.encode()])
    }

    pub(crate) fn z(&self) -> Scalar {
        Scalar::from_bytes_wide(&xof("cess-podr2 v1 z", &[&self.digest()]))
    }

    /// The samples in order, each with its coefficient.
    pub(crate) fn asked(&self, holding: &[Fragment]) -> Result<Vec<Asked>, Refusal> {
        if holding_root(holding) != self.root
            || holding.iter().map(Fragment::blocks).sum::<u64>() != self.total
            || holding.len() as u64 != self.fragments
        {
            return Err("wrong holding");
        }
        let mut positions = stream("cess-podr2 v1 positions", &[&self.digest()]);
        let mut nus = stream("cess-podr2 v1 nu", &[&self.digest()]);
        let entries = ordered(holding);
        let (ranks, each) = match self.window {
            None => ((0..self.fragments).collect(), u64::MAX),
            Some((windows, samples)) => {
                let (windows, samples) = (u64::from(windows), u64::from(samples));
                let count = self.fragments.div_ceil(windows);
                let each = (samples * windows).div_ceil(self.fragments);
                (some_or_all(&mut positions, count, self.fragments), each)
            }
        };
        let mut drawn: Vec<Fragment> =
            ranks.iter().map(|rank| entries[usize::try_from(*rank).unwrap()].1).collect();
        drawn.sort_by_key(|fragment| (fragment.key, fragment.name()));
        let mut out = Vec::new();
        for fragment in drawn {
            for block in some_or_all(&mut positions, each, fragment.blocks()) {
                out.push(Asked { fragment, block, nu: weight(&mut nus) });
            }
        }
        Ok(out)
    }

    /// The answers of a prover who has the secrets, one a key.
    pub(crate) fn answers(&self, stored: &[Stored], key: impl Fn(&Id) -> Key) -> Vec<Answer> {
        let holding: Vec<Fragment> = stored.iter().map(|stored| stored.fragment).collect();
        answers(&self.asked(&holding).unwrap(), self.z(), stored, key)
    }

    pub(crate) fn prove(&self, stored: &[Stored], key: impl Fn(&Id) -> Key) -> Vec<u8> {
        let answers = self.answers(stored, key);
        encode(&answers, &weights_of(&self.digest(), &answers))
    }

    pub(crate) fn verify(
        &self,
        holding: &[Fragment],
        publics: &[Public],
        proof: &[u8],
    ) -> Result<(), Refusal> {
        let proof = decode_proof(proof)?;
        judge(&self.digest(), &self.asked(holding)?, self.z(), publics, &proof)
    }
}

/// `count` of the values below `bound`; all of them, without drawing, if it is no less.
fn some_or_all(stream: &mut blake3::OutputReader, count: u64, bound: u64) -> Vec<u64> {
    if count >= bound { (0..bound).collect() } else { floyd(stream, count, bound) }
}

/// Floyd's algorithm: for t in bound - count .. bound, v uniform in 0..=t, or t if v is taken.
fn floyd(stream: &mut blake3::OutputReader, count: u64, bound: u64) -> Vec<u64> {
    let mut taken: Vec<u64> = Vec::new();
    for t in bound - count..bound {
        let v = uniform(stream, t + 1);
        taken.push(if taken.contains(&v) { t } else { v });
    }
    taken.sort_unstable();
    taken
}

fn uniform(stream: &mut blake3::OutputReader, below: u64) -> u64 {
    loop {
        let mut bytes = [0; 8];
        stream.fill(&mut bytes);
        let value = u64::from_le_bytes(bytes);
        if u128::from(value) >= (1_u128 << 64) % u128::from(below) {
            return value % below;
        }
    }
}
