"""How networks are trained, as a method of their class and in English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from archenc.text.python import call, method


@final
@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe of training.

    optimizer: name of a class of `torch.optim`. settings: its arguments, as they are written. also: what the
    method cannot say, in English, each a part of a sentence. annealed: the learning rate falls like a cosine.
    """

    optimizer: str
    settings: tuple[tuple[str, str], ...]
    epochs: int
    batch_size: int
    also: tuple[str, ...] = ()
    annealed: bool = True

    def method(self) -> str:
        """Return the text of a method that gives optimizer, schedule, epochs and batch size."""
        made = call(f"torch.optim.{self.optimizer}", "self.parameters()", **dict(self.settings))
        schedule = "None"
        if self.annealed:
            schedule = f"torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max={self.epochs})"
        statements = [
            f"optimizer = {made}",
            f"schedule = {schedule}",
            f"return optimizer, schedule, {self.epochs}, {self.batch_size}",
        ]
        return method("training_recipe", "", statements)

    def sentence(self) -> str:
        """Return the recipe in English."""
        words = {"lr": "learning rate", "weight_decay": "weight decay", "nesterov": "Nesterov"}
        settings = [
            words[name] if value == "True" else f"{words.get(name, name)} {value}"
            for name, value in self.settings
        ]
        fall = "cosine annealing over " if self.annealed else ""
        parts = [*settings, f"{fall}{self.epochs} epochs", f"batches of {self.batch_size}", *self.also]
        return f"Training: {self.optimizer}, {', '.join(parts)}."
