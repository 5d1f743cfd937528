"""How alike the cases are: variants, the dotted chart, and the standardisation index."""

from mining.variety.dotted import Dots, dots_of
from mining.variety.index import Variety, variety_of
from mining.variety.variants import VariantList, variants_of

__all__ = ["Dots", "VariantList", "Variety", "dots_of", "variants_of", "variety_of"]
