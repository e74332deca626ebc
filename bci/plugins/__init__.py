"""Plug-ins of this and other packages, found by their entry points.

- registry: installed plug-ins
- shapes: required methods of each kind of plug-in
- class_source: properties of a class, read without an import
- decoder_offers: decoders by their properties
- parameters: parameters as NAME=VALUE, checked
- device_parameters: labels and limits of device parameters
- new_package: template of a new plug-in package
- installing: install commands of optional parts
"""
