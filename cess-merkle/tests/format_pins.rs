//! Fails when an encoding moves by accident. Layouts: docs/formats/merkle.md. Who changes a format
//! on purpose gives it new domain tags, and then new pins.

use cess_merkle::{ManyOpening, Opening, Proof, SumTree, Tree, content};

fn seeded(label: &str, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new_derive_key(label).finalize_xof().fill(&mut bytes);
    bytes
}

fn pin(parts: &[Vec<u8>]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().to_hex().to_string()
}

#[test]
fn format_pins() {
    let bytes = seeded("cess-merkle pins tree", 37 * 32);
    let leaves: Vec<&[u8]> = bytes.chunks(32).collect();
    let mut parts = Vec::new();
    for count in [0, 1, 2, 3, 5, 37] {
        parts.push(Tree::new(&leaves[..count]).unwrap().root().to_vec());
    }
    let tree = Tree::new(&leaves).unwrap();
    for indices in [&[0][..], &[36], &[1, 2, 20, 35]] {
        let proof = tree.prove_many(indices).unwrap();
        assert_eq!(Proof::from_bytes(&proof.to_bytes()).unwrap(), proof);
        parts.push(proof.to_bytes());
    }
    assert_eq!(pin(&parts), "e185c0a0647ce000f2da6d4a03fa46e0adac3e23e7eadd29ebd4106d5fa07d99");

    let mut sum = SumTree::new();
    let mut parts = vec![sum.root().to_bytes().to_vec()];
    for (count, name) in (1..).zip(seeded("cess-merkle pins sum", 41 * 32).chunks(32)) {
        sum.insert(name.try_into().unwrap(), count * count).unwrap();
        parts.push(sum.root().to_bytes().to_vec());
    }
    for position in [0, 9999, sum.total() - 1] {
        let opening = sum.open(position).unwrap();
        assert_eq!(Opening::from_bytes(&opening.to_bytes()).unwrap(), opening);
        parts.push(opening.to_bytes());
    }
    for ranks in [&[0][..], &[40], &[0, 1, 17, 39]] {
        let opening = sum.open_ranks(ranks).unwrap();
        assert_eq!(ManyOpening::from_bytes(&opening.to_bytes()).unwrap(), opening);
        assert_eq!(opening.to_bytes().len(), opening.encoded_len());
        parts.push(opening.to_bytes());
    }
    assert_eq!(pin(&parts), "3f94b9e5fc8bf4663f2b8ea2d574838fbfc379086f5afdd28c3d0652b233c834");

    let mut parts = Vec::new();
    for len in [0, 1000, 16 * 1024, 16 * 1024 + 1, 100_000] {
        let data = seeded("cess-merkle pins content", len);
        let outboard = content::Outboard::new(&data);
        parts.push(outboard.to_bytes());
        let len = len as u64;
        for range in [0..0, 0..len, len / 3..len / 2] {
            parts.push(content::encode_slice_of(&data, &outboard, range).unwrap());
        }
    }
    assert_eq!(pin(&parts), "19a553ae83d1cd9a3ebd99e1bf1fffa7f3b8ce05209f413252d4a8baaf9df786");
}
