"""Packs: small scenarios for the public measure, a TOML file each; `shiomi.simulate.packing` reads them."""
