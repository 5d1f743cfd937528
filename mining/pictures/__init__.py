"""Pictures: the designed service blueprint, two versions of it, and the discovered process map."""

from __future__ import annotations

from mining.pictures.blueprint import blueprint_picture
from mining.pictures.bpmn import bpmn_picture
from mining.pictures.difference import difference_picture
from mining.pictures.marks import Mark
from mining.pictures.process_map import process_map
from mining.pictures.svg import Picture

__all__ = ["Mark", "Picture", "blueprint_picture", "bpmn_picture", "difference_picture", "process_map"]
