"""Independent numbers for the codecs of updates: the published forms in NumPy, with error feedback over three rounds.

    apt-get install python3-numpy
    python3 codecs.fixture.py > codecs.fixture.json && npx biome format --write codecs.fixture.json

Bytes are in base64. A file is a safetensors file, written here from its specification alone; float64 in between.
"""

import base64
import json
import struct

import numpy as np

random = np.random.default_rng(20260102)
METADATA = {"family": "toy", "format": "consilium-weights-1"}
LAYOUT = [
    ("dense/kernel", [6, 50]),
    ("dense/bias", [5]),
    ("norm/moving_mean", [3]),
    ("norm/moving_variance", [3]),
    ("scalar", []),
]
ROUNDS = 3
COUNTS = [int(np.prod(shape)) for _, shape in LAYOUT]
ELEMENTS = sum(COUNTS)


def bf16(values):
    """To the nearest, halves to even, as the upper halves of float32."""
    bits = values.astype("<f4").view("<u4").astype(np.uint64)
    upper = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    read = (upper.astype("<u4") << 16).view("<f4").astype(np.float64)
    return upper.astype("<u2").tobytes(), read


def int8(values, block=256):
    coded, read = b"", []
    for begin in range(0, len(values), block):
        own = values[begin : begin + block]
        scale = np.float32(np.abs(own).max() / 127)
        numbers = np.zeros(len(own))
        if scale > 0:
            numbers = np.clip(np.floor(own / np.float64(scale) + 0.5), -127, 127)
        coded += scale.astype("<f4").tobytes() + numbers.astype(np.int8).tobytes()
        read.append(numbers * np.float64(scale))
    return coded, np.concatenate(read)


CODECS = {"bf16": (bf16, "BF16"), "int8": (int8, "U8")}


def update(codec, base, wanted):
    """The file of an update, and the float32 values that a reader makes of it."""
    encode, dtype = CODECS[codec]
    header = {"__metadata__": dict(sorted({**METADATA, "codec": codec, "format": "consilium-update-1"}.items()))}
    data, read, at = b"", [], 0
    for (name, shape), count in zip(LAYOUT, COUNTS):
        own, start = wanted[at : at + count], base[at : at + count]
        at += count
        if "moving" in name:
            kind, own_shape, coded = "F32", shape, own.astype("<f4").tobytes()
            read.append(own.astype(np.float32))
        else:
            coded, difference = encode(own - start)
            kind, own_shape = dtype, [len(coded)] if dtype == "U8" else shape
            read.append((start + difference).astype(np.float32))
        header[name] = {"dtype": kind, "shape": own_shape, "data_offsets": [len(data), len(data) + len(coded)]}
        data += coded
    text = json.dumps(header, separators=(",", ":")).encode()
    padded = text.ljust(-(-(8 + len(text)) // 64) * 64 - 8)
    return struct.pack("<Q", len(padded)) + padded + data, np.concatenate(read)


def text(values):
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


# A kernel whose rows differ by orders of magnitude, a row that does not move, and a bias that does not either.
base = random.normal(0, 0.5, ELEMENTS).astype(np.float32)
step = random.normal(0, 0.02, ELEMENTS)
step[:50] *= 40
step[100:150] = 0
step[300:305] = 0
variances = slice(308, 311)
base[variances] = np.abs(base[variances])
trained = [(base + step * (r + 1) + random.normal(0, 0.001, ELEMENTS) * (step != 0)).astype(np.float32) for r in range(ROUNDS)]
for values in trained:
    values[variances] = np.abs(values[variances])

rounds = {}
exact = np.concatenate([np.full(count, "moving" in name) for (name, _), count in zip(LAYOUT, COUNTS)])
for codec in CODECS:
    residual = np.zeros(ELEMENTS, dtype=np.float32)
    rounds[codec] = []
    for values in trained:
        wanted = values.astype(np.float64) + np.where(exact, 0, residual.astype(np.float64))
        file, read = update(codec, base.astype(np.float64), wanted)
        residual = (wanted - read.astype(np.float64)).astype(np.float32)
        rounds[codec].append({"file": base64.b64encode(file).decode(), "read": text(read), "residual": text(residual)})

print(
    json.dumps(
        {
            "metadata": METADATA,
            "layout": [{"name": name, "shape": shape} for name, shape in LAYOUT],
            "base": text(base),
            "trained": [text(values) for values in trained],
            "rounds": rounds,
        }
    )
)
