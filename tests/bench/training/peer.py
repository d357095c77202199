"""The networks of the bench in PyTorch, eager, as its users write them: one in a process of its own.

Reads one line of JSON, { kind, settings, values, batch, sample, labels, steps, threads, device, ... }, from its first argument and prints
one line of JSON. `values` is a file of float32: the starting weights in our order and axes, then the batch. Its twins are
the other files of this folder; the first losses show whether two of them compute the same.
"""

import json
import platform
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

NORM_EPS = 1e-3


class Attention(nn.Module):
    """Self-attention with one product for queries, keys and values."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        split = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(queries, keys, values)
        return self.output(attended.transpose(1, 2).reshape(batch, tokens, width))

    def parts(self):
        return [self.qkv, self.output]


class AttentionAml(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.dense1 = nn.Linear(features, 512)
        self.attention1 = Attention(32, 8)
        self.norm1 = nn.LayerNorm(32)
        self.dense2 = nn.Linear(512, 256)
        self.attention2 = Attention(16, 4)
        self.norm2 = nn.LayerNorm(16)
        self.head = nn.Linear(256, classes)

    def forward(self, x):
        first = functional.relu(self.dense1(x)).view(-1, 16, 32)
        first = self.norm1(first + self.attention1(first)).flatten(1)
        second = functional.relu(self.dense2(first)).view(-1, 16, 16)
        second = self.norm2(second + self.attention2(second)).flatten(1)
        return self.head(second)

    def parts(self):
        first = [self.dense1, self.attention1, self.norm1]
        return [*first, self.dense2, self.attention2, self.norm2, self.head]


class Amu(nn.Module):
    def __init__(self, drops):
        super().__init__()
        genes, width, layers, heads, hidden, scores, classes = 160, 20, 8, 10, 200, 5, 2
        block, head = (0.1, 0.5) if drops else (0.0, 0.0)
        self.embedding = nn.Parameter(torch.zeros(genes, width))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, hidden, block, "relu", batch_first=True) for _ in range(layers)
        )
        self.convolution = nn.Conv1d(width, scores, 1, bias=False)
        self.norm = nn.BatchNorm1d(scores, eps=NORM_EPS)
        self.dropout = nn.Dropout(head)
        self.head = nn.Linear(genes, classes)

    def forward(self, x):
        tokens = x.unsqueeze(-1) * self.embedding
        for block in self.blocks:
            tokens = block(tokens)
        scores = functional.relu(self.norm(self.convolution(tokens.transpose(1, 2))))
        return self.head(self.dropout(scores.amax(1)))

    def parts(self):
        return [self.embedding, *self.blocks, self.convolution, self.norm, self.head]


class VggLike(nn.Module):
    def __init__(self, stages, heads, hidden, classes):
        super().__init__()
        layers = []
        for inputs, outputs in zip([3, *stages], stages):
            for channels in (inputs, outputs):
                layers.append(nn.Conv2d(channels, outputs, 3, padding=1, bias=False))
                layers += [nn.BatchNorm2d(outputs, eps=NORM_EPS), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
        self.body = nn.Sequential(*layers)
        self.attention = Attention(stages[-1], heads)
        self.dense = nn.Linear(stages[-1], hidden)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        tokens = self.body(x).flatten(2).transpose(1, 2)
        pooled = (tokens + self.attention(tokens)).mean(1)
        opened = functional.relu(self.dense(4 * functional.normalize(pooled, dim=1)))
        return self.head(self.dropout(opened))

    def parts(self):
        return [*self.body, self.attention, self.dense, self.head]


class Vgg19(nn.Module):
    def __init__(self, classes):
        super().__init__()
        layers, inputs = [], 3
        for outputs, repeats in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
            for _ in range(repeats):
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.body = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(512)
        self.attention = Attention(512, 8)
        self.dense = nn.Linear(512, 256)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(256, classes)

    def forward(self, x):
        tokens = self.body(x).flatten(2).transpose(1, 2)
        attended = tokens + self.attention(self.norm(tokens))
        return self.head(self.dropout(functional.relu(self.dense(attended.mean(1)))))

    def parts(self):
        return [*self.body, self.norm, self.attention, self.dense, self.head]


class Autoencoder(nn.Module):
    def __init__(self, widths):
        super().__init__()
        layers, last = [], len(widths) - 1
        for index in range(1, len(widths)):
            layers.append(nn.Linear(widths[index - 1], widths[index]))
            if index not in (last, last / 2):
                layers += [nn.BatchNorm1d(widths[index], eps=NORM_EPS), nn.ReLU()]
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x)

    def parts(self):
        return list(self.body)


class PreNormBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = Attention(width, heads)
        self.scale1 = nn.Parameter(torch.zeros(width))
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.feed1 = nn.Linear(width, 4 * width)
        self.feed2 = nn.Linear(4 * width, width)
        self.scale2 = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        x = x + self.scale1 * self.attention(self.norm1(x))
        return x + self.scale2 * self.feed2(functional.gelu(self.feed1(self.norm2(x))))

    def parts(self):
        return [self.norm1, self.attention, self.scale1, self.norm2, self.feed1, self.feed2, self.scale2]


class Genbloom(nn.Module):
    def __init__(self, features, width, depth, heads, classes):
        super().__init__()
        self.embedding = nn.Linear(features, width)
        self.summary = nn.Parameter(torch.zeros(1, 1, width))
        self.blocks = nn.ModuleList(PreNormBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        tokens = torch.cat([self.summary.expand(x.shape[0], -1, -1), self.embedding(x)], 1)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.norm(tokens[:, 0]))

    def parts(self):
        return [self.embedding, self.summary, *self.blocks, self.norm, self.head]


def focal(logits, labels):
    """With gamma 2."""
    log_p = functional.log_softmax(logits, -1).gather(1, labels.unsqueeze(1))
    return -((1 - log_p.exp()) ** 2 * log_p).mean()


KINDS = {
    "AttentionAml": (AttentionAml, functional.cross_entropy),
    "Amu": (Amu, functional.cross_entropy),
    "VggLike": (VggLike, focal),
    "Vgg19": (Vgg19, focal),
    "Autoencoder": (Autoencoder, functional.mse_loss),
    "Genbloom": (Genbloom, functional.cross_entropy),
}


def tensors(part):
    """The weights of a part in our order, each with its shape there and the turn of axes from there to here."""
    if isinstance(part, nn.Parameter):
        return [(part, part.shape, None)]
    if hasattr(part, "parts"):
        return [found for inner in part.parts() for found in tensors(inner)]
    if isinstance(part, nn.TransformerEncoderLayer):
        attention = part.self_attn
        weight = attention.in_proj_weight
        own = [(weight, weight.shape[::-1], (1, 0)), (attention.in_proj_bias, attention.in_proj_bias.shape, None)]
        rest = (attention.out_proj, part.norm1, part.linear1, part.linear2, part.norm2)
        return own + [found for inner in rest for found in tensors(inner)]
    if getattr(part, "weight", None) is None:
        return []
    weight, bias = part.weight, part.bias
    turns = {1: None, 2: (1, 0), 3: (2, 1, 0), 4: (3, 2, 0, 1)}
    turn = turns[weight.dim()]
    shape = weight.shape if turn is None else [weight.shape[turn.index(axis)] for axis in range(weight.dim())]
    return [(weight, shape, turn)] + ([] if bias is None else [(bias, bias.shape, None)])


def take(values, shape):
    """The first values in that shape, and the others."""
    count = 1
    for length in shape:
        count *= length
    return values[:count].view(*shape), values[count:]


def set_dropout(model, on):
    """Switches every dropout of a model off, or on again."""
    for module in model.modules():
        rates = [name for name in ("p", "dropout") if isinstance(getattr(module, name, None), float)]
        for name in rates:
            kept = f"kept_{name}"
            if not hasattr(module, kept):
                setattr(module, kept, getattr(module, name))
            setattr(module, name, getattr(module, kept) if on else 0.0)


def timed(run, request, block=1):
    """Milliseconds of one of the things that a run does, run by run; fewer runs where they take long."""
    times = []
    spent = 0
    while len(times) < request["steps"] and (len(times) < request["fewest"] or spent < request["measureMs"]):
        start = time.perf_counter()
        run()
        elapsed = (time.perf_counter() - start) * 1e3
        times.append(elapsed / block)
        spent += elapsed
    return times


def main(request):
    torch.set_num_threads(request["threads"])
    make, loss_of = KINDS[request["kind"]]
    model = make(**request["settings"])
    values = torch.from_file(request["values"], size=request["valueCount"], dtype=torch.float32)
    weights = 0
    with torch.no_grad():
        for tensor, shape, turn in tensors(model):
            part, values = take(values, shape)
            tensor.copy_(part if turn is None else part.permute(turn))
            weights += tensor.numel()
    x, values = take(values, [request["batch"], *request["sample"]])
    if values.numel() > 0 or weights != sum(tensor.numel() for tensor in model.parameters()):
        raise ValueError("the twins have not the same weights")
    x = x.permute(0, 3, 1, 2).contiguous() if x.dim() == 4 else x.clone()
    target = x if request["labels"] is None else torch.tensor(request["labels"])
    device = request["device"]
    model, x, target = model.to(device), x.to(device), target.to(device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    model.train()

    def step():
        optimizer.zero_grad()
        loss = loss_of(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    set_dropout(model, False)
    losses = [step().item() for _ in range(request["comparableSteps"])]
    set_dropout(model, True)
    for _ in range(request["warmUpSteps"]):
        step()
    block = request["gpuBlockSteps"] if device == "cuda" else 1

    def steps():
        for _ in range(block):
            loss = step()
        loss.item()

    step_ms = timed(steps, request, block)
    model.eval()
    with torch.inference_mode():
        for _ in range(request["warmUpSteps"]):
            model(x)
        predict_ms = timed(lambda: model(x).cpu(), request)
    # Kilobytes, but bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if platform.system() == "Darwin" else 1024)
    cpu_ms = time.process_time() * 1e3
    return dict(weights=weights, losses=losses, stepMs=step_ms, predictMs=predict_ms, peakBytes=peak, cpuMs=cpu_ms)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
