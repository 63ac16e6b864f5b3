"""The embedding model on one thread, beside onnxruntime; see scripts/bench.

onnxruntime gets token ids, its own fused operators (attention, skip layer norm, biased gelu), made
here from the same weights, and texts of like length together; ours gets texts. In 8 bits the
weights are quantized by onnxruntime's own tool, channel by channel. All take turns, round by
round.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from index_bench import ROOT
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from pinned_engine import pinned
from rag_data import sets
from tokenizers import BertWordPieceTokenizer

PROGRAM = ROOT / ".build" / "release" / "quiver-bench"
MODEL = ROOT / ".quiver" / "models" / "all-MiniLM-L6-v2"
LONGEST, BATCH, HEADS, LAYERS = 256, 16, 12, 6


def weights() -> dict[str, np.ndarray]:
    """The tensors of a safetensors file: a length, a header in JSON, and bytes."""
    data = (MODEL / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    found = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if entry.get("dtype") == "F32":
            start, end = (8 + size + offset for offset in entry["data_offsets"])
            found[name] = np.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
    return found


class Graph:
    """BERT of onnxruntime's fused operators, up to the last hidden states."""

    def __init__(self, tensors: dict[str, np.ndarray]):
        self.tensors, self.nodes, self.constants = tensors, [], []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str, turned: bool = False) -> str:
        value = self.tensors[name]
        return self.constant(name, value.T if turned else value)

    def node(self, kind: str, inputs: list[str], output: str, domain="", **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def norm(self, x: str, residual: str, place: str, bias: str, output: str) -> str:
        gain, offset = (self.weight(f"{place}.LayerNorm.{part}") for part in ("weight", "bias"))
        return self.node(
            "SkipLayerNormalization", [x, residual, gain, offset, bias], output, "com.microsoft",
            epsilon=1e-12)  # fmt: skip

    def layer(self, x: str, n: int) -> str:
        place = f"encoder.layer.{n}"
        parts = [f"{place}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = np.concatenate([self.tensors[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self.tensors[f"{part}.bias"] for part in parts])
        attended = self.node(
            "Attention",
            [x, self.constant(f"{n}.qkv", joined), self.constant(f"{n}.qkvb", bias), "lengths"],
            f"{n}.attended", "com.microsoft", num_heads=HEADS)  # fmt: skip
        dense = f"{place}.attention.output.dense"
        out = self.node("MatMul", [attended, self.weight(f"{dense}.weight", True)], f"{n}.out")
        x = self.norm(
            out, x, f"{place}.attention.output", self.weight(f"{dense}.bias"), f"{n}.middle")
        dense = f"{place}.intermediate.dense"
        up = self.node("MatMul", [x, self.weight(f"{dense}.weight", True)], f"{n}.up")
        up = self.node(
            "BiasGelu", [up, self.weight(f"{dense}.bias")], f"{n}.gelu", "com.microsoft")
        dense = f"{place}.output.dense"
        down = self.node("MatMul", [up, self.weight(f"{dense}.weight", True)], f"{n}.down")
        return self.norm(down, x, f"{place}.output", self.weight(f"{dense}.bias"), f"{n}.end")

    def save(self, path: pathlib.Path) -> None:
        words = self.weight("embeddings.word_embeddings.weight")
        places = (self.tensors["embeddings.position_embeddings.weight"]
                  + self.tensors["embeddings.token_type_embeddings.weight"][0])  # fmt: skip
        found = self.node("Gather", [words, "ids"], "words")
        x = self.node("Gather", [self.constant("places", places), "positions"], "place")
        gain, offset = (self.weight(f"embeddings.LayerNorm.{p}") for p in ("weight", "bias"))
        x = self.node("SkipLayerNormalization", [found, x, gain, offset], "embedded",
                      "com.microsoft", epsilon=1e-12)  # fmt: skip
        for n in range(LAYERS):
            x = self.layer(x, n)
        kinds = {"ids": (TensorProto.INT64, ["b", "t"]),
                 "positions": (TensorProto.INT64, ["b", "t"]),
                 "lengths": (TensorProto.INT32, ["b"])}  # fmt: skip
        inputs = [helper.make_tensor_value_info(n, *kind) for n, kind in kinds.items()]
        output = helper.make_tensor_value_info(x, TensorProto.FLOAT, ["b", "t", 384])
        graph = helper.make_graph(self.nodes, "minilm", inputs, [output], self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17),
                                  helper.make_opsetid("com.microsoft", 1)])  # fmt: skip
        model.ir_version = 9
        onnx.save(model, path)


class Peer:
    """onnxruntime on one thread."""

    def __init__(self, path: pathlib.Path, ids: list[list[int]]):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"])
        self.ids = ids
        self.order = sorted(range(len(ids)), key=lambda n: len(ids[n]))

    def run(self) -> tuple[float, np.ndarray]:
        vectors = np.zeros((len(self.ids), 384), np.float32)
        start = time.process_time()
        for first in range(0, len(self.order), BATCH):
            part = self.order[first : first + BATCH]
            lengths = np.array([len(self.ids[n]) for n in part], np.int32)
            ids = np.zeros((len(part), lengths.max()), np.int64)
            for row, n in enumerate(part):
                ids[row, : len(self.ids[n])] = self.ids[n]
            positions = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
            (hidden,) = self.session.run(
                None, {"ids": ids, "positions": positions, "lengths": lengths})
            for row, n in enumerate(part):
                mean = hidden[row, : lengths[row]].mean(axis=0)
                vectors[n] = mean / np.linalg.norm(mean)
        return time.process_time() - start, vectors


class Ours:
    """quiver-bench in a process of its own."""

    def __init__(self, texts: pathlib.Path, out: pathlib.Path, *flags: str):
        self.out = out
        self.process = subprocess.Popen(
            [PROGRAM, "embed", "--model", MODEL, "--texts", texts, "--out", out,
             "--batch", str(BATCH), *flags],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=pinned)  # fmt: skip
        self.about = json.loads(self.process.stdout.readline())

    def run(self) -> tuple[float, np.ndarray]:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds = json.loads(self.process.stdout.readline())["cpu_s"]
        return seconds, np.fromfile(self.out, "<f4").reshape(-1, 384)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--texts", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    entries, _ = sets(ROOT / ".quiver" / "bench-data" / "rag")
    texts = [entry["answer"] for entry in entries[: options.texts]]
    tokenizer = BertWordPieceTokenizer(str(MODEL / "vocab.txt"))
    tokenizer.enable_truncation(LONGEST)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "texts.json").write_text(json.dumps(texts))
        Graph(weights()).save(folder / "fp32.onnx")
        quantize_dynamic(
            folder / "fp32.onnx", folder / "int8.onnx", per_channel=True,
            weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Attention"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )  # fmt: skip
        engines = {
            "quiver": Ours(folder / "texts.json", folder / "ours"),
            "quiver, single precision": Ours(folder / "texts.json", folder / "exact", "--exact"),
            "onnxruntime fp32": Peer(folder / "fp32.onnx", ids),
            "onnxruntime int8": Peer(folder / "int8.onnx", ids),
        }
        best, vectors = {}, {}
        for _ in range(options.rounds):
            for name, engine in engines.items():
                seconds, vectors[name] = engine.run()
                best[name] = min(best.get(name, np.inf), seconds)
    about = engines["quiver"].about
    assert about["tokens"] == sum(map(len, ids)), "not the same tokens"
    reference = vectors["onnxruntime fp32"]
    for name, seconds in best.items():
        cosines = (vectors[name] * reference).sum(axis=1)
        row = {
            "engine": name, "passages/cpu-s": len(texts) / seconds,
            "tokens/cpu-s": about["tokens"] / seconds, "ours is": seconds / best["quiver"],
            "mean cosine": float(cosines.mean()), "least": float(cosines.min()),
        }  # fmt: skip
        if options.json:
            print(json.dumps(row))
        else:
            print(f"{name:26} {row['passages/cpu-s']:7.1f} passages/CPU-s "
                  f"{row['tokens/cpu-s']:8.0f} tokens, ours {row['ours is']:5.2f}x, cosine to fp32 "
                  f"{row['mean cosine']:.5f}, least {row['least']:.5f}")  # fmt: skip
    print(about["kernels"])


if __name__ == "__main__":
    main()
