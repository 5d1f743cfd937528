"""Questions to a log alone, as kernels over whole cases: cases, variants, what follows what, waiting, handovers; and the checks."""

from mining.flow.cases import CASES
from mining.flow.checks import CHECKS, PATH
from mining.flow.follows import FOLLOWS
from mining.flow.handovers import HANDOVERS
from mining.flow.kernel import Kernel, Partial, Vocabulary, pack, unpack
from mining.flow.variants import VARIANTS
from mining.flow.waits import WAITING

KERNELS = {kernel.name: kernel for kernel in (CASES, VARIANTS, FOLLOWS, WAITING, HANDOVERS)}

__all__ = [
    "CASES", "CHECKS", "FOLLOWS", "HANDOVERS", "KERNELS", "PATH", "VARIANTS", "WAITING", "Kernel", "Partial",
    "Vocabulary", "pack", "unpack",
]  # fmt: skip
