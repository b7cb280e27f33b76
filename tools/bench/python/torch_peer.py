"""PyTorch as a peer of `pnpm bench`: answers one-line JSON requests on standard input with one-line JSON on standard output.

python3 torch_peer.py THREADS [cpu|cuda [autocast]]

With autocast, a training step computes in f16 as PyTorch's users let it, with loss scaling; f32 is computed without TF32 always.
A request is {"id", "milliseconds", "task"}: repeat the task for about that long, answer {"id", "seconds": [of each repetition]}.
"""
import json
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F

DEVICE = sys.argv[2] if len(sys.argv) > 2 else "cpu"
AUTOCAST = "autocast" in sys.argv[3:]
ON_GPU = DEVICE != "cpu"

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


class HostClock:
    """Marks moments of work that is done when the call returns."""

    def __init__(self):
        self.moments = []

    def mark(self):
        self.moments.append(time.perf_counter())

    def spans(self):
        return [after - before for before, after in zip(self.moments, self.moments[1:])]


class GpuClock:
    """Marks moments in the stream of the GPU, which are known when it has come there."""

    def __init__(self):
        self.events = []

    def mark(self):
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        self.events.append(event)

    def spans(self):
        self.events[-1].synchronize()
        return [before.elapsed_time(after) / 1000 for before, after in zip(self.events, self.events[1:])]


def sgd(parameters, rule):
    settings = {"lr": rule["learningRate"], "momentum": rule["momentum"], "weight_decay": rule["weightDecay"]}
    if ON_GPU:
        try:
            return torch.optim.SGD(parameters, fused=True, **settings)
        except (TypeError, RuntimeError):
            pass
    return torch.optim.SGD(parameters, **settings)


class Network:
    """The network that a task describes, layer by layer, with its optimiser's step."""

    def __init__(self, task, normalize, layout=torch.contiguous_format):
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
            weight = weight.normal_(0, 0.01).to(DEVICE)
            weight = weight.to(memory_format=layout) if weight.dim() == 4 else weight
            self.parameters.append(weight.requires_grad_())
            self.parameters.append(torch.zeros(weight.shape[0], device=DEVICE, requires_grad=True))
        batch, classes = task["batch"], self.layers[-1]["units"]
        images = torch.randn(batch, task["channels"], task["size"], task["size"], device=DEVICE)
        self.images = images.to(memory_format=layout)
        self.labels = torch.randint(0, classes, (batch,), device=DEVICE)
        self.optimizer = sgd(self.parameters, self.rule)
        self.scaler = torch.cuda.amp.GradScaler() if AUTOCAST and DEVICE == "cuda" else None
        self.submitted = None

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

    def loss(self):
        if not AUTOCAST:
            return self.forward()
        with torch.autocast(DEVICE, dtype=torch.float16 if ON_GPU else torch.bfloat16):
            return self.forward()

    def step(self):
        """Takes a step. Gives the seconds of the phases of the one before on a GPU, which works while the host submits the next."""
        clock = GpuClock() if ON_GPU else HostClock()
        clock.mark()
        loss = self.loss()
        clock.mark()
        self.optimizer.zero_grad(set_to_none=True)
        if self.scaler:
            self.scaler.scale(loss).backward()
        else:
            loss.backward()
        clock.mark()
        if self.scaler:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()
        clock.mark()
        finished = (loss.detach(), clock)
        if ON_GPU:
            finished, self.submitted = self.submitted or finished, finished
        finished[0].item()
        return finished[1].spans()


def step_runner(task):
    """The step with whichever formulation is fastest here, and under which name."""
    normalizations = {"library": library_normalization, "sliced": sliced_normalization}
    layouts = {"": torch.contiguous_format, **({", channels last": torch.channels_last} if ON_GPU else {})}
    best = None
    for name, normalize in normalizations.items():
        for layout_name, layout in layouts.items():
            network = Network(task, normalize, layout)
            for _ in range(3 if ON_GPU else 1):
                network.step()
            seconds = min(sum(network.step()) for _ in range(6 if ON_GPU else 2))
            if best is None or seconds < best[0]:
                best = (seconds, f"{name} response normalization{layout_name}", network)
            del network
    _, note, network = best
    phases = {"forward": [], "backward": [], "update": []}

    def run():
        for phase, seconds in zip(phases.values(), network.step()):
            phase.append(seconds)

    return run, {"phases": phases, "note": note}


def random(*shape):
    return torch.randn(*shape, device=DEVICE, dtype=torch.float16 if AUTOCAST and ON_GPU else torch.float32)


def pipelined(compute):
    """On a GPU, waits for the result of the call before: the GPU works while the host submits the next."""
    if not ON_GPU:
        return compute
    before = [None]

    def run():
        compute()
        event = torch.cuda.Event()
        event.record()
        if before[0] is not None:
            before[0].synchronize()
        before[0] = event

    return run


def matmul_runner(task):
    m, k, n = task["m"], task["k"], task["n"]
    a, b = random(k, m).t() if task["transposeA"] else random(m, k), random(n, k).t() if task["transposeB"] else random(k, n)
    out = torch.empty(m, n, device=DEVICE, dtype=a.dtype)
    return pipelined(lambda: torch.mm(a, b, out=out)), {}


def convolution_runner(task):
    (before, after), groups, stride = task["padding"], task["groups"], task["stride"]
    x = random(task["batch"], task["channels"], task["size"], task["size"])
    if before != after:
        # Padding is part of the operation, and what precedes a convolution may write it: it is not charged to torch.
        x, before = F.pad(x, (before, after, before, after)), 0
    w = random(task["maps"], task["channels"] // groups, task["kernel"], task["kernel"])
    if task["pass"] == "forward":
        return pipelined(lambda: F.conv2d(x, w, None, stride, before, 1, groups)), {}
    dy = torch.randn_like(F.conv2d(x, w, None, stride, before, 1, groups))
    mask = [task["pass"] == "input gradient", task["pass"] == "filter gradient", False]
    gradient = torch.ops.aten.convolution_backward
    return pipelined(lambda: gradient(dy, x, w, None, [stride] * 2, [before] * 2, [1, 1], False, [0, 0], groups, mask)), {}


RUNNERS = {"matmul": matmul_runner, "convolution": convolution_runner, "step": step_runner}


def repeat(run, milliseconds):
    seconds, end = [], time.perf_counter() + milliseconds / 1000
    while not seconds or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def gpu_details():
    return {
        "device": torch.cuda.get_device_name(),
        "CUDA": torch.version.cuda,
        "cuDNN": torch.backends.cudnn.version(),
        "f32": "without TF32",
        "steps": "autocast to f16, loss scaling" if AUTOCAST else "f32",
    }


def cpu_details():
    torch.randn(8, 8) @ torch.randn(8, 8)
    libraries = blas_in_use()
    core = openblas_core(libraries)
    return {
        "threads": torch.get_num_threads(),
        "BLAS": ", ".join(libraries) or "none found in /proc/self/maps",
        **({"OpenBLAS core": core} if core else {}),
        "allocator": os.environ.get("MALLOC_MMAP_MAX_") == "0" and "keeps freed memory" or "as it is",
        "torch.__config__": " ".join(torch.__config__.show().split()),
    }


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    # Shapes do not change, so that cuDNN may look for its fastest algorithms.
    torch.backends.cudnn.benchmark = True
    details = gpu_details() if ON_GPU else cpu_details()
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
