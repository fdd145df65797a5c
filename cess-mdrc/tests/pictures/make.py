"""Writes the pictures of this folder, and what Pillow and numpy make of them (pip install numpy pillow).

    python3 make.py                          the files beside this one
    python3 make.py VECTORS/pdq TARGET/pdq   PNG copies of PDQ's reference pictures, as Pillow decodes them

`NAME.png` is what `NAME.jpg` and the others decode to: CMYK and YCCK by Pillow (13.0.0 with libjpeg-turbo),
16 bits to 8 by numpy, rounded. The files of 16 bits and three channels are written by zlib alone.
"""

import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 48, 32


def cmyk():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [x * 255 // 47, y * 255 // 31, (x + y) * 255 // 78, x * y * 127 // (47 * 31)]
    picture = Image.fromarray(np.stack(planes, -1).astype(np.uint8), "CMYK")
    picture.save(HERE / "cmyk.jpg", quality=95, subsampling=0)
    # Adobe's marker says how the four components are meant: 2 for YCCK.
    file = bytearray((HERE / "cmyk.jpg").read_bytes())
    file[file.index(b"Adobe") + 11] = 2
    (HERE / "ycck.jpg").write_bytes(file)
    for name in ["cmyk", "ycck"]:
        Image.open(HERE / f"{name}.jpg").convert("RGB").save(HERE / f"{name}.png")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wide():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    grey = (x * 1361 + y * 251 + (x * y) % 129).astype(np.uint16)
    Image.fromarray(grey).save(HERE / "grey16.png")
    Image.fromarray(grey).save(HERE / "grey16.tif", compression="tiff_lzw")
    colours = np.stack([grey, 65535 - grey, (grey * 3).astype(np.uint16)], -1)
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in colours)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0)
    file = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    (HERE / "rgb16.png").write_bytes(b"\x89PNG\r\n\x1a\n" + file)
    for name, samples in [("grey16", grey), ("rgb16", colours)]:
        eight = np.floor(samples / 65535 * 255 + 0.5).astype(np.uint8)
        Image.fromarray(eight).save(HERE / f"{name}-8.png")


def copies(source, target):
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() in [".jpg", ".jpeg", ".png", ".bmp", ".gif"]:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            Image.open(path).convert("RGB").save(f"{copy}.png")


if len(sys.argv) == 3:
    copies(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
else:
    cmyk()
    wide()
