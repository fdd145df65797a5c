//! Fails when the layout of docs/formats/node.md moves.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "common/world.rs"]
mod common;

use cess_client::StorageNode;
use common::{Backend, Net, SecretTagger, objects, open_deal, segment};

#[tokio::test]
async fn format_pins() {
    let net = Net::new(Backend::Memory, 1, 4).await;
    let tagger = SecretTagger::of(&net.world);
    tagger.register(&net.world).await;
    let (id, key) = tagger.key();
    let (miner, node) = net.nodes.iter().next().unwrap();
    node.put_key(id, key.clone()).await.unwrap();
    open_deal(&net.world, 65_536).await;
    let deal = open_deal(&net.world, 65_536).await;
    let upload = segment(&net.world, 1, 32_768)[0].clone();
    node.put(deal, upload.clone()).await.unwrap();

    let name = upload.name;
    let paths = [
        format!("fragments/{name}.data"),
        format!("fragments/{name}.outboard"),
        format!("fragments/{name}.tags"),
        format!("keys/{id}"),
    ];
    assert_eq!(objects(&net.stores[miner]).await, paths);
    assert_eq!(net.read(miner, &paths[0]).await, upload.bytes);
    assert_eq!(net.read(miner, &paths[1]).await.len(), 40 + 64);
    let tags = net.read(miner, &paths[2]).await;
    assert_eq!(tags[..8], 1u64.to_le_bytes());
    assert_eq!(tags[8..12], 4u32.to_le_bytes());
    assert_eq!(tags[12..44], id.to_bytes());
    let record = 32 + 4 + 32 + 8 + 4 + 4 + 17 * 48;
    assert_eq!(tags.len(), 8 + 4 + 4 * record);
    assert_eq!(net.read(miner, &paths[3]).await, key);

    let mut hasher = blake3::Hasher::new();
    for path in &paths {
        hasher.update(path.as_bytes()).update(&net.read(miner, path).await);
    }
    let pin = hasher.finalize().to_hex().to_string();
    assert_eq!(pin, "860817c657589a202703ab18e17000800ef5e26a6479bffeb7edecec7342fc94");
}
