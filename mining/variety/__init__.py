"""How alike the cases are: variants, the dotted chart, standardisation, and the profile of the service."""
