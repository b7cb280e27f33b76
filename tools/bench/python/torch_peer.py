"""PyTorch as a peer of `pnpm bench`: answers one-line JSON requests on standard input with one-line JSON on standard output.

python3 torch_peer.py THREADS

A request is {"id", "milliseconds", "task"}: repeat the task for about that long, answer {"id", "seconds": [of each repetition]}.
"""
import json
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def blas_in_use():
    """The file names of the BLAS libraries that are mapped into this process."""
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if "/" in line}
    except OSError:
        return []
    kinds = ("blas", "mkl", "blis", "accelerate")
    return sorted(path for path in map(os.path.realpath, paths) if any(k in os.path.basename(path).lower() for k in kinds))


def openblas_core(paths):
    """What OpenBLAS says of the processor it computes for, where OpenBLAS is what is loaded."""
    import ctypes

    for path in paths:
        try:
            name = ctypes.CDLL(path).openblas_get_corename
        except (OSError, AttributeError):
            continue
        name.restype = ctypes.c_char_p
        return name().decode()
    return None


def response_normalization(x, size, k, alpha, beta):
    # torch divides alpha by the window's size.
    return F.local_response_norm(x, size, alpha=alpha * size, beta=beta, k=k)


def library_normalization(x, rule):
    """Within each column, by the library's own function."""
    columns = rule["columns"]
    parts = [response_normalization(part, rule["size"], rule["k"], rule["alpha"], rule["beta"]) for part in x.chunk(columns, 1)]
    return torch.cat(parts, 1) if columns > 1 else parts[0]


def sliced_normalization(x, rule):
    """Within each column, as a sum of shifted slices and square roots: fewer passes over memory than the library's."""
    n, channels, height, width = x.shape
    size = rule["size"]
    v = x.reshape(n, rule["columns"], channels // rule["columns"], height, width)
    depth = v.shape[2]
    squares = F.pad(v * v, (0, 0, 0, 0, size // 2, size // 2))
    total = squares[:, :, 0:depth]
    for shift in range(1, size):
        total = total + squares[:, :, shift : shift + depth]
    root = total.mul(rule["alpha"]).add(rule["k"]).rsqrt()
    # beta is 3/4: x^-0.75 is the inverse square root times its square root.
    scale = root * root.sqrt() if rule["beta"] == 0.75 else root.pow(2 * rule["beta"])
    return (v * scale).reshape(n, channels, height, width)


class Network:
    """The network that a task describes, layer by layer, with its optimiser's step."""

    def __init__(self, task, normalize):
        torch.manual_seed(0)
        self.layers, self.normalize, self.rule = task["layers"], normalize, task["update"]
        self.parameters = []
        channels, side = task["channels"], task["size"]
        for layer in self.layers:
            if layer["kind"] == "convolution":
                maps, kernel, (before, after) = layer["maps"], layer["kernel"], layer["padding"]
                weight = torch.empty(maps, channels // layer["groups"], kernel, kernel)
                channels, side = maps, (side + before + after - kernel) // layer["stride"] + 1
                if layer["pool"]:
                    before, after = layer["pool"]["padding"]
                    side = (side + before + after - layer["pool"]["window"]) // layer["pool"]["stride"] + 1
            else:
                weight = torch.empty(layer["units"], channels * side * side)
                channels, side = layer["units"], 1
            self.parameters.append(weight.normal_(0, 0.01).requires_grad_())
            self.parameters.append(torch.zeros(weight.shape[0], requires_grad=True))
        batch, classes = task["batch"], self.layers[-1]["units"]
        self.images = torch.randn(batch, task["channels"], task["size"], task["size"])
        self.labels = torch.randint(0, classes, (batch,))
        self.optimizer = torch.optim.SGD(
            self.parameters, lr=self.rule["learningRate"], momentum=self.rule["momentum"], weight_decay=self.rule["weightDecay"]
        )

    def forward(self):
        x = self.images
        for index, layer in enumerate(self.layers):
            weight, bias = self.parameters[2 * index : 2 * index + 2]
            if layer["kind"] == "linear":
                x = F.linear(x.flatten(1), weight, bias)
                if layer["relu"]:
                    x = F.dropout(F.relu(x), layer["dropout"], True)
                continue
            before, after = layer["padding"]
            if before != after:
                x = F.pad(x, (before, after, before, after))
                before = 0
            x = F.relu(F.conv2d(x, weight, bias, layer["stride"], before, 1, layer["groups"]))
            if layer["normalization"]:
                x = self.normalize(x, layer["normalization"])
            if layer["pool"]:
                pool = layer["pool"]
                if pool["padding"][1] > pool["padding"][0]:
                    x = F.pad(x, (0, pool["padding"][1] - pool["padding"][0]) * 2, value=float("-inf"))
                x = F.max_pool2d(x, pool["window"], pool["stride"], pool["padding"][0])
        return F.cross_entropy(x, self.labels)

    def step(self):
        start = time.perf_counter()
        loss = self.forward()
        forward = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        backward = time.perf_counter()
        self.optimizer.step()
        loss.item()
        return forward - start, backward - forward, time.perf_counter() - backward


def step_runner(task):
    """The step with whichever response normalization is faster here, and under which name."""
    formulations = {"library": library_normalization, "sliced": sliced_normalization}
    best = None
    for name, normalize in formulations.items():
        network = Network(task, normalize)
        network.step()
        seconds = min(sum(network.step()) for _ in range(2))
        if best is None or seconds < best[0]:
            best = (seconds, name, network)
        del network
    _, name, network = best
    phases = {"forward": [], "backward": [], "update": []}

    def run():
        for phase, seconds in zip(phases.values(), network.step()):
            phase.append(seconds)

    return run, {"phases": phases, "note": f"{name} response normalization"}


def matmul_runner(task):
    m, k, n = task["m"], task["k"], task["n"]
    a = torch.randn(k, m).t() if task["transposeA"] else torch.randn(m, k)
    b = torch.randn(n, k).t() if task["transposeB"] else torch.randn(k, n)
    out = torch.empty(m, n)
    return lambda: torch.mm(a, b, out=out), {}


def convolution_runner(task):
    (before, after), groups, stride = task["padding"], task["groups"], task["stride"]
    x = torch.randn(task["batch"], task["channels"], task["size"], task["size"])
    if before != after:
        # Padding is part of the operation, and what precedes a convolution may write it: it is not charged to torch.
        x, before = F.pad(x, (before, after, before, after)), 0
    w = torch.randn(task["maps"], task["channels"] // groups, task["kernel"], task["kernel"])
    if task["pass"] == "forward":
        return lambda: F.conv2d(x, w, None, stride, before, 1, groups), {}
    dy = torch.randn_like(F.conv2d(x, w, None, stride, before, 1, groups))
    mask = [task["pass"] == "input gradient", task["pass"] == "filter gradient", False]
    gradient = torch.ops.aten.convolution_backward
    return lambda: gradient(dy, x, w, None, [stride] * 2, [before] * 2, [1, 1], False, [0, 0], groups, mask), {}


RUNNERS = {"matmul": matmul_runner, "convolution": convolution_runner, "step": step_runner}


def repeat(run, milliseconds):
    seconds, end = [], time.perf_counter() + milliseconds / 1000
    while not seconds or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.randn(8, 8) @ torch.randn(8, 8)
    libraries = blas_in_use()
    core = openblas_core(libraries)
    details = {
        "threads": torch.get_num_threads(),
        "BLAS": ", ".join(libraries) or "none found in /proc/self/maps",
        **({"OpenBLAS core": core} if core else {}),
        "allocator": os.environ.get("MALLOC_MMAP_MAX_") == "0" and "keeps freed memory" or "as it is",
        "torch.__config__": " ".join(torch.__config__.show().split()),
    }
    say({"ready": {"version": torch.__version__, "details": {key: str(value) for key, value in details.items()}}})
    prepared, run, extra = None, None, {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["task"] != prepared:
                run, extra = None, {}
                run, extra = RUNNERS[request["task"]["kind"]](request["task"])
                run()
                prepared = request["task"]
            for phase in extra.get("phases", {}).values():
                phase.clear()
            seconds = repeat(run, request["milliseconds"])
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            say({"id": request["id"], "seconds": seconds, "residentBytes": peak, **extra})
        except Exception as error:
            prepared = None
            say({"id": request["id"], "error": f"{type(error).__name__}: {error}"})


def say(message):
    answers.write(json.dumps(message) + "\n")
    answers.flush()


main()
