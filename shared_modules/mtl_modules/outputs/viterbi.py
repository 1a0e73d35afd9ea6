"""The label sequence of the highest score in a linear chain."""

from __future__ import annotations

import importlib

from torch import Tensor, nn

from mtl.model.search import Search

from .linear_chain import Chain, best_path


class Viterbi(Search):
    """Dynamic programming over all label sequences (Viterbi, 1967); in the exported graph one `Scan` a direction."""

    def forward(self, chain: Chain) -> Tensor:
        """Return [B, T]: the label ids of each row's best sequence."""
        return best_path(chain)

    def exportable(self) -> nn.Module:
        """Return the same search as an operator that is exported in one piece."""
        exported = importlib.import_module("mtl_modules.outputs.exported_crf")  # needs onnxscript: not for training
        stand_in: nn.Module = exported.ExportedViterbi()
        return stand_in
