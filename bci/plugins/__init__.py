"""Parts that packages add, ours and others, found by their entry points.

- registry: what is installed
- shapes: the methods that each kind has to have
- class_source: properties of a class without an import
- decoder_offers: decoders by their properties
- parameters: NAME=VALUE, checked
- new_package: a package to begin with
- installing: how optional parts are installed
"""
